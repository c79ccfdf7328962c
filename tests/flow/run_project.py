"""Runs a project in a process of its own, under a fixed clock: `python run_project.py FOLDER`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from parcours import flow
from parcours.project import load

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)


def run(folder: Path) -> flow.Run:
    return flow.run(load(folder, flow.kinds()), now=NOW, progress=lambda *_, **__: None)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
