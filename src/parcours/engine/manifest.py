"""A version of the warehouse is one file that names every Parquet file of every table.

There is no pointer to move: the current version is the one with the highest number. Publishing is one `link`, which is
atomic and refuses a number that exists, so a reader sees the old state or the new one and never anything between.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_NUMBERED = re.compile(r"^(\d{8})\.json$")


@dataclass(frozen=True)
class Part:
    """One partition of a table: its files (relative to the warehouse), rows, and what it was made of."""

    files: tuple[str, ...]
    rows: int
    fingerprint: str


@dataclass(frozen=True)
class Table:
    """A table of a version: columns by type words, and its partitions."""

    name: str
    columns: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def fingerprint(self) -> str:
        return "+".join(f"{name}={part.fingerprint}" for name, part in sorted(self.parts.items()))


@dataclass(frozen=True)
class Manifest:
    """Everything a version holds, and what the run that made it said of itself."""

    number: int
    tables: dict[str, Table]
    run: dict[str, Any]


def numbers(folder: Path) -> list[int]:
    """The numbers of the versions in a folder, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(int(match[1]) for match in (_NUMBERED.match(path.name) for path in folder.iterdir()) if match)


def path_of(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.json"


def read(folder: Path, number: int) -> Manifest:
    """Reads one version. Raises FileNotFoundError when it has been pruned."""
    return _parse(path_of(folder, number).read_text(encoding="utf-8"))


def _parse(text: str) -> Manifest:
    raw = json.loads(text)
    tables = {
        name: Table(
            name,
            table["columns"],
            {
                key: Part(tuple(part["files"]), part["rows"], part["fingerprint"])
                for key, part in table["parts"].items()
            },
        )
        for name, table in raw["tables"].items()
    }
    return Manifest(raw["number"], tables, raw["run"])


def publish(folder: Path, manifest: Manifest) -> None:
    """Makes a version current, durably. Raises FileExistsError when another run took its number."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{manifest.number:08d}.{os.getpid()}.tmp"
    body = {
        "number": manifest.number,
        "run": manifest.run,
        "tables": {name: asdict(table) for name, table in sorted(manifest.tables.items())},
    }
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(unfinished, path_of(folder, manifest.number))
    finally:
        unfinished.unlink()
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def pinned(folder: Path, number: int | None = None) -> Iterator[Manifest | None]:
    """Reads the current version (or a given one) and keeps it from being pruned meanwhile; None when there is none."""
    while True:
        wanted = number if number is not None else max(numbers(folder), default=None)
        if wanted is None:
            yield None
            return
        try:
            file = path_of(folder, wanted).open(encoding="utf-8")
        except FileNotFoundError:
            if number is not None:
                raise
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            if os.fstat(file.fileno()).st_nlink == 0:  # pruned between open and lock: take the newer one
                if number is not None:
                    raise FileNotFoundError(f"version {number} has been pruned")
                continue
            yield _parse(file.read())
            return


def remove_unless_read(folder: Path, number: int) -> bool:
    """Removes a version's manifest unless somebody is reading it; says whether it went."""
    with path_of(folder, number).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        path_of(folder, number).unlink()
        return True
