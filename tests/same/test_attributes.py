"""Every kind of attribute over a table and for one person: the same value (random facts, the same declaration)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcours import profiles
from parcours.engine import Engine, open_engine, sql
from parcours.engine.duckdb import DuckDB
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.kind import kinds_in
from parcours.profiles import kinds, plan
from parcours.project import Project, load
from parcours.rules import Moment
from parcours.testing import write_files

ZONE = "Europe/Paris"
AS_OF = date(2026, 3, 1)
MOMENT = Moment.of(AS_OF, ZONE)
RECORDS = {10: 1, 11: 1, 20: 2}

# The products an attribute may reach, one of them without a brand; "gone" is in no catalogue.
PRODUCTS = {
    "a": {"product_id": "a", "category_1": "Été", "category_2": "Z", "brand": "b"},
    "b": {"product_id": "b", "category_1": "Ete", "category_2": "A", "brand": None},
    "c": {"product_id": "c", "category_1": "Été", "category_2": "A", "brand": "B"},
}
STORES = {"S1": {"store_id": "S1", "city": "Paris"}, "S2": {"store_id": "S2", "city": None}}

ATTRIBUTES = """
attributes: own
define:
  count: {kind: count, of: orders}
  count_window: {kind: count, of: orders, within: 30 days}
  count_column: {kind: count, of: orders.coupon, counting: all}
  count_hours: {kind: count, of: events, within: 36 hours}
  count_where: {kind: count, of: events, where: {any: [{name: page}, {not: {category_1: Été}}]}}
  sum: {kind: sum, of: orders.net_amount, between: [60 days, 7 days]}
  sum_number: {kind: sum, of: order_lines.quantity}
  average: {kind: average, of: orders.net_amount}
  average_number: {kind: average, of: order_lines.quantity, counting: completed}
  average_integer: {kind: average, of: orders.lines}
  first: {kind: first, of: events.product_id}
  first_day: {kind: first, of: orders.order_date}
  second: {kind: first, of: orders.channel, nth: 2}
  last: {kind: last, of: events.brand, where: {name: page}}
  last_but_one: {kind: last, of: events.name, nth: 2}
  favourite: {kind: most_frequent, of: order_lines.category_1, by: net_amount}
  favourite_number: {kind: most_frequent, of: order_lines.category_2, by: quantity}
  favourite_count: {kind: most_frequent, of: events.category_2, within: 60 days}
  favourite_own: {kind: most_frequent, of: orders.store_id}
  favourite_city: {kind: most_frequent, of: orders.store_city}
  favourite_hour: {kind: most_frequent, of: orders.hour}
  favourite_weekday: {kind: most_frequent, of: events.weekday}
  distinct: {kind: distinct, of: events.session_id, within: 30 days}
  distinct_brand: {kind: distinct, of: order_lines.brand}
  share: {kind: share, of: orders, part: {channel: web}}
  share_amount: {kind: share, of: orders.net_amount, part: {coupon: {known: true}}}
  share_column: {kind: share, of: order_lines.discount_amount, out_of: gross_amount}
  share_first: {kind: share, of: order_lines.category_1, by: net_amount}
  days_since: {kind: days_since, of: events}
  months_since: {kind: days_since, of: orders, since: first, in: months}
  weeks_since_consent: {kind: days_since, of: consents, in: weeks}
  age: {kind: days_since, of: birth_date, in: years}
  days_between: {kind: days_since, of: first_day, until: birth_date}
  rate: {kind: rate, of: events, each: session_id, out_of: {name: page}, part: {name: product_viewed}}
  rate_facts: {kind: rate, of: events, out_of: {name: page}, part: {name: product_viewed}}
  median: {kind: quantile, of: orders.net_amount}
  high: {kind: quantile, of: order_lines.quantity, at: 90 %}
  last_few: {kind: sequence, of: order_lines.category_1}
  sequence_own: {kind: sequence, of: events.name, keep: 2}
  latest_value: {kind: latest_value, of: consents.granted, where: {channel: email}}
  latest_city: {kind: latest_value, of: customer_records.city}
  birth_date: {kind: latest_value, of: customer_records.birth_date}
  formula: {kind: formula, value: (sum_number + 1) / count}
  formula_case:
    kind: formula
    value: case when average > 1000 then 'big' when latest_value then 'mail' end
    type: text
  formula_many:
    kind: formula
    value: coalesce(round(average_number * 3, 1), -abs(count - 2)) + greatest(count, sum, 0) % 7 - floor(share * 2.5)
  formula_boolean:
    kind: formula
    value: count between 1 and 2 or not (share > 0.5) or favourite in ('Été', 'x')
    type: boolean
  formula_integer: {kind: formula, value: sum / 3, type: integer, unit: money}
