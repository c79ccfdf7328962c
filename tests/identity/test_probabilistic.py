"""Records of one person are found by likeness, their relatives are not, and a person can read why."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.identity.probabilistic import Model, note, suggest_links, suggest_links_of
from parcours.model.value import Place
from parcours.project.definitions import Compare, Matching
from tests.identity.lookalike import people

PLACE = Place("identity.yaml", 1)


def matching(**chosen: Any) -> Matching:
    return Matching(**{"ask_a_human_above": 0.5, "join_above": 0.95, "place": PLACE, **chosen})


def suggested(records: pa.Table, *, families: bool = False, **chosen: Any) -> pa.Table:
    made = suggest_links(records, matching=matching(**chosen), seed=1, families=families, memory="500MB", threads=2)
    return made.pairs


def quality(records: pa.Table, links: pa.Table, *, above: float) -> tuple[float, float]:
    """Precision and recall over pairs, once the links above a probability are followed through."""
    group = {record: record for record in records["record_id"].to_pylist()}

    def first(record: int) -> int:
        while group[record] != record:
            record = group[record]
        return record

    for row in links.to_pylist():
        if row["probability"] >= above:
            group[first(row["right"])] = first(row["left"])
    of = {record: first(record) for record in group}
    truth = dict(zip(records["record_id"].to_pylist(), records["truth"].to_pylist()))
    right = _pairs((of[record], truth[record]) for record in of)
    return right / max(1, _pairs(of.values())), right / _pairs(truth.values())


def _pairs(keys: Any) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(keys).values())


@pytest.fixture(scope="module")
def families() -> pa.Table:
    return people(500, seed=3)


@pytest.fixture(scope="module")
def links(families: pa.Table) -> pa.Table:
    return suggested(families)


def test_nearly_all_doubles_are_found_among_families(families: pa.Table, links: pa.Table) -> None:
    precision, recall = quality(families, links, above=0.95)
    assert precision > 0.99
    assert recall > 0.97


def test_names_and_addresses_alone_find_most(families: pa.Table) -> None:
    alone = families.drop_columns(["birth_date", "email", "phone"])
    precision, recall = quality(alone, suggested(alone, families=True), above=0.95)
    assert precision > 0.97
    assert recall > 0.6


def test_where_nobody_lives_together_a_replaced_first_name_is_a_mistake() -> None:
    records = people(600, seed=4, families=False, with_dates=False, with_contacts=False)
    precision, recall = quality(records, suggested(records), above=0.95)
    assert precision > 0.99
    assert recall > 0.85


def test_links_are_sorted_pairs_each_once_above_the_probability_asked_for(links: pa.Table) -> None:
    rows = [(row["left"], row["right"]) for row in links.to_pylist()]
    assert rows == sorted(set(rows))
    assert all(left < right for left, right in rows)
    assert min(links["probability"].to_pylist()) >= 0.5


def test_the_weights_of_the_evidence_add_up_to_the_weight(links: pa.Table) -> None:
    for row in links.slice(0, 200).to_pylist():
        parts = json.loads(row["evidence"])
        assert sum(part["weight"] for part in parts.values()) == pytest.approx(row["weight"], abs=0.06)
        assert row["probability"] == pytest.approx(1 / (1 + 2 ** -row["weight"]), abs=1e-4)


def test_the_evidence_names_each_column_and_how_far_it_agrees(links: pa.Table) -> None:
    levels = {}
    for row in links.to_pylist():
        for name, part in json.loads(row["evidence"]).items():
            levels.setdefault(name, set()).add(part["level"])
    compared = {"first_name", "last_name", "birth_date", "email", "phone", "street", "street_number", "place"}
    assert compared <= set(levels)
    assert {"same", "typing error", "names crossed"} <= levels["first_name"]


def test_husband_and_wife_are_held_apart_by_their_household() -> None:
    records = people(600, seed=5, with_dates=False, with_contacts=False)
    wives = _added(records, first_name="mathilde"), _added(records, first_name="bernard", at=1)
    together = pa.concat_tables([records, *wives]).sort_by("record_id")
    found = suggested(together, families=True, ask_a_human_above=0.001)
    (pair,) = [row for row in found.to_pylist() if row["left"] == 1_000_000 and row["right"] == 1_000_001] or [None]
    assert pair is None or pair["probability"] < 0.5


def _added(records: pa.Table, *, first_name: str, at: int = 0) -> pa.Table:
    row = {
        "record_id": 1_000_000 + at, "first_name": first_name, "last_name": "zamboulis", "street": "rue unique",
        "street_number": "7", "postcode": "99999", "city": "villeseule", "truth": 5000 + at,
    }  # fmt: skip
    return pa.Table.from_pylist([{name: row.get(name) for name in records.column_names}], schema=records.schema)


def test_a_rare_last_name_weighs_more_than_a_common_one() -> None:
    records = people(600, seed=6)
    weights: dict[str, float] = {}
    counts = Counter(records["last_name"].to_pylist())
    names = dict(zip(records["record_id"].to_pylist(), records["last_name"].to_pylist()))
    for row in suggested(records).to_pylist():
        part = json.loads(row["evidence"]).get("last_name")
        if part and part["level"] == "same" and names[row["left"]]:
            weights[names[row["left"]]] = part["weight"]
    ordered = sorted(weights, key=lambda name: counts[name])
    assert weights[ordered[0]] > weights[ordered[-1]] + 2


def test_the_order_of_rows_and_columns_changes_nothing(families: pa.Table, links: pa.Table) -> None:
    shuffled = families.take(np.random.default_rng(1).permutation(families.num_rows))
    assert suggested(shuffled.select(sorted(shuffled.column_names))).equals(links)


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 1000))
def test_no_order_of_rows_changes_anything(seed: int) -> None:
    records = people(40, seed=seed)
    shuffled = records.take(np.random.default_rng(seed + 1).permutation(records.num_rows))
    assert suggested(records).equals(suggested(shuffled))


@settings(max_examples=10, deadline=None)
@given(
    missing=st.sets(st.sampled_from(people(2, seed=1).column_names[1:-1])),
    empty=st.sets(st.sampled_from(people(2, seed=1).column_names[1:-1])),
    persons=st.sampled_from([0, 1, 3, 40]),
)
def test_gaps_never_make_it_fail(missing: set[str], empty: set[str], persons: int) -> None:
    records = people(persons, seed=1) if persons else people(1, seed=1).slice(0, 0)
    records = records.drop_columns(sorted(missing))
    for column in empty - missing:
        nothing = pa.nulls(records.num_rows, pa.string())
        records = records.set_column(records.column_names.index(column), column, nothing)
    found = suggested(records)
    assert found.num_rows == 0 or not note(found)
    assert found.schema.names == ["left", "right", "probability", "weight", "evidence"]


def test_too_few_records_give_nothing_and_say_why() -> None:
    found = suggested(people(5, seed=1))
    assert found.num_rows == 0
    assert "too few" in note(found)


def test_records_without_anything_to_compare_give_nothing_and_say_why() -> None:
    found = suggested(pa.table({"record_id": list(range(500))}))
    assert found.num_rows == 0
    assert note(found) == "too few columns are filled to compare records: none"


def test_records_that_agree_on_nothing_give_nothing_and_say_why() -> None:
    chance = np.random.default_rng(1)
    names = ["".join(chance.choice(list("abcdefghijklmnopqrstuvwxyz"), 12)) for _ in range(80)]
    found = suggested(pa.table({"record_id": list(range(40)), "first_name": names[:40], "last_name": names[40:]}))
    assert found.num_rows == 0
    assert note(found) == "no two records agree on anything worth comparing"


def test_only_the_columns_the_retailer_chose_are_compared(families: pa.Table) -> None:
    compare = {"first_name": Compare(how="name"), "last_name": Compare(how="name"), "birth_date": Compare(how="date")}
    found = suggested(families, compare=compare)
    names = {name for row in found.to_pylist() for name in json.loads(row["evidence"])}
    assert {"first_name", "last_name", "birth_date"} <= names <= {*compare, "chance", "otherwise"}


def test_a_column_of_the_retailers_own_is_compared_when_they_name_it(families: pa.Table) -> None:
    own = families.append_column("nickname", families["email"])
    compare = {"last_name": Compare(how="name"), "nickname": Compare(how="text"), "birth_date": Compare(how="date")}
    assert "nickname" in suggested(own, compare=compare)["evidence"][0].as_py()


def test_only_records_that_agree_on_the_retailers_keys_are_compared(families: pa.Table) -> None:
    found = suggested(families, block_on=(("last_name", "birth_date"),))
    values = {row["record_id"]: _digits(row["birth_date"]) for row in families.to_pylist()}
    assert found.num_rows > 100
    assert all(values[row["left"]] == values[row["right"]] for row in found.to_pylist())


def _digits(text: str | None) -> str:
    return "".join(letter for letter in text or "" if letter.isdigit())


def test_nothing_is_printed(families: pa.Table, capfd: pytest.CaptureFixture[str]) -> None:
    suggested(families.slice(0, 300))
    assert capfd.readouterr() == ("", "")


def test_the_pairs_of_some_records_are_those_that_all_records_give(families: pa.Table) -> None:
    """With the model kept, a day's new records find the doubles that working it all out again would find."""
    whole = suggest_links(families, matching=matching(), seed=1, memory="500MB", threads=2)
    assert whole.model is not None
    anew = families.select(["record_id"]).slice(100, 150)
    model = Model.of_text(whole.model.text())
    again = suggest_links(families, matching=matching(), seed=1, memory="500MB", threads=2)
    assert again.model is not None and again.model.text() == whole.model.text()
    found = suggest_links_of(anew, families, model=model, matching=matching(), memory="500MB", threads=2)
    some = set(anew["record_id"].to_pylist())
    expected = [row for row in whole.pairs.to_pylist() if row["left"] in some or row["right"] in some]
    assert len(expected) > 20
    assert found.to_pylist() == expected
