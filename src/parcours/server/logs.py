"""Logs as lines of JSON: facts with ids. What was sent, and what an error says of it, is never written."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PLACES = 5  # the innermost places of an error that are written


class Facts(logging.Formatter):
    """One line a record: when, how grave, who, what; of an error its kind and where it happened, never its words.

    Values are written of our own records only, which give them as `extra={"facts": {...}}`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "what": str(record.msg).split("\n", 1)[0].strip(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            told["where"] = [f"{Path(frame.filename).name}:{frame.lineno}"
                             for frame in traceback.extract_tb(record.exc_info[2])[-PLACES:]]  # fmt: skip
        return json.dumps(told)


# What uvicorn is given: warnings and what is graver, on the standard error.
SETTINGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"facts": {"()": Facts}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "facts", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["lines"], "level": "WARNING"},
}
