"""Grouping only what a day may have changed gives what grouping everybody again gives, day after day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parcours.identity import graph, renewal
from parcours.project.definitions import IdentifierRules
from tests.identity.shop import Shop, person_of, together

EVERYTHING = 10.0  # a region of ten times all records: nothing is too much to be followed
VALUES = {"email": ["a@x.fr", "b@x.fr", "a.b@gmail.com", "ab@gmail.com"], "phone": ["+331", "+332"],
          "crm_id": ["K1", "K2", "K3"], "cookie": ["c1", "c2", "tablet"]}  # fmt: skip
NAMES = ["", "Zoe Petit", "Paul Petit", "Zoé Petit"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small shops are renewed too, and what two customers too many hold is a hub."""
    monkeypatch.setattr(renewal, "FEWEST", 0)
    monkeypatch.setattr(renewal, "WORTHWHILE", EVERYTHING)
    monkeypatch.setattr(graph, "HUB", 2)


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many records each renewal grouped again."""
    counted: list[int] = []
    restrict = renewal.Renewal.restrict

    def counting(self: renewal.Renewal) -> None:
        counted.append(self._count("region"))
        restrict(self)

    monkeypatch.setattr(renewal.Renewal, "restrict", counting)
    yield counted


@st.composite
def days(draw: st.DrawFn) -> list[list[tuple[Any, ...]]]:
    """What happens on each day: records that are seen, described, verified, forgotten."""
    record = st.integers(1, 12)
    kind = st.sampled_from(sorted(VALUES))
    value = st.integers(0, 3)
    deed = st.one_of(
        st.tuples(st.just("seen"), record, kind, value, st.booleans()),
        st.tuples(st.just("described"), record, st.sampled_from(NAMES), kind, value),
        st.tuples(st.just("forgotten"), record),
        st.tuples(st.just("seen again"), record),
    )
    return draw(st.lists(st.lists(deed, min_size=1, max_size=12), min_size=2, max_size=4))


def happen(shop: Shop, deeds: list[tuple[Any, ...]]) -> None:
    """A day in a shop; each identifier of a record stays one row."""
    for what, record, *rest in deeds:
        if what == "seen":
            kind, number, verified = rest
            value = VALUES[kind][number % len(VALUES[kind])]
            shop.seen(record, verified=(kind,) if verified else (), **{kind: value})
        elif what == "described":
            name, kind, number = rest
            shop.customer(record, name=name, **{kind: VALUES[kind][number % len(VALUES[kind])]})
        elif what == "forgotten":
            shop.records.pop(record, None)
            shop.identifiers = [row for row in shop.identifiers if row["record_id"] != record]
        else:
            for row in shop.identifiers:
                if row["record_id"] == record:
                    row["last_seen"] = shop.now.replace(tzinfo=None)
    by_key = {(row["record_id"], row["kind"], row["value"]): row for row in shop.identifiers}
    shop.identifiers = [by_key[key] for key in sorted(by_key)]


@pytest.mark.usefixtures("small")
@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=days(), weak=st.booleans(), forbid=st.booleans())
def test_renewing_gives_what_working_it_all_out_again_gives(
    tmp_path_factory: pytest.TempPathFactory, history: list[list[tuple[Any, ...]]], weak: bool, forbid: bool
) -> None:
    rules = {"phone": IdentifierRules(joins_alone=not weak, limit=2), "cookie": IdentifierRules(limit=1)}
    shops = [Shop(tmp_path_factory.mktemp(name)) for name in ("renewed", "whole")]
    chosen: dict[str, Any] = {"kinds": rules}
    if forbid:
        chosen["links_file"] = "links.csv"
        for shop in shops:
            (shop.folder / "links.csv").write_text("do,left,right,why\nforbid,crm_id=K1,crm_id=K2,no\n")
    for deeds in history:
        made = []
        for shop, fewest in zip(shops, (0, 10**9)):
            renewal.FEWEST = fewest
            happen(shop, deeds)
            made.append({name: sorted(map(repr, rows)) for name, rows in shop.run(**chosen).items()})
        assert made[0] == made[1]


@pytest.mark.usefixtures("small")
def test_only_who_is_connected_to_a_change_is_grouped_again(shop: Shop, regions: list[int]) -> None:
    for record in range(1, 40, 2):
        shop.customer(record, email=f"{record}@x.fr", cookie="tablet")
        shop.seen(record + 1, email=f"{record}@x.fr")
    shop.run()
    shop.seen(100, email="3@x.fr", cookie="tablet")
    made = shop.run()
    assert regions == [3]  # the newcomer and the two records of customer 3; not all who used the tablet
    assert person_of(made, 100) == person_of(made, 3)
    assert {(row["value"], row["records"]) for row in made["refused_links"]} == {("tablet", 21)}


@pytest.mark.usefixtures("small")
def test_a_tablet_that_is_no_longer_shared_joins_again(shop: Shop) -> None:
    """What was refused for too many customers comes back when they are gone."""
    for record in range(1, 6):
        shop.customer(record, email=f"{record}@x.fr", cookie="tablet")
    shop.seen(9, cookie="tablet")
    assert frozenset({1, 9}) not in together(shop.run())
    for record in range(2, 6):
        del shop.records[record]
    shop.identifiers = [row for row in shop.identifiers if row["record_id"] in (1, 9)]
    assert together(shop.run()) == {frozenset({1, 9})}


@pytest.mark.usefixtures("small")
def test_who_was_only_seen_again_keeps_their_row_with_the_new_date(shop: Shop, regions: list[int]) -> None:
    shop.customer(1, email="zoe@x.fr", born=date(1980, 1, 1))
    shop.customer(2, email="paul@x.fr")
    shop.run()
    shop.identifiers[0]["last_seen"] = shop.now.replace(tzinfo=None)
    made = shop.run()
    assert regions == [0]
    seen = {row["person_id"]: row["last_seen"] for row in made["persons"]}
    assert seen[person_of(made, 1)] == shop.identifiers[0]["last_seen"]
    assert len(made["persons"]) == 2
    assert len(made["person_changes"]) == 2  # of the first day
