"""A rule read over a table, for one person and in words: the same rule (random rules, random people)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot import exp, select

from parcours import rules
from parcours.engine import Engine, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Place
from parcours.rules import Moment, Subject
from parcours.rules.for_person import Individual
from parcours.rules.operators import OPERATORS

ZONE = "Europe/Paris"
AS_OF = date(2026, 3, 1)
SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("spend", "integer", "money"),
        Subject("orders", "integer"),
        Subject("return_rate", "number", "share"),
        Subject("city", "text"),
        Subject("opted_in", "boolean"),
        Subject("last_order", "date"),
        Subject("seen_at", "time"),
    )
}
COLUMNS = {name: subject.type for name, subject in SUBJECTS.items()}

# Few values, near each other and near the bounds, so that random people often stand exactly on a bound.
DAYS = [AS_OF + timedelta(days=shift) for shift in (-400, -90, -89, -14, -13, -7, -1, 0, 1, 6, 7, 8)]
DAYS += [date(1992, 2, 29), date(1990, 2, 28), date(1985, 3, 1)]
TIMES = [datetime(2026, 2, 28, 22, 59, 59, 999999), datetime(2026, 2, 28, 23), datetime(2026, 3, 1, 22, 59, 59)]
TIMES += [datetime(2026, 3, 1, 23), datetime(2026, 2, 15, 23), datetime(2026, 2, 28, 11), datetime(2026, 2, 27, 22)]
TEXTS = ["Lyon", "Ly", "on", "Saint-Étienne", "😀", "%", "_", "'", 'a"b', " "]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "spend": st.sampled_from([0, 1, 4999, 5000, 5001, 50000, -300]),
    "orders": st.integers(-1, 4) | st.just(2**62),
    "return_rate": st.sampled_from([0.0, 0.1, 0.2, 0.30000000000000004, 1.0, -0.5, 1e-9]),
    "city": st.sampled_from(TEXTS),
    "opted_in": st.booleans(),
    "last_order": st.sampled_from(DAYS),
    "seen_at": st.sampled_from(TIMES),
}
LENGTHS = st.sampled_from(["1 day", "7 days", "14 days", "90 days", "1 year"])
HOURS = st.sampled_from(["1 hour", "36 hours", "2 days"])


def written(subject: str) -> st.SearchStrategy[Any]:
    """A value as a retailer would write it in YAML."""
    if subject == "spend":
        return VALUES["spend"].map(lambda minor: f"{minor / 100:.2f} EUR")
    return (
        VALUES[subject].filter(lambda value: not isinstance(value, datetime))
        if subject != "seen_at"
        else (st.sampled_from(DAYS) | VALUES["seen_at"].map(str))
    )


def comparisons(subject: str) -> st.SearchStrategy[Any]:
    type_, value = SUBJECTS[subject].type, written(subject)
    found = [st.fixed_dictionaries({op: value}) for op in ("is", "is_not")] + [
        value,
        st.fixed_dictionaries({"known": st.booleans()}),
    ]
    if type_ != "time":
        found += [st.fixed_dictionaries({op: st.lists(value, min_size=1, max_size=3)}) for op in ("in", "not_in")]
    if type_ in ("integer", "number", "date", "time"):
        found += [st.fixed_dictionaries({op: value}) for op in ("at_least", "more_than", "at_most", "less_than")]
        found += [st.fixed_dictionaries({"at_least": value, "less_than": value})]
    if type_ == "text":
        found += [st.fixed_dictionaries({op: value}) for op in ("contains", "starts_with", "ends_with")]
    if type_ in ("date", "time"):
        found += [st.fixed_dictionaries({op: value}) for op in ("before", "after")]
        lengths = LENGTHS if type_ == "date" else LENGTHS | HOURS
        found += [st.fixed_dictionaries({op: lengths}) for op in ("within", "longer_ago_than", "in_the_next")]
    if type_ == "date":
        found += [st.fixed_dictionaries({"on_day_of_year_within": LENGTHS})]
    return st.one_of(found)


LEAVES = st.one_of(
    [comparisons(name).map(lambda node, name=name: {name: node}) for name in SUBJECTS]
    + [st.sampled_from(["a", "b"]).map(lambda name: {"in_segment": name})]
)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=6,
    )


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {name: st.none() | value for name, value in VALUES.items()}
        | {"in_segment_a": st.booleans(), "in_segment_b": st.none() | st.booleans()}
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def engine() -> Any:
    made = open_engine("duckdb", memory="500MB", threads=1)
    yield made
    made.close()


def read(node: Any) -> rules.Rule:
    faults: list[Any] = []
    rule = rules.parse(node, lambda path: Place("segments/x.yaml", 1), faults)
    assert rule is not None, faults
    fitted = rules.fit(rule, SUBJECTS, faults, currency="EUR", segments={"a", "b"})
    assert not faults
    return fitted


def over_table(engine: Engine, rule: rules.Rule, people: list[dict[str, Any]], as_of: Any) -> list[bool]:
    columns = COLUMNS | {"in_segment_a": "boolean", "in_segment_b": "boolean"}
    numbered = [{**person, "number": number} for number, person in enumerate(people)]
    engine.register("people", pa.Table.from_pylist(numbered, schema({**columns, "number": "integer"})))
    holds = exp.alias_(rules.over_table(rule, COLUMNS, as_of), "holds")
    return [row["holds"] for row in engine.rows(select("number", holds).from_("people").order_by("number"))]


def segments_of(person: dict[str, Any]) -> set[str]:
    return {name for name in ("a", "b") if person[f"in_segment_{name}"]}


def pool(subject: str) -> list[Any]:
    return {"spend": [0, 4999, 5000, 5001, -300, 2**62], "orders": [-1, 0, 1, 2, 3, 2**62], "city": TEXTS,
            "return_rate": [0.0, 0.1, 0.2, 0.30000000000000004, 0.3, 1.0, -0.5, 1e-9], "opted_in": [True, False],
            "last_order": DAYS, "seen_at": TIMES}[subject]  # fmt: skip


def every_comparison(subject: str) -> list[Any]:
    """Each comparison a subject has, with each value of its pool, so that each bound is met from both sides."""
    type_, values = SUBJECTS[subject].type, pool(subject)
    if subject == "spend":
        values = [f"{minor / 100:.2f} EUR" for minor in values[:-1]]
    lengths = {"date": ["1 day", "7 days", "8 days", "90 days", "2 years"], "time": ["1 hour", "36 hours", "2 days"]}
    takes = {
        "one": values + (DAYS[-6:] if type_ == "time" else []),
        "many": [[value] for value in values] + [values[:2], values[1:]],
        "two": [[low, high] for low in values for high in values],
        "text": values,
        "length": lengths.get(type_, []),
        "yes_no": [True, False],
    }
    return [{subject: {operator.name: value}} for operator in OPERATORS.values() if type_ in operator.types
            for value in takes[operator.takes]]  # fmt: skip


@pytest.mark.parametrize("as_of", [AS_OF, datetime(2026, 3, 1, 11, 30), date(2027, 2, 28), date(2028, 2, 28)], ids=str)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_comparison_agrees_at_every_bound(engine: Engine, subject: str, as_of: Any) -> None:
    check_comparisons(engine, subject, Moment.of(as_of, ZONE))


def check_comparisons(engine: Engine, subject: str, moment: Moment) -> None:
    found: list[rules.Rule] = []
    for node in every_comparison(subject):
        faults: list[Any] = []
        rule = rules.parse(node, lambda path: Place("segments/x.yaml", 1), faults)
        fitted = rules.fit(rule, SUBJECTS, faults, currency="EUR") if rule is not None else None
        found += [fitted] if fitted is not None and not faults else []
    people = [{subject: value, "number": number} for number, value in enumerate([None, *pool(subject)])]
    engine.register("people", pa.Table.from_pylist(people, schema({subject: COLUMNS[subject], "number": "integer"})))
    holds = [exp.alias_(rules.over_table(rule, COLUMNS, moment), f"r{n}") for n, rule in enumerate(found)]
    rows = engine.rows(select(*holds).from_("people").order_by("number"))
    for person, row in zip(people, rows):
        for number, rule in enumerate(found):
            assert rules.for_person(rule, person, moment) is row[f"r{number}"], (rule, person)
    assert {row[f"r{n}"] for row in rows for n in range(len(found))} == {True, False}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=trees(LEAVES), people=PEOPLE)
def test_a_rule_over_a_table_is_the_rule_for_each_person(engine: Engine, node: Any, people: Any) -> None:
    rule, moment = read(node), Moment.of(AS_OF, ZONE)
    expected = [rules.for_person(rule, person, moment, segments=segments_of(person)) for person in people]
    assert over_table(engine, rule, people, moment) == expected


@settings(max_examples=200, deadline=None)
@given(node=trees(LEAVES), people=PEOPLE)
def test_words_and_reasons_are_never_empty_and_decide_what_the_rule_decides(node: Any, people: Any) -> None:
    rule, moment = read(node), Moment.of(AS_OF, ZONE)
    for language in ("en", "fr"):
        assert rules.in_words(rule, language).strip()
    for person in people:
        inside = rules.for_person(rule, person, moment, segments=segments_of(person))
        found = rules.reasons(rule, person, moment, "fr", segments=segments_of(person))
        assert all(reason.asks.strip() and reason.has.strip() for reason in found)
        assert any(reason.decisive for reason in found)
        text = rules.why(rule, person, moment, "fr", segments=segments_of(person))
        assert text.startswith("En fait partie") is inside


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=trees(LEAVES), people=PEOPLE)
def test_not_gives_exactly_the_others(engine: Engine, node: Any, people: Any) -> None:
    moment = Moment.of(AS_OF, ZONE)
    inside = over_table(engine, read(node), people, moment)
    assert over_table(engine, read({"not": node}), people, moment) == [not each for each in inside]


# --- activities --------------------------------------------------------------------------------------------------

CLOCK = [datetime(2026, 2, day, hour) for day in (1, 20, 22, 27, 28) for hour in (0, 9, 23)]
CLOCK += [datetime(2026, 3, 1, 9), datetime(2026, 3, 1, 22, 59), datetime(2026, 3, 1, 23), datetime(2026, 3, 2, 9)]
PRODUCTS = [{"product_id": "p1", "source": "s", "category_1": "Shoes"},
            {"product_id": "p2", "source": "s", "category_1": "Bags"}]  # fmt: skip
RECORDS = {1: 10, 2: 10, 3: 20, 5: 30, 6: 40}  # record: person; record 4 is nobody's


def local_day(instant: datetime) -> date:
    return Moment.of(instant, ZONE).day


def event(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "event_time": row["at"], "event_date": local_day(row["at"])}


def order(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "order_time": row["at"], "order_date": row["at"] and local_day(row["at"])}


def rows_of(make: Any, **columns: Any) -> st.SearchStrategy[Any]:
    common = {"record_id": st.sampled_from([1, 2, 3, 4, 5, 6, None]), "at": st.sampled_from(CLOCK)}
    return st.lists(st.fixed_dictionaries({**common, **columns}).map(make), min_size=12, max_size=24)


PRODUCT = st.sampled_from(["p1", "p2", "p3", None])
FACTS = st.fixed_dictionaries({
    "events": rows_of(event, name=st.sampled_from(["product_viewed", "product_added"]), product_id=PRODUCT,
                      category=st.sampled_from(["Shoes", None])),
    "orders": rows_of(order, channel=st.sampled_from(["web", "store", None]), is_purchase=st.booleans(),
                      at=st.none() | st.sampled_from(CLOCK)),
    "order_lines": rows_of(order, product_id=PRODUCT, kind=st.sampled_from(["sale", "sale", "return"]),
                           status=st.sampled_from(["completed", "completed", "cancelled"]),
                           quantity=st.sampled_from([1.0, 2.0, -1.0]),
                           net_amount=st.sampled_from([1000, 5000, None])),
})  # fmt: skip
DEEDS = st.sampled_from([
    {"event": "product_viewed"},
    {"event": "any", "where": {"category": {"is_not": "Bags"}}},
    {"event": "product_added", "where": {"category": {"known": False}}},
    {"order": "any"},
    {"order": "store"},
    {"bought": "any"},
    {"bought": "Shoes"},
    {"bought": "any", "where": {"net_amount": {"at_least": "50 EUR"}}},
    {"returned": "any"},
])  # fmt: skip
WINDOWS = st.sampled_from([
    {},
    {"within": "1 day"},
    {"within": "7 days"},
    {"within": "36 hours"},
    {"longer_ago_than": "2 days"},
    {"between": ["2026-02-20", date(2026, 2, 27)]},
    {"since": date(2026, 2, 22)},
])  # fmt: skip
TIMES_ASKED = st.sampled_from([{}, {"at_least": 2}, {"at_most": 1}, {"exactly": 1}, {"at_most": 0}])
DONE = st.tuples(DEEDS, WINDOWS, TIMES_ASKED).map(lambda given: {"did": {**given[0], **given[1], **given[2]}})
SEQUENCES = st.tuples(
    DEEDS,
    st.sampled_from(["then", "then_not", "both"]),
    DEEDS,
    st.sampled_from([{}, {"within": "1 day"}, {"within": "7 days"}, {"within": "3 hours"}, {"within": "same day"}]),
    st.sampled_from([{}, {"since": "7 days"}, {"since": date(2026, 2, 20)}, {"since": "30 hours"}]),
    st.booleans(),
    TIMES_ASKED,
).map(lambda given: {"sequence": sequence(*given)})


def sequence(first: Any, how: str, then: Any, within: Any, since: Any, same: bool, times: Any) -> dict[str, Any]:
    steps = {word: then for word in ("then", "then_not") if how in (word, "both")}
    agree = {"same": "product_id"} if same and "order" not in first and "order" not in then else {}
    return {"first": first, **steps, **within, **since, **agree, **times}


def own(facts: dict[str, Any], person: int) -> dict[str, list[dict[str, Any]]]:
    """One person's facts, with the columns of the product each names."""
    of_product = {product["product_id"]: product for product in PRODUCTS}
    records = {record for record, owner in RECORDS.items() if owner == person}
    return {
        table: [{**of_product.get(row.get("product_id"), {}), **row} for row in rows if row["record_id"] in records]
        for table, rows in facts.items()
    }


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    nodes=st.lists(DONE | SEQUENCES, min_size=8, max_size=12),
    facts=FACTS,
    as_of=st.sampled_from([AS_OF, datetime(2026, 2, 28, 12)]),
)
def test_what_people_did_is_counted_alike_over_tables_and_for_one_person(
    engine: Engine, nodes: list[Any], facts: dict[str, Any], as_of: Any
) -> None:
    check_activities(engine, nodes, facts, Moment.of(as_of, ZONE))


