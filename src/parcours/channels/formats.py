"""The three ways an audience is written: CSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.channels.columns import Column, as_text

Batches = Iterable[Sequence[Sequence[Any]]]  # each batch a list of columns, with values as they go outside

# A spreadsheet runs a cell that starts so as a formula (OWASP, CSV injection), full-width signs too.
_FORMULA = re.compile("^[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"^[+-]?\d[\d .,]*$")


def write_csv(file: Path, columns: Sequence[Column], batches: Batches) -> int:
    """UTF-8, commas, a header, quotes where needed; no cell can act as a formula. Gives the number of rows."""
    people = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([harmless(column.name) for column in columns])
        for batch in batches:
            rows = list(zip(*[[_cell(value) for value in values] for values in batch]))
            writer.writerows(rows)
            people += len(rows)
    return people


def write_jsonl(file: Path, columns: Sequence[Column], batches: Batches) -> int:
    """One JSON object a line, null for unknown. Gives the number of rows."""
    names = [column.name for column in columns]
    people = 0
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for batch in batches:
            rows = [dict(zip(names, map(_json, values))) for values in zip(*batch)]
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            people += len(rows)
    return people


def write_parquet(file: Path, columns: Sequence[Column], batches: Batches) -> int:
    """Typed columns: money as decimals, times with their zone. Gives the number of rows."""
    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    people = 0
    with pq.ParquetWriter(file, schema) as writer:
        for batch in batches:
            arrays = [pa.array(values, column.type) for values, column in zip(batch, columns)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            people += len(arrays[0])
    return people


FORMATS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def _cell(value: Any) -> str:
    return harmless(value) if isinstance(value, str) else as_text(value)


def harmless(text: str) -> str:
    """A text no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`; a phone number `+33...` is only a number."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, bool | int | float | str) else as_text(value)
