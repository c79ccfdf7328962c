"""Segments found in the data: repeatable, kept from day to day, told as rules, refused where too little is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parcours import rules
from parcours.engine import Draft, Engine, Warehouse, open_engine
from parcours.model.value import Place, Share, Title
from parcours.project.definitions import Attribute, Project
from parcours.project.faults import ProjectFaults
from parcours.rules import Moment, Subject
from parcours.segments import discovery
from parcours.segments.discovery import DiscoverySettings, as_yaml, discover, discovery_settings
from parcours.segments.discovery.clusters import Choice, choose
from parcours.segments.discovery.identity import matched, named
from parcours.segments.discovery.scaling import learn
from parcours.segments.discovery.settings import Wish
from parcours.segments.discovery.variables import balanced, examine, points, separated

from .world import project as project_of

DAY, NEXT = date(2026, 3, 31), date(2026, 4, 30)
QUICK = DiscoverySettings(who=None, most=5, resamples=4, people_per_segment=20)
SUBJECTS = {
    "orders": Subject("orders", "integer"),
    "spend": Subject("spend", "integer", "money"),
    "web_share": Subject("web_share", "number", "share"),
    "days_between": Subject("days_between", "number", "days"),
    "omnichannel": Subject("omnichannel", "boolean"),
    "spend_again": Subject("spend_again", "integer", "money"),
    "nothing": Subject("nothing", "integer"),
    "city": Subject("city", "text"),
}


def customers(each: int = 120) -> pa.Table:
    """Three kinds of customers: many orders in stores, a few large ones on the web, one small one."""
    kind = np.repeat([0, 1, 2], each)
    orders = np.choose(kind, [20, 5, 1])
    spend = np.choose(kind, [60_000, 200_000, 3_000])
    web = np.choose(kind, [0.05, 0.9, 0.5])
    between = np.choose(kind, [10.0, 60.0, np.nan])
    return pa.table(
        {
            "person_id": pa.array(np.arange(3 * each) + 1),
            "orders": pa.array(orders),
            "spend": pa.array(spend),
            "web_share": pa.array(web),
            "days_between": pa.array(between, mask=np.isnan(between)),
            "omnichannel": pa.array(kind == 1),
            "spend_again": pa.array(spend * 2),
            "nothing": pa.array(np.zeros(3 * each, dtype=np.int64)),
            "city": pa.array(["Lyon"] * (3 * each)),
        }
    )


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(temporary=tmp_path / "temporary")
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    made = project_of(tmp_path, {})
    at = Place("attributes.yaml")
    attributes = {n: Attribute(name=n, title=Title.of(n), kind=None, pack="t", place=at) for n in SUBJECTS}
    return replace(made, attributes=attributes, subjects=SUBJECTS)


def run(
    tmp_path: Path,
    engine: Engine,
    shop: Project,
    profiles: pa.Table,
    *,
    day: date = DAY,
    settings: DiscoverySettings = QUICK,
    name: str = "warehouse",
) -> dict[str, list[dict[str, Any]]]:
    """Discovers and publishes; gives the rows of the five tables."""
    with Warehouse(tmp_path / name, engine).draft(now=datetime.combine(day, time(12), UTC)) as draft:
        for table in draft.base.tables if draft.base else {}:
            draft.carry(table)
        draft.put("profiles", lambda: profiles, settings=str(profiles.to_pydict()))
        discover(draft, shop, as_of=day, settings=settings, progress=lambda *_: None)
        found = {table: rows(draft, table) for table in discovery.TABLES}
        draft.publish({"as_of": str(day)})
    return found


def rows(draft: Draft, table: str) -> list[dict[str, Any]]:
    draft.read(table)
    return draft.engine.rows(f"SELECT * FROM {table} ORDER BY ALL")


def why(found: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {row["variable"]: row["why"] for row in found["discovered_variables"]}


def test_the_three_kinds_of_customers_are_found_whole(tmp_path: Path, engine: Engine, shop: Project) -> None:
    found = run(tmp_path, engine, shop, customers())
    chosen = [row for row in found["discovered_choices"] if row["chosen"]]
    assert [row["segments"] for row in chosen] == [3] and chosen[0]["stability"] == pytest.approx(1)
    by_kind = [{row["segment"] for row in found["discovered_members"][n : n + 120]} for n in (0, 120, 240)]
    assert by_kind == [{"d2"}, {"d1"}, {"d3"}]  # numbered from who spends most
    assert [row["people"] for row in found["discovered_segments"]] == [120, 120, 120]


def test_why_a_variable_is_not_used_is_told(tmp_path: Path, engine: Engine, shop: Project) -> None:
    wishes = {"web_share": Wish(weight=0, asked_by="Legal", because="Not this one.")}
    found = run(tmp_path, engine, shop, customers(), settings=replace(QUICK, variables=wishes))
    told = why(found)
    assert (told["nothing"], told["web_share"], told["spend_again"]) == ("constant", "unwanted", "same_as")
    assert "city" not in told and "person_id" not in told
    legal = next(row for row in found["discovered_variables"] if row["variable"] == "web_share")
    assert (legal["asked_by"], legal["because"]) == ("Legal", "Not this one.")


def test_what_does_not_separate_is_dropped() -> None:
    random = np.random.default_rng(1)
    kind = random.integers(0, 4, 800)
    sample = {f"told_{n}": kind * (-1.0) ** n + (kind == n) * 3 + random.normal(0, 0.05, 800) for n in range(4)}
    sample["noise"] = random.uniform(0, 1, 800)
    found = balanced(examine(sample, QUICK), sample)
    told = {each.name: each.why for each in separated(found, points(found, sample), QUICK)}
    assert told["noise"] == "no_separation" and list(told.values()).count("used") == 4


def test_what_a_team_weighs_more_stands_for_what_says_the_same(tmp_path: Path, engine: Engine, shop: Project) -> None:
    wishes = {"spend_again": Wish(weight=2, asked_by="Finance")}
    told = why(run(tmp_path, engine, shop, customers(), settings=replace(QUICK, variables=wishes)))
    assert told["spend"] == "same_as" and told["spend_again"] != "same_as"


def test_the_rules_hold_for_those_they_are_said_to_hold_for(tmp_path: Path, engine: Engine, shop: Project) -> None:
    profiles = customers()
    found = run(tmp_path, engine, shop, profiles)
    by_rule = {row["person_id"]: row["by_rule"] for row in found["discovered_members"]}
    held: dict[int, list[str]] = {person: [] for person in by_rule}
    for row in found["discovered_segments"]:
        read = rules.parse(json.loads(row["rule"]), lambda path: Place("x"), faults := [])
        assert read is not None
        who = rules.fit(read, SUBJECTS, faults, currency="EUR")
        assert faults == []
        for person in profiles.to_pylist():
            if rules.for_person(who, {name: v for name, v in person.items() if v is not None}, Moment.of(DAY)):
                held[person["person_id"]].append(row["segment"])
        assert row["caught"] == row["right"] == 1
    assert held == {person: [segment] for person, segment in by_rule.items()}  # everybody in one, and just one


def test_the_same_customers_give_the_same_tables(tmp_path: Path, engine: Engine, shop: Project) -> None:
    again = run(tmp_path, engine, shop, customers(), name="again")
    assert run(tmp_path, engine, shop, customers()) == again


def test_a_segment_keeps_its_name_and_moves_are_counted(tmp_path: Path, engine: Engine, shop: Project) -> None:
    first = run(tmp_path, engine, shop, customers())
    held = {row["person_id"]: row["segment"] for row in first["discovered_members"]}
    later = customers().to_pylist()
    moved = later[240:250]  # ten small ones become regulars, twenty regulars are gone, one customer is new
    for row in moved:
        row |= {name: value for name, value in later[0].items() if name != "person_id"}
    later = [*later[20:], {**later[0], "person_id": 9_999}]
    second = run(tmp_path, engine, shop, pa.Table.from_pylist(later, customers().schema), day=NEXT)
    stayed = {row["person_id"]: row["segment"] for row in second["discovered_members"]}
    assert all(stayed[person] == held[person] for person in stayed if person in held and not 240 < person <= 250)
    counted = {(row["before"], row["after"]): (row["people"], row["redrawn"]) for row in second["discovered_moves"]}
    assert counted[("d3", "d2")] == (10, 0)
    assert counted[("d2", None)] == (20, 0) and counted[(None, "d2")] == (1, 0)
    assert {row["born"] for row in second["discovered_segments"]} == {DAY}
    assert {row["since"] for row in second["discovered_moves"]} == {DAY}


def test_the_same_day_again_is_compared_with_the_day_before(tmp_path: Path, engine: Engine, shop: Project) -> None:
    run(tmp_path, engine, shop, customers())
    second = run(tmp_path, engine, shop, customers(each=130), day=NEXT)
    assert run(tmp_path, engine, shop, customers(each=130), day=NEXT) == second


@pytest.mark.parametrize("people", [0, 1, 59])
def test_too_few_customers_are_refused_with_the_number_missing(
    people: int, tmp_path: Path, engine: Engine, shop: Project
) -> None:
    found = run(tmp_path, engine, shop, customers().slice(0, people))
    (row,) = found["discovered_choices"]
    assert (row["why"], row["needed"], row["found"]) == ("too_few_people", 60, people)
    assert found["discovered_segments"] == found["discovered_members"] == []


def test_customers_who_are_all_alike_have_no_segments(tmp_path: Path, engine: Engine, shop: Project) -> None:
    one = {**customers().to_pylist()[0]}
    alike = pa.Table.from_pylist([{**one, "person_id": n} for n in range(200)], customers().schema)
    found = run(tmp_path, engine, shop, alike)
    assert [row["why"] for row in found["discovered_choices"]] == ["nothing_tells_apart"]
    assert set(why(found).values()) == {"constant"}


def test_a_scale_keeps_equal_values_together_and_large_ones_near() -> None:
    column = np.array([0.0] * 60 + [1.0] * 30 + [1e9] * 10)
    scaled = learn(column).of(column)
    assert scaled.mean() == pytest.approx(0, abs=1e-4) and scaled.std() == pytest.approx(1, abs=1e-4)
    assert len(set(scaled)) == 3 and scaled.max() < 2.6
    assert learn(column).of(np.array([np.nan]))[0] == scaled[0]  # unknown is the usual customer


def test_the_largest_stable_number_is_taken_and_every_other_is_explained() -> None:
    tried = [
        Choice(3, 0.95, 0.9, 0.3, 0.2, 0.5),
        Choice(4, 0.9, 0.8, 0.3, 0.1, 0.4),
        Choice(5, 0.97, 0.9, 0.3, 0.02, 0.3),
        Choice(6, 0.5, 0.4, 0.3, 0.06, 0.3),
    ]
    told = {each.segments: each.why for each in choose(tried, DiscoverySettings())}
    assert told == {3: "fewer_than_possible", 4: "chosen", 5: "too_small", 6: "not_stable"}
    kept = {each.segments: each.why for each in choose(tried, DiscoverySettings(), before=3)}
    assert (kept[3], kept[4]) == ("kept_from_before", "less_good")
    unstable = choose(
        [replace(each, stability=0.4) for each in tried], replace(DiscoverySettings(), smallest=Share(0.1))
    )
    assert [each.segments for each in unstable if each.chosen] == [3]


def test_names_follow_the_shared_people() -> None:
    shared = np.array([[5, 90, 0], [80, 5, 0]])
    assert matched(shared, ["d1", "d2"]) == ["d2", "d1", None]
    assert named(["d2", "d1", None], ["d1", "d2", "d7"]) == ["d2", "d1", "d8"]


def test_the_rules_become_a_file_of_the_project(tmp_path: Path, engine: Engine, shop: Project) -> None:
    settings = replace(QUICK, names={"d1": Title({"en": "Big spenders", "fr": "Gros paniers"})})
    text = as_yaml(run(tmp_path, engine, shop, customers(), settings=settings)["discovered_segments"])
    assert "segments: discovered" in text and "Big spenders" in text and "d3:" in text


def test_a_wrong_discovery_file_is_told_with_its_line(shop: Project) -> None:
    (shop.folder / "discovery.yaml").write_text("from: 9\nto: 4\n", encoding="utf-8")
    assert "from and to" in str(discovery.check(shop)[0])
    (shop.folder / "discovery.yaml").write_text("variables:\n  spnd: {weight: 2}\n", encoding="utf-8")
    with pytest.raises(ProjectFaults, match=r"discovery.yaml:2: no attribute 'spnd'. Did you mean 'spend'"):
        discovery_settings(shop)
    assert [str(fault.place) for fault in discovery.check(shop)] == ["discovery.yaml:2"]


def test_a_project_changes_only_what_it_says(shop: Project) -> None:
    (shop.folder / "discovery.yaml").write_text(
        "to: 6\nwho: {orders: {at_least: 2}}\nvariables:\n  spend: {weight: 3, asked_by: Finance}\n", encoding="utf-8"
    )
    settings = discovery_settings(shop)
    assert (settings.least, settings.most, settings.variables["spend"].weight) == (3, 6, 3)
    assert settings.variables["preferred_hour"].weight == 0 and settings.who is not None