def check_activities(engine: Engine, nodes: list[Any], facts: dict[str, Any], moment: Moment) -> None:
    found = [read(node) for node in nodes]
    asked = list(dict.fromkeys(activity for rule in found for activity in rules.activities(rule)))
    given_rows = {**facts, "products": PRODUCTS, "record_persons": [
        {"record_id": record, "person_id": person} for record, person in RECORDS.items()]}  # fmt: skip
    for name in ("events", "orders", "order_lines", "products", "record_persons"):
        columns = CONTRACTS[name].columns
        kept = [{k: v for k, v in row.items() if k in columns} for row in given_rows[name]]
        engine.register(name, pa.Table.from_pylist(kept, schema(columns)))
    counted = {row.pop("person_id"): row for row in engine.rows(rules.activities_sql(asked, moment))}
    assert set(counted) <= set(RECORDS.values())
    nothing = {activity.column: None for activity in asked}
    people = [{**counted.get(person, nothing), "person_id": person} for person in sorted(set(RECORDS.values()))]
    engine.register("people", pa.Table.from_pylist(people, schema(dict.fromkeys(people[0], "integer"))))
    holds = [exp.alias_(rules.over_table(rule, {}, moment), f"r{n}") for n, rule in enumerate(found)]
    for row in engine.rows(select("person_id", *holds).from_("people")):
        mine = own(facts, row["person_id"])
        for activity in asked:
            count = Individual({}, mine).count(activity, moment)
            assert (counted.get(row["person_id"], nothing)[activity.column] or 0) == count, (row["person_id"], activity)
        for number, rule in enumerate(found):
            assert row[f"r{number}"] == rules.for_person(rule, {}, moment, facts=mine), (row["person_id"], rule)


@settings(max_examples=100, deadline=None)
@given(node=DONE | SEQUENCES)
def test_what_people_did_has_words_in_both_languages(node: Any) -> None:
    said = [rules.in_words(read(node), language) for language in ("en", "fr")]
    assert all(said) and said[0] != said[1]


# --- the same on Spark -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spark() -> Any:
    made = open_engine("spark", memory="1GB")
    yield made
    made.close()


@pytest.mark.spark
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_comparison_agrees_on_spark(spark: Engine, subject: str) -> None:
    check_comparisons(spark, subject, Moment.of(AS_OF, ZONE))


@pytest.mark.spark
@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(nodes=st.lists(DONE | SEQUENCES, min_size=20, max_size=20), facts=FACTS)
def test_what_people_did_is_counted_alike_on_spark(spark: Engine, nodes: list[Any], facts: dict[str, Any]) -> None:
    check_activities(spark, nodes, facts, Moment.of(AS_OF, ZONE))
