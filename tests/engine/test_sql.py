"""Our SQL: what it refuses, what it binds, and its own words against Python's answers."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.engine import open_engine, sql

ENGINE = open_engine()
ZONES = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
moments = st.datetimes(datetime(1991, 1, 1), datetime(2048, 1, 1))


def value(query: str, **values: object) -> object:
    (row,) = ENGINE.rows(sql.parse(query).bind(**values))
    return next(iter(row.values()))


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("SELECT mode(x) FROM t", "arg_max"),
        ("SELECT median(x) FROM t", "percentile"),
        ("SELECT list(x) FROM t", "string_agg"),
        ("SELECT first(x) FROM t", "arg_min"),
        ("SELECT any_value(x) FROM t", "min or max"),
        ("SELECT random()", "hash_bucket"),
        ("SELECT x FROM t QUALIFY row_number() OVER (ORDER BY x) = 1", "sub-query"),
        ("SELECT read_text('/etc/passwd')", "not a function of our SQL"),
    ],
)
def test_what_engines_disagree_on_is_refused_with_what_to_write(text: str, instead: str) -> None:
    with pytest.raises(sql.QueryNotAllowed, match=instead):
        sql.parse(text)


def test_a_parameter_nobody_bound_is_named() -> None:
    with pytest.raises(sql.QueryNotAllowed, match=":day"):
        sql.parse("SELECT trim(:day) AS d").text()


def test_a_bound_text_is_a_value_and_never_sql() -> None:
    assert value("SELECT trim(:words) AS x", words="'; DROP TABLE t; --") == "'; DROP TABLE t; --"


def test_a_query_reads_another_by_name() -> None:
    outer = sql.parse("WITH more AS (SELECT n + 1 AS n FROM given) SELECT sum(n) AS s FROM more")
    assert ENGINE.rows(outer.over(given=sql.parse("SELECT 41 AS n"))) == [{"s": 42}]


@settings(max_examples=200, deadline=None)
@given(moments, st.sampled_from(ZONES))
def test_local_time_is_python_s(moment: datetime, zone: str) -> None:
    here = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    found = value("SELECT local_time(:m, :z) AS x", m=moment, z=zone)
    assert found == here.replace(tzinfo=None)
    assert value("SELECT local_date(:m, :z) AS x", m=moment, z=zone) == here.date()
    assert value("SELECT local_weekday(:m, :z) AS x", m=moment, z=zone) == here.isoweekday()


@settings(max_examples=200, deadline=None)
@given(moments, st.sampled_from(ZONES))
def test_a_time_on_the_wall_is_read_as_python_reads_it(wall: datetime, zone: str) -> None:
    there = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    assert value("SELECT utc_of(:m, :z) AS x", m=wall, z=zone) == there


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.dates(date(1990, 1, 1), date(2050, 1, 1)))
def test_days_between_are_python_s(first: date, second: date) -> None:
    assert value("SELECT days_between(:a, :b) AS x", a=first, b=second) == (second - first).days
    assert value("SELECT add_days(:a, 40) AS x", a=first) == first + timedelta(days=40)
    assert value("SELECT month_of(:a) AS x", a=first) == f"{first:%Y-%m}"


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_hash63_is_63_bits_of_md5(text: str) -> None:
    first_eight = hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8]
    expected = int.from_bytes(first_eight, "little") & (2**63 - 1)
    assert value("SELECT hash63(:x) AS x", x=text) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1))
def test_components_are_named_by_their_smallest_node(edges: list[tuple[int, int]]) -> None:
    component = {node: node for edge in edges for node in edge}
    for _ in component:
        for left, right in edges:
            component[left] = component[right] = min(component[left], component[right])
    ENGINE.register("edges", pa.table({"left_node": [a for a, _ in edges], "right_node": [b for _, b in edges]}))
    found = ENGINE.components("SELECT left_node, right_node FROM edges").to_pylist()
    assert {row["node"]: row["component"] for row in found} == component
