"""Opens what sources deliver (CSV, JSON, Parquet, Excel, fixed width; packed or not) as relations of raw text columns.

Reading has three steps, each its own file: a delivery is unpacked into `Piece`s of plain UTF-8 (`unpack`, `plain`,
`sheets`, `documents`), each piece says what columns it has (`shape`), and pieces of one shape become one DuckDB
relation (`relation`). Landing always parses with DuckDB, whatever engine works on the tables afterwards.
"""

from __future__ import annotations

from parcours.engine.reader.layout import FORMATS, Fetched, Layout, Offer, Pairs, Piece, Refused, Where
from parcours.engine.reader.opening import open_delivery
from parcours.engine.reader.records import Record, originals, records
from parcours.engine.reader.relation import ITEM, PIECE, Wanted, relation
from parcours.engine.reader.shape import Shape, shape_of

__all__ = [
    "FORMATS", "ITEM", "PIECE", "Fetched", "Layout", "Offer", "Pairs", "Piece", "Record", "Refused", "Shape", "Wanted",
    "Where", "open_delivery", "originals", "records", "relation", "shape_of",
]  # fmt: skip
