"""Column types by our words, and how Arrow and the engines call them."""

from __future__ import annotations

import pyarrow as pa

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
}
SQL: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMP",
}


def word_of(arrow: pa.DataType) -> str:
    """Our word for an Arrow type. Raises TypeError for a type tables do not hold (list, struct, decimal ...)."""
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow):
        return "text"
    if pa.types.is_null(arrow):
        return "text"
    if pa.types.is_boolean(arrow):
        return "boolean"
    if pa.types.is_integer(arrow):
        return "integer"
    if pa.types.is_floating(arrow):
        return "number"
    if pa.types.is_date(arrow):
        return "date"
    if pa.types.is_timestamp(arrow):
        return "time"
    raise TypeError(f"a table does not hold {arrow}: cast it to text, integer, number, boolean, date or time")


def schema(columns: dict[str, str]) -> pa.Schema:
    """The Arrow schema of a table whose columns are given by our words."""
    return pa.schema([pa.field(name, ARROW[word]) for name, word in columns.items()])
