"""Where each column of an audience file comes from, and how its values are written for the world outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from parcours.engine import Tables, sql
from parcours.model import CONTRACTS
from parcours.model import person as person_ids
from parcours.model.value import minor_digits
from parcours.project.definitions import AudienceColumn, Project

OF_A_PERSON = ("household_id", "known", "first_seen", "last_seen")
_QUERIES = sql.load(__package__, "audience.sql")


@dataclass(frozen=True)
class Column:
    """One column of a file: its name there, the query that gives (person_id, value), and how a value is written.

    Outside, money is a decimal number in whole units, a time is local with its offset, a person's id is `per_...`.
    """

    name: str
    query: sql.Query | None  # None: the person's id itself
    type: pa.DataType
    outside: Callable[[Any], Any]


def column_of(wanted: AudienceColumn, tables: Tables, project: Project) -> Column:
    """A column by what it is made of: an attribute or stage, an identifier, or what the customer declared.

    Raises KeyError when there is no such thing (`check` has refused it).
    """
    name, of = wanted.name, wanted.of
    if of == "person_id":
        return Column(name, None, pa.string(), person_ids.show)
    if of == "segments":
        return Column(name, _QUERIES["segments"], pa.string(), _same)
    for table in ("profiles", "stages"):
        if tables.has(table) and of in tables.table(table).columns:
            return _written(name, _plain(table, of), tables.table(table).columns[of], project, of)
    if of in OF_A_PERSON:
        return _written(name, _plain("persons", of), CONTRACTS["persons"].columns[of], project)
    if of in CONTRACTS["customer_records"].columns and of not in ("email", "phone"):
        value = exp.column(of, table="c", quoted=True)
        type_ = CONTRACTS["customer_records"].columns[of]
        return _written(name, _QUERIES["declared"].bind(value=value), type_, project)
    return Column(name, _QUERIES["identifier"].bind(kind=of), pa.string(), _same)


def _plain(table: str, column: str) -> sql.Query:
    value = exp.alias_(exp.column(column, quoted=True), "value")
    return sql.Query(exp.select("person_id", value).from_(table))


def _written(name: str, query: sql.Query, type_: str, project: Project, attribute: str = "") -> Column:
    subject = project.subjects.get(attribute)
    if subject is not None and subject.unit == "money":
        digits = minor_digits(project.currency)
        return Column(name, query, pa.decimal128(21, digits), lambda minor: _money(minor, digits))
    if type_ == "time":
        zone = ZoneInfo(project.zone)
        return Column(name, query, pa.timestamp("us", tz=project.zone), lambda time: _local(time, zone))
    return Column(name, query, _TYPES[type_], _same)


def _money(minor: float, digits: int) -> Decimal:
    return Decimal(round(minor)).scaleb(-digits)


def _local(time: datetime, zone: ZoneInfo) -> datetime:
    return time.replace(tzinfo=UTC).astimezone(zone)


def _same(value: Any) -> Any:
    return value


_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
}  # fmt: skip


def as_text(value: Any) -> str:
    """A value as a text file writes it: nothing for unknown, ISO dates, true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