"""

# Few moments, near each other and near midnight, the window's ends and the change of the clocks, so that ties abound.
AGO = [0, 1, 6, 7, 29, 30, 59, 60, 61, 400]
TIMES = [datetime(2026, 3, 1, 11) - timedelta(days=ago, hours=hours) for ago in AGO for hours in (0, 12)]
TIMES += [datetime(2026, 3, 1, 22, 59, 59, 999999), datetime(2026, 3, 1, 23), datetime(2025, 10, 26, 0, 30)]
times = st.sampled_from(TIMES)
amounts = st.sampled_from([None, 0, 1, 999, 1000, 1000, 2500, -1000])
quantities = st.sampled_from([1.0, 2.0, 0.1, 0.25, -1.0])
products = st.sampled_from(["a", "b", "c", "gone", None])
records = st.sampled_from([10, 11, 20, 99])


def local(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def dated(row: dict[str, Any], time: str, day: str) -> dict[str, Any]:
    """A row with its local day; an order's time and day cannot disagree."""
    return {**row, day: local(row[time]).date()}


orders = st.fixed_dictionaries(
    {
        "record_id": records,
        "order_time": times,
        "channel": st.sampled_from(["web", "store", None]),
        "store_id": st.sampled_from(["S1", "S2", "S3", None]),
        "coupon": st.sampled_from([None, "X"]),
        "status": st.sampled_from(["completed", "completed", "cancelled"]),
        "is_purchase": st.booleans(),
        "net_amount": amounts,
        "lines": st.integers(0, 3),
    }
).map(lambda row: dated(row, "order_time", "order_date"))
lines = st.fixed_dictionaries(
    {
        "record_id": records,
        "order_time": times,
        "product_id": products,
        "quantity": quantities,
        "net_amount": amounts,
        "gross_amount": amounts,
        "discount_amount": st.sampled_from([None, 0, 100]),
        "kind": st.sampled_from(["sale", "sale", "return", "fee"]),
        "status": st.sampled_from(["completed", "completed", "voided"]),
    }
).map(lambda row: dated(row, "order_time", "order_date"))
events = st.fixed_dictionaries(
    {
        "record_id": records,
        "event_time": times,
        "name": st.sampled_from(["page", "product_viewed"]),
        "product_id": products,
        "brand": st.sampled_from([None, "b", "é"]),
        "session_id": st.sampled_from([None, 1, 2, 3]),
    }
).map(lambda row: dated(row, "event_time", "event_date"))
consents = st.fixed_dictionaries(
    {"record_id": records, "channel": st.sampled_from(["email", "sms"]), "granted": st.booleans(), "at": times}
)
customers = st.fixed_dictionaries(
    {
        "city": st.sampled_from([None, "Lyon", "Nice"]),
        "created_at": st.none() | times,
        "updated_at": st.none() | times,
        "birth_date": st.sampled_from([None, date(2000, 2, 29), date(1990, 3, 1), date(1990, 3, 2)]),
    }
)


