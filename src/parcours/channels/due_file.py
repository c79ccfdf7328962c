"""Writes who is due for what on a day as a file: a row a customer and item, the most probable first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from parcours.channels.columns import Column
from parcours.channels.formats import FORMATS
from parcours.model import person as person_ids

TYPES: dict[str, pa.DataType] = {
    "person_id": pa.string(),
    "item": pa.string(),
    **dict.fromkeys(("due_on", "due_from", "due_until"), pa.date32()),
    "chance_14d": pa.float64(),
    "place": pa.int64(),
}


def write_due(rows: pa.RecordBatchReader, file: Path) -> int:
    """Writes rows of due dates as CSV, JSON lines or Parquet, by the file's name; gives how many.

    Nothing is written under that name until all of it is. Raises KeyError for another ending.
    """
    write = FORMATS[file.suffix.lstrip(".")]
    columns = [Column(name, None, TYPES[name], _OUTSIDE.get(name, _same)) for name in rows.schema.names]
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        written = write(unfinished, columns, _batches(rows, columns))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _batches(rows: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Iterator[list[list[Any]]]:
    for batch in rows:
        yield [[column.outside(value) for value in batch.column(column.name).to_pylist()] for column in columns]


def _same(value: Any) -> Any:
    return value


_OUTSIDE: dict[str, Callable[[Any], Any]] = {
    "person_id": person_ids.show,
    "chance_14d": lambda value: round(value, 4),
}
