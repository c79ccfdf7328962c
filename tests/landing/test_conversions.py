"""Text as numbers, money, dates and times: what is read, and what is no such thing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from parcours.landing import conversions
from parcours.landing.conversions import Numbers, Times

CONNECTION = duckdb.connect()
CONNECTION.execute("SET TimeZone = 'UTC'")
TEXT = exp.column("x")


def read(tree: exp.Expression, *texts: str | None) -> list[Any]:
    CONNECTION.register("given", pa.table({"x": pa.array(texts, pa.string())}))
    return [row[0] for row in CONNECTION.execute(exp.select(tree).from_("given").sql("duckdb")).fetchall()]


@pytest.mark.parametrize(("style", "text", "value"), [
    (Numbers(), "12.5", 12.5), (Numbers(), "-12", -12.0), (Numbers(), "+3", 3.0), (Numbers(), "1e3", 1000.0),
    (Numbers(), "12,5", None), (Numbers(), "1O", None), (Numbers(), "", None), (Numbers(), "1_000", None),
    (Numbers(), "inf", None), (Numbers(), "nan", None), (Numbers(), "0x10", None), (Numbers(), "12.5-", -12.5),
    (Numbers(), "(12.5)", -12.5), (Numbers(), "\u221212.5", -12.5), (Numbers(), "$12.5", 12.5),
    (Numbers(","), "12,5", 12.5), (Numbers(","), "12.5", None), (Numbers(",", mixed=True), "12.5", 12.5),
    (Numbers(",", mixed=True), "12,5", 12.5),
    (Numbers(",", " "), "1 234 567,5", 1234567.5), (Numbers(",", " "), "1\u00a0234,5", 1234.5),
    (Numbers(",", " "), "1\u202f234,5", 1234.5), (Numbers(",", "space"), "1\u2009234", 1234.0),
    (Numbers(",", " "), "1 2", None), (Numbers(",", " "), "12,50 €", 12.5), (Numbers(",", " "), "-1 234,5", -1234.5),
    (Numbers(",", "."), "1.234,5", 1234.5), (Numbers(",", "."), "1.23", None), (Numbers(",", "."), "12,5", 12.5),
    (Numbers(".", ","), "1,234.5", 1234.5), (Numbers(".", ","), "12,34", None),
    (Numbers(".", ","), "1,234,567", 1234567.0),
    (Numbers(".", "'"), "1'234.5", 1234.5), (Numbers(".", "'"), "1’234.5", 1234.5),
])  # fmt: skip
def test_numbers(style: Numbers, text: str, value: float | None) -> None:
    assert read(conversions.number(TEXT, style), text) == [value]


@pytest.mark.parametrize(("text", "digits", "cents"), [
    ("1.005", 2, 101), ("-1.005", 2, -101), ("12.345", 2, 1235), ("12.344", 2, 1234), ("1200", 0, 1200),
    ("1.5", 3, 1500),
    ("x", 2, None), ("99999999999", 2, None),
])  # fmt: skip
def test_money_is_whole_minor_units_half_a_unit_away_from_zero(text: str, digits: int, cents: int | None) -> None:
    assert read(conversions.money(TEXT, Numbers(), minor=False, digits=digits), text) == [cents]


@settings(max_examples=200, deadline=None)
@given(st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2))
def test_money_written_in_french_is_read_to_the_cent(amount: Decimal) -> None:
    written = f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",")
    style = Numbers(",", " ")
    assert read(conversions.money(TEXT, style, minor=False, digits=2), written) == [int(amount * 100)]


def test_money_worked_out_is_freed_of_what_floating_point_adds() -> None:
    amount = exp.cast(TEXT, "double")
    assert read(conversions.money_of(amount, minor=False, digits=2), "1.005", "0.615") == [101, 62]


def test_whole_numbers() -> None:
    assert read(conversions.whole(TEXT, Numbers()), "12", "12.0", "12.5", "x") == [12, 12, None, None]


def test_yes_and_no() -> None:
    assert read(conversions.boolean(TEXT), "oui", "NON", "1", "f", "perhaps", None) == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]


def utc(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-01-31 10:00", utc(2026, 1, 31, 9)), ("2026-07-31T10:00:00", utc(2026, 7, 31, 8)),
    ("2026-07-31T10:00:00Z", utc(2026, 7, 31, 10)), ("2026-07-31T10:00:00.25Z", utc(2026, 7, 31, 10, 0, 0, 250000)),
    ("2026-07-31T10:00:00+05:30", utc(2026, 7, 31, 4, 30)), ("2026-07-31T10:00:00-0400", utc(2026, 7, 31, 14)),
    ("2026-07-31 10:00:00+02", utc(2026, 7, 31, 8)), ("2026-07-31", utc(2026, 7, 30, 22)),
    ("2026-02-29", None), ("2026-13-01", None), ("epoch", None), ("infinity", None), ("31/01/2026", None),
    ("soon", None),
    ("2026-03-29 02:30:00", utc(2026, 3, 29, 1, 30)),   # does not exist in Paris: read with the offset before it
    ("2026-10-25 02:30:00", utc(2026, 10, 25, 0, 30)),  # exists twice: the first
])  # fmt: skip
def test_times_in_iso(text: str, moment: datetime | None) -> None:
    assert read(conversions.time(TEXT, Times(zone="Europe/Paris")), text) == [moment]


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2049, 12, 1)),
    st.sampled_from(["Europe/Paris", "America/New_York", "UTC"]),
)
def test_a_wall_time_is_the_moment_python_says(wall: datetime, zone: str) -> None:
    wall = wall.replace(microsecond=0, fold=0)
    expected = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    style = Times("%d/%m/%Y %H:%M:%S", zone=zone)
    assert read(conversions.time(TEXT, style), f"{wall:%d/%m/%Y %H:%M:%S}") == [expected]


def test_times_by_format() -> None:
    style = Times("%d/%m/%Y %H:%M|%d/%m/%Y %H:%M:%S", zone="UTC")
    assert read(conversions.time(TEXT, style), "31/01/2026 10:05", "31/01/2026 10:05:09", "31/02/2026 10:05", "x") == [
        utc(2026, 1, 31, 10, 5),
        utc(2026, 1, 31, 10, 5, 9),
        None,
        None,
    ]


def test_times_since_1970() -> None:
    assert read(conversions.time(TEXT, Times("unix")), "1773342000", "1773342000.5", "x", "1e300") == [
        utc(2026, 3, 12, 19),
        utc(2026, 3, 12, 19, 0, 0, 500000),
        None,
        None,
    ]
    assert read(conversions.time(TEXT, Times("unix_ms")), "1773342000000") == [utc(2026, 3, 12, 19)]
    assert read(conversions.time(TEXT, Times("unix_us")), "1773342000000000") == [utc(2026, 3, 12, 19)]


def test_days_keep_the_day_that_is_written() -> None:
    assert read(conversions.date(TEXT, Times(zone="Europe/Paris")), "2026-01-31", "2026-01-31 00:10:00", "x") == [
        date(2026, 1, 31),
        date(2026, 1, 31),
        None,
    ]
    style = Times("%d/%m/%Y %H:%M", zone="Europe/Paris")
    assert read(conversions.date(TEXT, style), "31/01/2026", "31/01/2026 00:10", "31/02/2026") == [
        date(2026, 1, 31),
        date(2026, 1, 31),
        None,
    ]
    assert read(conversions.date(TEXT, Times("%d/%m/%Y %H:%M", dates="%Y%m%d")), "20260131") == [date(2026, 1, 31)]
