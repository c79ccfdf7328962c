"""The corner shop from its raw files to its segments, against figures worked out by hand (corner_shop.yaml)."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from parcours import flow
from parcours.project import Project, load
from parcours.testing import table_bytes, table_rows

SHOP = Path(__file__).parents[2] / "examples" / "corner_shop"
EXPECTED: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("corner_shop.yaml"))
DAY = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Shop:
    """A project that has been run, and the tables it published."""

    project: Project
    ran: flow.Run

    @cached_property
    def tables(self) -> dict[str, Rows]:
        return table_rows(self.project.warehouse)

    @cached_property
    def person_of(self) -> dict[int, int]:
        """The person each record speaks of."""
        return {row["record_id"]: row["person_id"] for row in self.tables["record_persons"]}

    @cached_property
    def behind(self) -> dict[str, set[int]]:
        """The persons behind each identifier, as `email=...`."""
        found: dict[str, set[int]] = defaultdict(set)
        for row in self.tables["identifiers"]:
            if row["record_id"] in self.person_of:
                found[f"{row['kind']}={row['value']}"].add(self.person_of[row["record_id"]])
        return found

    @cached_property
    def names(self) -> dict[int, str]:
        """Our name for each person, by the first of their identifiers in the expected figures."""
        named = {person: name for name, ids in EXPECTED["persons"].items() for person in self.behind[ids[0]]}
        for name, identifier in EXPECTED["mailboxes"].items():
            named |= {person: name for person in self.behind[identifier] if person not in named}
        return named

    def name(self, person_id: int | None) -> str:
        return "-" if person_id is None else self.names.get(person_id, "somebody else")

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        return {self.name(row["person_id"]): row for row in self.tables["profiles"]}


def run(folder: Path) -> Shop:
    """Runs the project in a folder as of the last day of March."""
    project = load(folder, flow.kinds())
    return Shop(project, flow.run(project, now=NOW, as_of=DAY, progress=lambda *_, **__: None))


def copy(folder: Path) -> Path:
    """The corner shop, in a folder of one's own, never run."""
    return shutil.copytree(SHOP, folder / "corner_shop", ignore=shutil.ignore_patterns("warehouse", "out", "*.html"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return run(copy(tmp_path_factory.mktemp("shop")))


def written_orders() -> list[list[str]]:
    return [line.split() for line in EXPECTED["orders"].strip().splitlines()]


def euros(cents: int | None) -> float:
    return (cents or 0) / 100


# -- landing


@pytest.mark.parametrize("source", EXPECTED["sources"])
def test_every_row_received_has_landed_or_is_rejected(shop: Shop, source: str) -> None:
    delivered = [row for row in shop.tables["deliveries"] if row["source"] == source]
    expected = EXPECTED["sources"][source]
    found = {count: sum(row[count] for row in delivered) for count in expected}
    assert found == expected
    assert found["received"] == found["landed"] + found["rejected"]


def test_a_rejected_row_says_where_it_stands_and_why(shop: Shop) -> None:
    rejected = {(row["file"], row["line"]): f"{row['reason']} {row['original']}" for row in shop.tables["rejected"]}
    assert rejected.keys() == {(file, line) for file, line, _ in EXPECTED["rejected"]}
    for file, line, word in EXPECTED["rejected"]:
        assert word in rejected[file, line]


@pytest.mark.parametrize("table", EXPECTED["rows"])
def test_a_table_has_as_many_rows_as_there_are_facts(shop: Shop, table: str) -> None:
    assert len(shop.tables[table]) == EXPECTED["rows"][table]


# -- orders


def test_each_order_has_its_day_channel_amount_and_customer(shop: Shop) -> None:
    words = {(True, "completed"): "yes", (False, "completed"): "no"}
    found = {
        row["order_id"]: [
            row["order_id"],
            str(row["order_date"]),
            row["channel"],
            f"{euros(row['net_amount']):.2f}",
            words.get((row["is_purchase"], row["status"]), row["status"]),
            shop.name(shop.person_of.get(row["record_id"])),
        ]
        for row in shop.tables["orders"]
    }
    for expected in written_orders():
        assert found.pop(expected[0]) == expected
    assert not found


def test_revenue_is_the_net_of_completed_orders_in_the_currency_of_the_shop(shop: Shop) -> None:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in shop.tables["orders"]:
        if row["status"] == "completed":
            found[str(row["order_date"].year)][row["channel"]] += row["net_amount"]
    assert {year: {channel: euros(cents) for channel, cents in by.items()} for year, by in found.items()} == EXPECTED[
        "revenue"
    ]


def test_orders_are_the_sum_of_their_lines(shop: Shop) -> None:
    sums: Counter[str] = Counter()
    for row in shop.tables["order_lines"]:
        sums[row["order_id"]] += row["net_amount"]
    assert {row["order_id"]: row["net_amount"] for row in shop.tables["orders"]} == dict(sums)


# -- identity


@pytest.mark.parametrize("name", EXPECTED["persons"])
def test_all_identifiers_of_somebody_lead_to_one_person(shop: Shop, name: str) -> None:
    found = {identifier: shop.behind.get(identifier, set()) for identifier in EXPECTED["persons"][name]}
    persons = set.union(*found.values())
    assert len(persons) == 1, found
    assert all(found.values()), found


def test_two_people_are_never_one(shop: Shop) -> None:
    persons = {name: shop.behind[ids[0]] for name, ids in EXPECTED["persons"].items()}
    for one, two in combinations(persons, 2):
        assert not persons[one] & persons[two], (one, two)


def test_there_is_nobody_else(shop: Shop) -> None:
    living = [row for row in shop.tables["persons"] if row["merged_into"] is None]
    known = {shop.name(row["person_id"]) for row in living if row["known"]}
    assert known == {*EXPECTED["persons"], *EXPECTED["mailboxes"]}
    assert sum(not row["known"] for row in living) == EXPECTED["visitors"]


def test_those_who_share_a_name_and_an_address_are_a_household(shop: Shop) -> None:
    homes: dict[int, set[str]] = defaultdict(set)
    for row in shop.tables["persons"]:
        if row["merged_into"] is None and row["household_id"] is not None:
            homes[row["household_id"]].add(shop.name(row["person_id"]))
    shared = {frozenset(names) for names in homes.values() if len(names) > 1}
    assert shared == {frozenset(names) for names in EXPECTED["households"]}


def test_doubtful_pairs_wait_for_a_human(shop: Shop) -> None:
    waiting = {
        frozenset(shop.name(shop.person_of[row[side]]) for side in ("left_record", "right_record"))
        for row in shop.tables["review_pairs"]
    }
    assert waiting == {frozenset(pair) for pair in EXPECTED["review"]}


def test_the_tablet_in_the_shop_joins_nobody(shop: Shop) -> None:
    assert ("cookie", "9999.0001") in {(row["kind"], row["value"]) for row in shop.tables["refused_links"]}


# -- profiles and segments


@pytest.mark.parametrize(
    ("name", "attribute"), [(name, attribute) for name, values in EXPECTED["profiles"].items() for attribute in values]
)
def test_a_profile_says_what_the_raw_files_say(shop: Shop, name: str, attribute: str) -> None:
    expected = EXPECTED["profiles"][name][attribute]
    found = shop.profiles[name][attribute]
    if shop.project.subjects[attribute].unit == "money" and found is not None:
        found = euros(found)
    assert found == (pytest.approx(expected, abs=1e-6) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("segment", EXPECTED["segments"])
def test_a_segment_holds_whom_its_rule_means(shop: Shop, segment: str) -> None:
    members = {shop.name(row["person_id"]) for row in shop.tables["memberships"] if row["segment"] == segment}
    assert members == set(EXPECTED["segments"][segment])


# -- again


def test_a_second_run_with_nothing_new_publishes_nothing(shop: Shop) -> None:
    before = table_bytes(shop.project.warehouse)
    assert run(shop.project.folder).ran.version is None
    assert table_bytes(shop.project.warehouse) == before


def test_files_that_come_late_or_twice_give_what_they_would_have_given_in_time(shop: Shop, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    later = [
        folder / "data" / name
        for name in ("till/till_2026-03-14.csv", "till/till_2026-03-18_lyon_late.csv", "web/orders_2026-03-31.json",
                     "crm/customers_2026-03-20.csv", "ga4/events_20260314.jsonl")
    ]  # fmt: skip
    for file in later:
        file.rename(tmp_path / file.name)
    first = run(folder)
    assert len(first.tables["orders"]) < len(shop.tables["orders"])
    for file in later:
        (tmp_path / file.name).rename(file)
    shutil.copy(folder / "data/till/till_2026-03-13.csv", folder / "data/till/till_2026-03-13_again.csv")
    second = run(folder)
    for table in ("orders", "order_lines", "events", "customer_records", "memberships"):
        assert told(second, table) == told(shop, table)


def told(shop: Shop, table: str) -> Rows:
    """The rows of a table with our names for people, whatever numbers the runs gave them."""
    rows = [
        {key: shop.name(value) if key == "person_id" else value for key, value in row.items()}
        for row in shop.tables[table]
    ]
    return sorted(rows, key=repr)
