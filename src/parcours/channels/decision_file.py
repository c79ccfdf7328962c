"""Writes what a slot shows each person as a file: a row a person, for the tool that sends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from parcours.channels.columns import Column
from parcours.channels.formats import FORMATS
from parcours.model import person as person_ids


def write_decisions(rows: Iterable[pa.RecordBatch], file: Path, *, show: int) -> int:
    """Writes the person, the decision, how it came to it and what is shown as CSV, JSON lines or Parquet; how many.

    Nothing is written under that name until all of it is. Raises KeyError for another ending.
    """
    write = FORMATS[file.suffix.lstrip(".")]
    names = ["person_id", "decision", "how", *(f"shown_{at}" for at in range(1, show + 1))]
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        written = write(unfinished, [Column(name, None, pa.string(), str) for name in names], _batches(rows, names))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _batches(rows: Iterable[pa.RecordBatch], names: list[str]) -> Iterator[list[list[Any]]]:
    for batch in rows:
        yield [[person_ids.show(one) for one in batch.column(names[0]).to_pylist()],
               *(batch.column(name).to_pylist() for name in names[1:])]  # fmt: skip
