"""Reads Excel workbooks row by row into Parquet of raw text, as a person sees the cells: numbers plain, dates ISO."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine.reader.layout import Layout, Refused
from parcours.engine.reader.unpack import LARGEST_RATIO, SMALL

ROWS = 20_000


def sheet_to_parquet(path: Path, layout: Layout, target: Path) -> tuple[Path, int]:
    """Writes a sheet's rows, all columns text; gives the file and the number of rows. Raises Refused."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _harmless(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise Refused(f"it is not a readable workbook: {error}") from None
    try:
        if layout.sheet is not None and layout.sheet not in book.sheetnames:
            raise Refused(f"it has no sheet {layout.sheet!r}: there is {', '.join(book.sheetnames)}")
        sheet = book[layout.sheet] if layout.sheet is not None else book.worksheets[0]
        rows = (tuple(_text(cell) for cell in row) for row in sheet.iter_rows(values_only=True))
        return target, _write(islice(rows, layout.skip, None), layout, target)
    finally:
        book.close()


def _write(rows: Iterator[tuple[str | None, ...]], layout: Layout, target: Path) -> int:
    names = list(layout.names) if layout.names else [name or "" for name in next(rows, ())]
    while names and not names[-1]:
        names.pop()
    unique = [name or f"column_{position}" for position, name in enumerate(names, start=1)]
    if len(set(unique)) < len(unique):
        raise Refused("two of its columns have the same name")
    schema = pa.schema([(name, pa.string()) for name in unique])
    count = 0
    full = (row for row in rows if any(cell is not None for cell in row))
    with pq.ParquetWriter(target, schema) as writer:
        while batch := list(islice(full, ROWS)):
            columns = [[row[at] if at < len(row) else None for row in batch] for at in range(len(unique))]
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=schema))
            count += len(batch)
    return count


def _text(cell: Any) -> str | None:
    """A cell as text. Excel keeps whole numbers as decimals, and times of day as moments of 1899."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _harmless(path: Path) -> None:
    """A workbook is a zip: the same limits hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
                    raise Refused(f"it unpacks to more than {LARGEST_RATIO} times its size: that is no export")
    except zipfile.BadZipFile as error:
        raise Refused(f"it is not a readable workbook: {error}") from None
