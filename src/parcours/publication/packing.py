"""Rows as PostgreSQL takes them in fastest: the bytes of its binary COPY, made a column at a time.

The format is that of PostgreSQL's documentation (COPY, "Binary Format"): a head, then for each row the number of its
fields and each field with its length before it (-1 for none), then an end; numbers are big-endian, times are
microseconds since 2000, an array says its dimensions, the type of what it holds, and each item with its length.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
_NONE = pa.scalar(b"\xff\xff\xff\xff", pa.large_binary())
_NOTHING = pa.scalar(b"", pa.large_binary())
_BEGINS = int(np.datetime64("2000-01-01", "us").astype(np.int64))
_BIGINT = 20  # the number of PostgreSQL's type of whole numbers


def packed(rows: pa.RecordBatch) -> pa.Buffer:
    """The rows in the order of their columns, without head and end. Columns are whole numbers, yes or no, times, text
    or lists of whole numbers. Raises TypeError for another type."""
    fields = pa.scalar(rows.num_columns.to_bytes(2, "big"), pa.large_binary())
    parts = [part for column in rows.columns for part in _field(column)]
    made = pc.binary_join_element_wise(fields, *parts, _NOTHING)
    _, ends, content = made.buffers()
    first, last = np.frombuffer(ends, np.int64)[[made.offset, made.offset + len(made)]]
    return content.slice(first, last - first)


def _field(column: pa.Array) -> list[pa.Array]:
    """What stands in each row for a column: pieces to be put one after the other."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return [_numbers(column, column.cast(pa.int8()), ">i1")]
    if pa.types.is_integer(kind):
        return [_numbers(column, column.cast(pa.int64()), ">i8")]
    if pa.types.is_timestamp(kind):
        since = column.cast(pa.timestamp("us")).cast(pa.int64())
        return [_numbers(column, pc.subtract(since, _BEGINS), ">i8")]
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_integer(kind.value_type):
        return _lists(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(column)
    raise TypeError(f"a column of type {kind} is not sent")


def _numbers(column: pa.Array, numbers: pa.Array, stored: str) -> pa.Array:
    """Numbers, each after its length; none where the column has none."""
    each = np.empty(len(column), [("length", ">i4"), ("value", stored)])
    each["length"] = np.dtype(stored).itemsize
    each["value"] = pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False)
    return _or_none(column, _fixed(each))


def _texts(column: pa.Array) -> list[pa.Array]:
    lengths = np.empty(len(column), [("length", ">i4")])
    lengths["length"] = pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return [_or_none(column, _fixed(lengths)), pc.fill_null(column.cast(pa.large_binary()), _NOTHING)]


def _lists(column: pa.Array) -> list[pa.Array]:
    """Lists of whole numbers as arrays of one dimension; an empty one has none."""
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    heads = np.empty(len(column), [(name, ">i4") for name in ("size", "dimensions", "nulls", "of", "items", "from")])
    heads["size"], heads["dimensions"], heads["nulls"], heads["of"] = 20 + counts * 12, 1, 0, _BIGINT
    heads["items"], heads["from"] = counts, 1
    empty = np.array([(12, 0, 0, _BIGINT)], [(name, ">i4") for name in ("size", "dimensions", "nulls", "of")])
    head = pc.if_else(pa.array(counts > 0), _fixed(heads), pa.scalar(empty.tobytes(), pa.large_binary()))
    values = column.flatten()
    items = _numbers(values, values, ">i8")
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64) * 12
    content = pa.Array.from_buffers(pa.large_binary(), len(column), [None, pa.py_buffer(ends), items.buffers()[2]])
    return [_or_none(column, head), content]


def _fixed(each: np.ndarray) -> pa.Array:
    """Items of one size as bytes."""
    kind = pa.binary(each.dtype.itemsize)
    return pa.Array.from_buffers(kind, len(each), [None, pa.py_buffer(each)]).cast(pa.large_binary())


def _or_none(column: pa.Array, made: pa.Array) -> pa.Array:
    return pc.if_else(column.is_valid(), made, _NONE) if column.null_count else made
