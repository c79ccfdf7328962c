"""A project laid down from texts."""

from __future__ import annotations

import textwrap
from pathlib import Path


def write_files(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Writes files (path below the folder: content) and gives the folder; texts are dedented."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).lstrip("\n").encode())
    return folder
