"""The RFM grid and the life cycle, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours.project.faults import ProjectFaults
from parcours.segments import check, stage_settings
from parcours.segments.settings import SHIPPED, LifeCycle, Rfm

from .world import World, living, merged, project

DAY = date(2026, 3, 2)


def bought(person: int, days_ago: int, money: int = 100, **columns: Any) -> dict[str, Any]:
    """One order of a person, so many days ago, for so many euros."""
    return {
        "row_id": 0, "record_id": person * 10, "status": "completed", "is_purchase": True, "net_amount": money * 100,
        "order_date": DAY - timedelta(days=days_ago), **columns,
    }  # fmt: skip


def stages(world: World, shop: Any, orders: list[dict[str, Any]], *columns: str, **tables: Any) -> list[Any]:
    people = sorted({order["record_id"] // 10 for order in orders})
    numbered = [{**order, "row_id": n, "order_id": str(n)} for n, order in enumerate(orders)]
    given = {
        "profiles": [{"person_id": person} for person in people],
        "record_persons": [{"record_id": person * 10, "person_id": person} for person in people],
        **tables,
    }
    world.run(DAY, shop, orders=numbered, **given)
    return world.rows("stages", *columns)


def test_scores_are_fifths_and_equal_values_have_equal_scores(world: World, tmp_path: Path) -> None:
    # Ten customers; the last purchase of the nth is n days ago, except that 1 and 2 bought on the same day.
    orders = [bought(person, 2 if person == 1 else person, money=person) for person in range(1, 11)]
    orders += [bought(1, 100, 50), bought(2, 100, 0), bought(3, 100, 0), bought(3, 101, 0)]
    orders += [bought(4, 100 + n, 0) for n in range(5)]
    found = stages(world, project(tmp_path, {}), orders, "person_id", "rfm_r", "rfm_f", "rfm_m")
    # recency, oldest first: 10 9 | 8 7 | 6 5 | 4 3 | 2 1 (equal: both the fifth fifth)
    # frequency: six bought once (1), persons 1 and 2 twice: 6 of 10 below, 1 + 5 x .6 = 4; person 3 three times and
    # person 4 six times: 8 and 9 of 10 below, 1 + 4 and 1 + 4.5 cut down: 5
    # money: 2 3 | 4 5 | 6 7 | 8 9 | 10 and person 1 with 51
    assert found == [
        (1, 5, 4, 5), (2, 5, 4, 1), (3, 4, 5, 1), (4, 4, 5, 2), (5, 3, 1, 2), (6, 3, 1, 3), (7, 2, 1, 3),
        (8, 2, 1, 4), (9, 1, 1, 4), (10, 1, 1, 5),
    ]  # fmt: skip


def test_bounds_say_from_where_on_a_score_begins(world: World, tmp_path: Path) -> None:
    orders = [bought(person, person * 10, money=person) for person in range(1, 6)]
    stages(world, project(tmp_path, {}), orders, "person_id")
    assert world.rows("stage_bounds", "measure", "score", "at_least") == [
        ("frequency", 1, 1),
        ("money", 1, 100), ("money", 2, 200), ("money", 3, 300), ("money", 4, 400), ("money", 5, 500),
        ("recency", 1, -50), ("recency", 2, -40), ("recency", 3, -30), ("recency", 4, -20), ("recency", 5, -10),
        ("rhythm", 0, 90),
    ]  # fmt: skip


def test_the_grid_has_a_cell_for_everybody(world: World, tmp_path: Path) -> None:
    orders = [bought(1, 1), bought(2, 2), bought(3, 3), bought(4, 4), bought(5, 5)]
    orders += [bought(person, 10 * n) for person, times in ((1, 4), (3, 2), (5, 3)) for n in range(1, times + 1)]
    found = stages(world, project(tmp_path, {}), orders, "person_id", "rfm_r", "rfm_f", "rfm_cell")
    # frequencies 5, 1, 3, 1, 4: two of five below is 1 + 2 = 3; 3 below: 4; 4 below: 5
    assert found == [
        (1, 5, 5, "champions"), (2, 4, 1, "promising"), (3, 3, 3, "need_attention"), (4, 2, 1, "hibernating"),
        (5, 1, 4, "at_risk"),
    ]  # fmt: skip


def test_only_purchases_count_and_returns_are_deducted(world: World, tmp_path: Path) -> None:
    orders = [
        bought(1, 10, 100),
        bought(1, 10, 30),  # a second ticket of the same day: one purchase day, more money
        bought(1, 5, -20, is_purchase=False),  # a return: no purchase, less money
        bought(1, 1, 500, status="cancelled", is_purchase=False),
        bought(1, -1, 500),  # tomorrow
        bought(1, 800, 70),  # before the 730 days: a purchase of all time, not of the window
        bought(2, 20, 90),
        bought(3, 3, -5, is_purchase=False),  # never bought
        bought(4, 800, 90),  # bought, but not in the window
    ]
    found = stages(world, project(tmp_path, {}), orders, "person_id", "rfm_r", "rfm_f", "rfm_m", "rhythm_days")
    # money 110, 90, 0; frequency 1, 1, 0; recency 10, 20, 800 days. Scores of three: 1, 1 + 5/3 = 2, 1 + 10/3 = 4.
    # base rhythm: person 1 alone bought twice, 790 days apart; so (2 x 790 + 790) / (2 + 1) = 790, cut to 365
    assert found == [(1, 4, 2, 4, 365.0), (2, 2, 2, 2, 365.0), (4, 1, 1, 1, 365.0)]


@pytest.mark.parametrize(
    ("days_ago", "stage"),
    [(40, "loyal"), (41, "cooling"), (60, "cooling"), (61, "sleeping"), (120, "sleeping"), (121, "lost")],
)
def test_stages_follow_the_persons_own_rhythm(world: World, tmp_path: Path, days_ago: int, stage: str) -> None:
    # Everybody buys every 20 days, so that is the base's rhythm and hers, whatever the weight: 2, 3 and 6 rhythms are
    # 40, 60 and 120 days.
    base = [bought(person, 1 + 20 * n) for person in (2, 3, 4) for n in range(4)]
    hers = [bought(1, days_ago + 20 * n) for n in range(4)]
    found = stages(world, project(tmp_path, {}), base + hers, "person_id", "life_cycle", "rhythm_days")
    assert found[0] == (1, stage, 20.0)


def test_a_rhythm_is_shrunk_towards_the_base_when_purchases_are_few(world: World, tmp_path: Path) -> None:
    orders = [bought(1, 30)]  # once: the base's rhythm
    orders += [bought(2, 0), bought(2, 100)]  # one gap of 100
    orders += [bought(3, 10 * n) for n in range(11)]  # ten gaps of 10: (2 x 25 + 100) / 12 is 12.5, too short
    orders += [bought(4, 40 * n) for n in range(3)]  # two gaps of 40: the median of 100, 10 and 40
    orders += [bought(5, n) for n in range(200)]  # every day: never shorter than 14 days
    found = stages(world, project(tmp_path, {}), orders, "person_id", "life_cycle", "rhythm_days")
    # the median of the mean gaps 100, 10, 40, 1 is (10 + 40) / 2 = 25
    assert found == [
        (1, "new", 25.0),
        (2, "active", (2 * 25 + 100) / 3),
        (3, "loyal", 14.0),
        (4, "active", (2 * 25 + 80) / 4),
        (5, "loyal", 14.0),
    ]


def test_who_never_bought_has_no_stage_and_is_a_prospect(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {"prospects": {"life_cycle": {"known": False}}, "young": {"life_cycle": ["new", "active"]},
                              "best": {"rfm_cell": "champions"}})  # fmt: skip
    people = [{"person_id": 1}, {"person_id": 2}]
    found = stages(world, shop, [bought(1, 1)], "person_id", "rfm_cell", profiles=people)
    assert found == [(1, "hibernating")]  # alone, she is the lowest fifth of all
    assert world.rows("memberships", "segment", "person_id") == [("prospects", 2), ("young", 1)]


def test_only_living_known_persons_have_a_stage(world: World, tmp_path: Path) -> None:
    orders = [bought(1, 1), bought(2, 2), bought(3, 3)]
    persons = [living(1), merged(2, into=1), {**living(3), "known": False}]
    assert stages(world, project(tmp_path, {}), orders, "person_id", persons=persons) == [(1,)]


def test_a_stage_that_changes_is_a_reason_with_its_title(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {"asleep": {"life_cycle": "sleeping"}})
    orders = [bought(person, 20 * n + 20) for person in (1, 2, 3) for n in range(4)]
    stages(world, shop, orders, "person_id")
    later = DAY + timedelta(days=41)  # 61 days after the last purchase: three rhythms of 20 days have passed
    world.run(later, shop, orders=[{**o, "row_id": n, "order_id": str(n)} for n, o in enumerate(orders)],
              profiles=[{"person_id": n} for n in (1, 2, 3)],
              record_persons=[{"record_id": 10 * n, "person_id": n} for n in (1, 2, 3)])  # fmt: skip
    assert world.rows("membership_changes", "person_id", "change", "reason") == [
        (person, "entered", "Life cycle is “Sleeping”") for person in (1, 2, 3)]  # fmt: skip


# --- settings


def test_a_project_may_cut_the_grid_and_the_stages_itself(world: World, tmp_path: Path) -> None:
    (tmp_path / "stages.yaml").write_text(
        "rfm:\n  cells:\n    rich: {who: {rfm_m: {at_least: 2}}}\n    rest: {who: {rfm_m: 1}}\n"
        "life_cycle: {usual_rhythm: 20 days, lost_after: 4}\n",
        encoding="utf-8",
    )
    orders = [bought(1, 70, 10), bought(2, 90, 20)]
    found = stages(world, project(tmp_path, {}), orders, "person_id", "rfm_cell", "life_cycle")
    assert found == [(1, "rest", "sleeping"), (2, "rich", "lost")]  # 3.5 and 4.5 rhythms of 20 days


def test_what_is_shipped_says_the_defaults_of_each_setting(tmp_path: Path) -> None:
    shipped = stage_settings(project(tmp_path, {}))
    assert (shipped.rfm.within, shipped.rfm.cells.keys() >= {"champions", "at_risk"}) == (Rfm().within, True)
    for name in LifeCycle.__dataclass_fields__:
        if name != "titles":
            assert getattr(shipped.life_cycle, name) == getattr(LifeCycle(), name), name
    assert SHIPPED.is_file()


def test_mistakes_in_stages_yaml_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "stages.yaml").write_text(
        "rfm:\n  cells:\n    best: {who: {rfm_x: 5}}\nlife_cycle:\n  coolin_after: 2\n", encoding="utf-8")  # fmt: skip
    with pytest.raises(ProjectFaults) as raised:
        stage_settings(project(tmp_path, {}))
    assert [(fault.place.line, fault.hint) for fault in raised.value.faults] == [
        (3, "Did you mean 'rfm_r'?"), (5, "Did you mean 'cooling_after'?")]  # fmt: skip


def test_a_grid_with_a_hole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stages.yaml").write_text("rfm: {cells: {best: {who: {rfm_r: 5}}}}\n", encoding="utf-8")
    assert [fault.message for fault in check(tmp_path)] == [
        "no cell of the RFM grid holds for rfm_r 1, rfm_f 1, rfm_m 1."]  # fmt: skip
    (tmp_path / "stages.yaml").write_text("life_cycle: {cooling_after: 5}\n", encoding="utf-8")
    assert [fault.message for fault in check(tmp_path)] == [
        "cooling_after, sleeping_after and lost_after go up from 0, in this order."]  # fmt: skip
