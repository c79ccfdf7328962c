"""What columns a piece has: the header of a CSV, the schema of a Parquet file, the paths seen in JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine.reader.layout import Layout, Piece, Refused

SAMPLE_LINES = 500
SAMPLE_CHARACTERS = 1 << 18
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Shape:
    """The columns of a piece; pieces of equal shape are read in one go.

    `open` says that the columns were only sampled (JSON): a column that is not among them may still come. `pairs` are
    the columns that hold keys with values, as a schema tells of them: any key may be among them.
    """

    format: str
    columns: tuple[str, ...]
    delimiter: str = ""
    schema: pa.Schema | None = None
    open: bool = False
    pairs: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        """What pieces must agree on to be read together."""
        schema = self.schema.remove_metadata().to_string() if self.schema is not None else ""
        return (self.format, () if self.open else self.columns, self.delimiter, schema)

    def has(self, path: str) -> bool:
        """Whether a column, or a path into a nested one, is there."""
        if path in self.columns or any(path.startswith(f"{name}.") for name in self.pairs):
            return True
        plain = path.replace("[]", "").split("[")[0]
        return any(column.replace("[]", "") in (plain, path.replace("[]", "")) for column in self.columns)


def shape_of(piece: Piece, layout: Layout) -> Shape:
    """The columns of a piece. Raises Refused when it has none or its header cannot be read."""
    if piece.format in ("csv", "tsv"):
        return Shape("csv", piece.header or (), piece.delimiter)
    if piece.format == "fixed_width":
        return Shape("fixed_width", tuple(layout.widths))
    if piece.format == "jsonl":
        return Shape("jsonl", tuple(_paths(piece.path, layout)), open=True)
    schema = _schema(piece.path)
    columns = tuple(_nested(schema))
    return Shape("parquet", columns, schema=schema, pairs=tuple(name for name in layout.pairs if name in columns))


def header_of(path: Path, layout: Layout, *, tabs: bool) -> tuple[str, tuple[str, ...]]:
    """The delimiter and the column names of a CSV file."""
    with path.open(encoding="utf-8", newline="", errors="replace") as file:
        for _ in range(layout.skip):
            file.readline()
        sample = file.read(SAMPLE_CHARACTERS)
    delimiter = "\t" if tabs else layout.delimiter
    if delimiter in ("auto", ""):
        delimiter = _delimiter(sample, layout)
    if layout.names:
        return delimiter, layout.names
    first = next((row for row in _rows(sample, delimiter, layout) if row), [])
    names = tuple(name.strip() for name in first)
    if not any(names):
        raise Refused("it has no header line")
    return delimiter, names


def _delimiter(sample: str, layout: Layout) -> str:
    """The delimiter by which most lines have as many fields as the first."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = [row for row in islice(_rows(sample, delimiter, layout), 100) if row][:-1] or list(
            islice(_rows(sample, delimiter, layout), 1)
        )
        width = len(layout.names) or (len(rows[0]) if rows else 0)
        alike = sum(len(row) == width for row in rows) / max(len(rows), 1)
        return (alike if width > 1 else 0.0, width)

    return max(DELIMITERS, key=score)


def _rows(sample: str, delimiter: str, layout: Layout) -> Iterator[list[str]]:
    reader = csv.reader(
        sample.splitlines(keepends=True),
        delimiter=delimiter,
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
    )
    try:
        yield from reader
    except csv.Error:
        return


def _paths(path: Path, layout: Layout) -> list[str]:
    """Every path in the first lines of a JSON lines file, inner ones too, in the order they come."""
    found: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, SAMPLE_LINES):
            try:
                _walk(json.loads(line), "", found, layout)
            except (ValueError, RecursionError):
                continue
    return list(found)


def _walk(value: Any, path: str, found: dict[str, None], layout: Layout) -> None:
    if path:
        found.setdefault(path)
    if isinstance(value, dict):
        for name, inner in value.items():
            _walk(inner, f"{path}.{name}" if path else name, found, layout)
    elif isinstance(value, list):
        for inner in value[:20]:
            if path in layout.pairs and isinstance(inner, dict):
                found.setdefault(f"{path}.{inner.get(layout.pairs[path].key)}")
            else:
                _walk(inner, f"{path}[]", found, layout)


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(f"it is not a whole Parquet file: {str(error).splitlines()[0]}") from None


def _nested(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        yield from _inner(field.name, field.type)


def _inner(path: str, of: pa.DataType) -> Iterator[str]:
    yield path
    if pa.types.is_struct(of):
        for position in range(of.num_fields):
            yield from _inner(f"{path}.{of.field(position).name}", of.field(position).type)
    elif pa.types.is_list(of) or pa.types.is_large_list(of):
        yield from _inner(f"{path}[]", of.value_type)
