"""Published tables, to compare two warehouses."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from parcours.engine import manifest as manifests


def table_bytes(warehouse: Path) -> dict[str, str]:
    """A hash of every file of the newest published state, by its name: equal states have equal hashes."""
    with manifests.pinned(warehouse / "versions") as current:
        if current is None:
            return {}
        files = [file for table in current.tables.values() for part in table.parts.values() for file in part.files]
        return {file: hashlib.sha256((warehouse / file).read_bytes()).hexdigest() for file in sorted(files)}


def table_rows(warehouse: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table of the newest published state as rows, sorted: equal on every engine."""
    with manifests.pinned(warehouse / "versions") as current:
        assert current is not None, "nothing is published"
        return {
            name: sorted(
                (
                    row
                    for part in table.parts.values()
                    for file in part.files
                    for row in pq.ParquetFile(warehouse / file).read().to_pylist()
                ),
                key=repr,
            )
            for name, table in sorted(current.tables.items())
        }