@st.composite
def shops(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """A few facts of each table, each with a row number of its own, in no order."""
    found = {"orders": orders, "order_lines": lines, "events": events, "consents": consents}
    shop = {name: draw(st.lists(rows, max_size=8)) for name, rows in found.items()}
    for name, rows in shop.items():
        numbers = draw(st.permutations(range(len(rows))))
        shop[name] = [{**row, "row_id": number} for row, number in zip(rows, numbers)]
    shop["customer_records"] = [
        {**draw(customers), "record_id": record} for record in draw(st.permutations([10, 11, 20]))
    ]
    return shop


@cache
def project() -> Project:
    with TemporaryDirectory() as folder:
        toml = f'[project]\nname = "shop"\nzone = "{ZONE}"\n[profiles]\npacks = []\n[segments]\npacks = []\n'
        write_files(Path(folder), {"parcours.toml": toml, "attributes/own.yaml": ATTRIBUTES})
        return load(Path(folder), {"attribute": kinds_in(kinds)})


@pytest.fixture(scope="module")
def engine() -> Iterable[DuckDB]:
    engine = DuckDB(memory="1GB", threads=1)
    furnish(engine)
    yield engine
    engine.close()


def furnish(engine: Engine) -> None:
    """The tables that no example changes."""
    engine.register("products", arrow("products", PRODUCTS.values()))
    engine.register("stores", arrow("stores", STORES.values()))
    engine.temp("profile_owners", "SELECT * FROM (VALUES (1, true), (2, true)) AS v(person_id, known)")
    people = [{"record_id": record, "person_id": person} for record, person in RECORDS.items()]
    engine.register("profile_people", pa.Table.from_pylist(people))


def arrow(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    columns = CONTRACTS[table].columns
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema(columns))


@cache
def queries() -> dict[str, str]:
    """Every table to make, and how, in DuckDB's words: written once, since writing takes longer than running."""
    made = plan.make(project().attributes, [], MOMENT)
    found: dict[str, Any] = {}
    for name, each in made.passes.items():
        found |= {**each.prepare(), plan.PREFIX + name: each.query()}
    return {name: sql.as_query(query).text() for name, query in {**found, "made": made.profile()}.items()}


def over_tables(engine: DuckDB, shop: Mapping[str, list[dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    for table, rows in shop.items():
        engine.register(table, arrow(table, rows))
    for name, query in queries().items():
        engine.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    return {row["person_id"]: row for row in engine.rows("SELECT * FROM made")}


def for_one(person: int, shop: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    mine = {
        table: [reached(table, row) for row in rows if RECORDS.get(row["record_id"]) == person]
        for table, rows in shop.items()
    }
    return profiles.for_person(project().attributes, mine, MOMENT)


def reached(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the columns of the product and the store it names, its hour and its weekday."""
    own = {name: row.get(name) for name in CONTRACTS[table].columns}
    product = PRODUCTS.get(row.get("product_id") or "", {})
    store = STORES.get(row.get("store_id") or "", {})
    time = local(row.get("order_time") or row.get("event_time") or datetime(2000, 1, 1))
    return {
        **{name: product.get(name) for name in CONTRACTS["products"].columns},
        **own,
        "store_city": store.get("city"),
        "hour": time.hour,
        "weekday": time.isoweekday(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shop=shops())
def test_an_attribute_over_tables_is_the_attribute_of_each_person(
    engine: DuckDB, shop: dict[str, list[dict[str, Any]]]
) -> None:
    for person, row in over_tables(engine, shop).items():
        alone = for_one(person, shop)
        assert {name: (row[name], value) for name, value in alone.items() if row[name] != value} == {}


def test_every_kind_is_compared() -> None:
    assert {attribute.kind_name for attribute in project().attributes.values()} == set(kinds_in(kinds))


@pytest.mark.spark
def test_attributes_are_the_same_on_spark_and_on_duckdb(engine: DuckDB) -> None:
    spark = open_engine("spark", memory="2GB")
    furnish(spark)
    shop = facts(random.Random(1), 300)
    made = plan.make(project().attributes, [], MOMENT)
    for one in (engine, spark):
        for table, rows in shop.items():
            one.register(table, arrow(table, rows))
        for name, each in made.passes.items():
            for small, query in each.prepare().items():
                one.temp(small, query)
            one.temp(plan.PREFIX + name, each.query())
    found = [{row["person_id"]: row for row in one.rows(made.profile())} for one in (engine, spark)]
    assert found[0] == found[1] and found[0].keys() == {1, 2}


def facts(chance: random.Random, many: int) -> dict[str, list[dict[str, Any]]]:
    """Many facts, where the examples above have few."""

    def row(number: int, table: str) -> dict[str, Any]:
        time, one = chance.choice(TIMES), chance.choice
        what = {"row_id": number, "record_id": one([10, 11, 20, 99]), "status": one(["completed", "cancelled"]),
                "order_time": time, "order_date": local(time).date(), "event_time": time, "at": time,
                "event_date": local(time).date(), "channel": one(["web", "store", "email", None]),
                "store_id": one(["S1", "S2", None]), "coupon": one([None, "X"]), "is_purchase": one([True, False]),
                "net_amount": one([None, 0, 999, 2500, -1000]), "lines": one([1, 2]), "gross_amount": one([1000, 3000]),
                "discount_amount": one([None, 0, 100]), "quantity": one([1.0, 0.1, 0.25, -1.0]),
                "kind": one(["sale", "return", "fee"]), "product_id": one(["a", "b", "c", "gone", None]),
                "name": one(["page", "product_viewed"]), "brand": one([None, "b", "é"]),
                "session_id": one([None, 1, 2, 3]), "granted": one([True, False])}  # fmt: skip
        return {name: what[name] for name in CONTRACTS[table].columns if name in what}

    found = {table: [row(n, table) for n in range(many)] for table in ("orders", "order_lines", "events", "consents")}
    people = [{"record_id": 10, "city": "Nice", "birth_date": date(2000, 2, 29), "updated_at": TIMES[3]},
              {"record_id": 20, "city": "Lyon", "created_at": TIMES[5]}]  # fmt: skip
    return {**found, "customer_records": people}
