"""Writes the offers of an allotment for the printer or the mailing tool: a row a household, or a row a coupon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from parcours.channels.columns import Column
from parcours.channels.formats import FORMATS
from parcours.engine import Version, sql
from parcours.model import person as person_ids
from parcours.model.value import minor_digits
from parcours.project.coupons import title_of, why
from parcours.project.definitions import Project

_QUERIES = sql.load(__package__, "coupon_file.sql")
_READS = ("allotments", "allotment_offers", "allotment_checks", "allotment_households", "persons", "record_persons",
          "identifiers", "customer_records")  # fmt: skip
ADDRESS = ("loyalty_card", "email", "first_name", "last_name", "street", "postcode", "city")
OF_A_COUPON = ("code", "title", "value", "reason")
_TYPES: dict[str, pa.DataType] = {"place": pa.int64(), "known": pa.bool_(), "from": pa.date32(), "until": pa.date32()}
_PLACES_MOST = 1000


@dataclass(frozen=True)
class CouponsWritten:
    """A file of coupons: which allotment, how many households and coupons are in it."""

    allotment: str
    starts: date
    file: Path
    households: int
    coupons: int


@dataclass(frozen=True)
class Dealt:
    """An allotment that was dealt: its name, its days and its places."""

    allotment: str
    starts: date
    until: date
    places: int


def dealt(version: Version) -> list[Dealt]:
    """The allotments that were dealt, the newest first."""
    if not version.has("allotment_checks"):
        return []
    version.read("allotment_checks")
    return [Dealt(**row) for row in version.engine.rows(_QUERIES["dealt"])]


def write_coupons(
    version: Version, project: Project, allotment: Dealt, file: Path, *, language: str, by: str = "household"
) -> CouponsWritten:
    """Writes an allotment as CSV, JSON lines or Parquet, by the file's name: those given, not those held back.

    `by` is `household` (code_1, title_1 ... side by side, for the printer) or `coupon`. A file is there whole or not at
    all, in the order of ids. Raises KeyError for another ending.
    """
    version.read(*_READS)
    write = FORMATS[file.suffix.lstrip(".")]
    rows = _rows(version, project, allotment, language)
    width = allotment.places
    columns = _columns(by, width, project)
    counted = [0, 0]
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        write(unfinished, columns, _batches(rows, columns, width if by == "household" else 0, counted))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return CouponsWritten(allotment.allotment, allotment.starts, file, counted[0], counted[1])


def _rows(version: Version, project: Project, allotment: Dealt, language: str) -> Iterator[dict[str, Any]]:
    """One coupon after the other, as it goes outside."""
    asked = {"allotment": allotment.allotment, "starts": allotment.starts}
    titles = {row["offer_id"]: row for row in version.engine.rows(_QUERIES["titles"].bind(**asked))}
    digits = minor_digits(project.currency)
    days = {"from": allotment.starts, "until": allotment.until}
    for batch in version.engine.batches(_QUERIES["coupons"].bind(**asked)):
        for row in batch.to_pylist():
            offer = titles[row["offer_id"]]
            yield {
                **row, **days, "household": person_ids.show(row["household_id"]),
                "title": title_of(offer["title"], language), "reason": why(row["reasons"], language),
                "value": Decimal(offer["value"] or 0).scaleb(-digits),
            }  # fmt: skip


def _columns(by: str, places: int, project: Project) -> list[Column]:
    money = pa.decimal128(21, minor_digits(project.currency))
    types = {**_TYPES, "value": money}
    if by == "coupon":
        names = ["household", *ADDRESS, "place", *OF_A_COUPON, "known", "from", "until"]
        return [Column(name, None, types.get(name, pa.string()), _same) for name in names]
    told = [(f"{name}_{n}", name) for n in range(1, places + 1) for name in OF_A_COUPON]
    named = [*((name, name) for name in ("household", *ADDRESS, "from", "until")), *told]
    return [Column(name, None, types.get(of, pa.string()), _same) for name, of in named]


def _batches(
    rows: Iterator[dict[str, Any]], columns: list[Column], places: int, counted: list[int]
) -> Iterator[list[list[Any]]]:
    """Rows as batches of columns; with `places`, the coupons of a household side by side. Counts as it goes."""
    held: list[dict[str, Any]] = []
    for _, coupons in groupby(rows, lambda row: row["household_id"]):
        own = list(coupons)
        counted[0] += 1
        counted[1] += len(own)
        held += [_side_by_side(own)] if places else own
        if len(held) >= _PLACES_MOST:
            yield _turned(held, columns)
            held = []
    yield _turned(held, columns)


def _side_by_side(own: list[dict[str, Any]]) -> dict[str, Any]:
    wide = {f"{name}_{row['place']}": row[name] for row in own for name in OF_A_COUPON}
    return {**own[0], **wide}


def _turned(rows: list[dict[str, Any]], columns: list[Column]) -> list[list[Any]]:
    return [[row.get(column.name) for row in rows] for column in columns]


def _same(value: Any) -> Any:
    return value
