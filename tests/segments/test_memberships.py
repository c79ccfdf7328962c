"""Who is in a segment, since when, who entered and left, and why."""

from __future__ import annotations

from datetime import date
from graphlib import CycleError
from pathlib import Path

import pytest

from parcours import rules
from parcours.segments import levels, why

from .world import World, living, merged, project

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
VIP = {"vip": {"spend": {"at_least": "500 EUR"}}}


def people(**spend: int | None) -> list[dict[str, object]]:
    """Persons 1, 2, 3 ... as p1, p2, p3, each with what they spent in euros."""
    return [{"person_id": int(name[1:]), "spend": None if s is None else s * 100} for name, s in spend.items()]


def test_who_is_in_keeps_the_first_day_until_they_leave(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP)
    world.run(MONDAY, shop, profiles=people(p1=600, p2=100, p3=None))
    assert world.rows("memberships", "segment", "person_id", "since") == [("vip", 1, MONDAY)]
    world.run(TUESDAY, shop, profiles=people(p1=700, p2=500, p3=None))
    assert world.rows("memberships", "person_id", "since") == [(1, MONDAY), (2, TUESDAY)]
    world.run(WEDNESDAY, shop, profiles=people(p1=100, p2=500, p3=None))
    assert world.rows("memberships", "person_id", "since") == [(2, TUESDAY)]


def test_entering_and_leaving_are_rows_with_the_condition_that_tipped(world: World, tmp_path: Path) -> None:
    lapsing = {"lapsing": {"all": [{"spend": {"at_least": "500 EUR"}}, {"last_order": {"longer_ago_than": "30 days"}}]}}
    shop = project(tmp_path, lapsing)
    before = date(2026, 1, 31)  # 30 days before Monday: longer ago than 30 days on Monday
    world.run(MONDAY, shop, profiles=[
        {"person_id": 1, "spend": 60000, "last_order": date(2026, 2, 1)},
        {"person_id": 2, "spend": 49900, "last_order": before},
        {"person_id": 3, "spend": 60000, "last_order": before},
        {"person_id": 4, "spend": 60000, "last_order": before},
        {"person_id": 5, "spend": 60000, "last_order": before},
    ])  # fmt: skip
    assert world.rows("memberships", "person_id") == [(3,), (4,), (5,)]
    assert world.rows("membership_changes", "person_id") == []  # the first count: nobody entered
    world.run(TUESDAY, shop, profiles=[
        {"person_id": 1, "spend": 60000, "last_order": date(2026, 2, 1)},  # time passed
        {"person_id": 2, "spend": 50000, "last_order": before},  # a correction made it 500
        {"person_id": 3, "spend": 60000, "last_order": MONDAY},  # she bought
        {"person_id": 4, "spend": None, "last_order": MONDAY},  # both turned: the first written is told
        {"person_id": 6, "spend": 70000, "last_order": before},  # a new customer
    ])  # fmt: skip
    assert world.rows("membership_changes", "person_id", "change", "at", "reason") == [
        (1, "entered", TUESDAY, "Last order is more than 30 days ago"),
        (2, "entered", TUESDAY, "Spend is at least €500"),
        (3, "left", TUESDAY, "Last order is more than 30 days ago"),
        (4, "left", TUESDAY, "Spend is at least €500"),
        (5, "left", TUESDAY, "no longer in the customer base"),
        (6, "entered", TUESDAY, "Spend is at least €500"),
    ]


def test_reasons_are_in_the_language_of_the_project(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP, languages=("fr", "en"))
    world.run(MONDAY, shop, profiles=people(p1=100))
    world.run(TUESDAY, shop, profiles=people(p1=500))
    assert world.rows("membership_changes", "reason") == [("Dépense est d'au moins 500\xa0€",)]


def test_somebody_new_who_is_in_because_she_did_nothing_is_told_as_new(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {"quiet": {"not": {"spend": {"at_least": "1 EUR"}}}})
    world.run(MONDAY, shop, profiles=people(p1=5))
    world.run(TUESDAY, shop, profiles=people(p1=5, p2=None))
    assert world.rows("membership_changes", "person_id", "reason") == [(2, "new in the customer base")]


def test_a_rule_that_was_changed_is_told_as_the_reason(world: World, tmp_path: Path) -> None:
    world.run(MONDAY, project(tmp_path, VIP), profiles=people(p1=600, p2=100))
    cheaper = project(tmp_path, {"vip": {"spend": {"at_least": "100 EUR"}}})
    world.run(TUESDAY, cheaper, profiles=people(p1=600, p2=100))
    assert world.rows("membership_changes", "person_id", "reason") == [(2, "the rule was changed")]


def test_what_was_not_known_before_or_was_of_another_type_was_unknown(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {"lyon": {"city": "Lyon"}, "viewers": {"did": "product_viewed"}})
    (activity,) = rules.activities(shop.segments["viewers"].who)
    before = project(tmp_path, {"lyon": {"city": {"known": False}}, "viewers": {"known": False}})
    world.run(MONDAY, before, columns={"city": "integer"}, profiles=[{"person_id": 1, "city": 69}])
    world.run(TUESDAY, shop, profiles=[{"person_id": 1, "city": "Lyon", activity.column: 1}])
    assert world.rows("membership_changes", "segment", "reason") == [
        ("lyon", "City is “Lyon”"), ("viewers", "Has viewed a product")]  # fmt: skip


def test_the_first_count_of_a_segment_makes_no_changes(world: World, tmp_path: Path) -> None:
    world.run(MONDAY, project(tmp_path, VIP), profiles=people(p1=600))
    both = {**VIP, "known_people": {"known": True}, "nobody": {"spend": {"less_than": "0 EUR"}}}
    world.run(TUESDAY, project(tmp_path, both), profiles=people(p1=600))
    assert world.rows("membership_changes", "segment") == []
    assert world.rows("memberships", "segment", "since") == [("known_people", TUESDAY), ("vip", MONDAY)]
    world.run(WEDNESDAY, project(tmp_path, both), profiles=people(p1=-1))  # nobody was counted yesterday, as 0
    assert world.rows("membership_changes", "segment", "change", "at") == [
        ("nobody", "entered", WEDNESDAY), ("vip", "left", WEDNESDAY)]  # fmt: skip


def test_a_second_run_of_a_day_compares_with_the_day_before_too(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP)
    world.run(MONDAY, shop, profiles=people(p1=600, p2=100, p3=600))
    world.run(TUESDAY, shop, profiles=people(p1=600, p2=500, p3=600))
    world.run(TUESDAY, shop, profiles=people(p1=100, p2=600, p3=600))  # a late file came in
    assert world.rows("membership_changes", "person_id", "change") == [(1, "left"), (2, "entered")]
    assert world.rows("memberships", "person_id", "since") == [(2, TUESDAY), (3, MONDAY)]
    world.run(TUESDAY, shop, profiles=people(p1=600, p2=100, p3=600))  # and was taken back
    assert world.rows("membership_changes", "person_id") == []
    assert world.rows("memberships", "person_id", "since") == [(1, MONDAY), (3, MONDAY)]


def test_a_run_with_nothing_new_changes_nothing_and_makes_nothing(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {**VIP, "best": {"in_segment": "vip"}})
    world.run(MONDAY, shop, profiles=people(p1=600))
    assert world.run(MONDAY, shop, profiles=people(p1=600)) is False
    world.run(TUESDAY, shop, profiles=people(p1=600, p2=900))
    assert world.run(TUESDAY, shop, profiles=people(p1=600, p2=900)) is False
    assert world.made == []


def test_days_before_stay_and_going_back_in_time_forgets_what_came_after(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP)
    world.run(MONDAY, shop, profiles=people(p1=100))
    world.run(TUESDAY, shop, profiles=people(p1=600))
    world.run(WEDNESDAY, shop, profiles=people(p1=100))
    assert world.rows("membership_changes", "at", "change") == [(TUESDAY, "entered"), (WEDNESDAY, "left")]
    world.run(TUESDAY, shop, profiles=people(p1=700))
    assert world.rows("membership_changes", "at", "change") == []
    assert world.rows("memberships", "person_id", "since") == [(1, TUESDAY)]


def test_a_day_counted_late_is_compared_with_the_day_before_it(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP)
    world.run(MONDAY, shop, profiles=people(p1=600, p2=100))
    world.run(WEDNESDAY, shop, profiles=people(p1=100, p2=600))
    world.run(TUESDAY, shop, profiles=people(p1=600, p2=500))
    for _ in range(2):
        assert world.rows("membership_changes", "person_id", "at", "change") == [(2, TUESDAY, "entered")]
        assert world.rows("memberships", "person_id", "since") == [(1, MONDAY), (2, TUESDAY)]
        assert world.run(TUESDAY, shop, profiles=people(p1=600, p2=500)) is False
    world.run(MONDAY, shop, profiles=people(p1=600, p2=100))  # before anything that is known
    assert world.rows("memberships", "person_id", "since") == [(1, MONDAY)]
    assert world.run(MONDAY, shop, profiles=people(p1=600, p2=100)) is False


def test_who_is_merged_into_another_stays_in_without_leaving(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, VIP)
    world.run(MONDAY, shop, profiles=people(p1=600, p2=100))
    world.run(TUESDAY, shop, profiles=people(p2=700), persons=[merged(1, into=2), living(2)])
    assert world.rows("memberships", "person_id", "since") == [(2, MONDAY)]
    assert world.rows("membership_changes", "person_id") == []


def test_segments_of_segments_see_those_they_look_into(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {
        "a_local_vip": {"all": [{"in_segment": "vip"}, {"city": "Lyon"}]},
        **VIP,
        "others": {"not": {"in_segment": ["a_local_vip", "vip"]}},
    })  # fmt: skip
    rows = [{"person_id": 1, "spend": 60000, "city": "Lyon"}, {"person_id": 2, "spend": 60000}, {"person_id": 3}]
    world.run(MONDAY, shop, profiles=rows)
    assert world.rows("memberships", "segment", "person_id") == [
        ("a_local_vip", 1), ("others", 3), ("vip", 1), ("vip", 2)]  # fmt: skip
    world.run(TUESDAY, shop, profiles=[{**rows[0], "spend": 0}, *rows[1:]])
    assert world.rows("membership_changes", "segment", "person_id", "change", "reason") == [
        ("a_local_vip", 1, "left", "Is in “Vip”"),
        ("others", 1, "entered", "Is not in “A_local_vip”"),
        ("vip", 1, "left", "Spend is at least €500"),
    ]


def test_segments_are_worked_out_in_steps_and_a_circle_is_refused(tmp_path: Path) -> None:
    known = {"known": True}
    of = project(tmp_path, {"c": {"in_segment": "b"}, "b": {"in_segment": "a"}, "a": known, "d": known})
    assert levels(of.segments) == [["a", "d"], ["b"], ["c"]]
    circle = project(tmp_path, {"a": {"in_segment": "b"}, "b": {"in_segment": "a"}})
    with pytest.raises(CycleError):
        levels(circle.segments)


def test_counts_and_overlaps(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {**VIP, "lyon": {"city": "Lyon"}, "nobody": {"city": "Atlantis"}})
    world.run(MONDAY, shop, profiles=[
        {"person_id": 1, "spend": 60000, "city": "Lyon"}, {"person_id": 2, "spend": 60000, "city": "Lille"},
        {"person_id": 3, "city": "Lyon"}, {"person_id": 4}, {"person_id": 5, "spend": 60000, "city": "Lyon"},
    ])  # fmt: skip
    assert world.rows("segment_counts", "segment", "people", "at") == [
        ("lyon", 3, MONDAY), ("nobody", 0, MONDAY), ("vip", 3, MONDAY)]  # fmt: skip
    assert world.rows("segment_overlaps", "segment", "other", "people") == [("lyon", "vip", 2), ("vip", "lyon", 2)]


def test_a_project_without_segments_has_none(world: World, tmp_path: Path) -> None:
    world.run(MONDAY, project(tmp_path, {}), profiles=people(p1=600))
    assert world.rows("memberships", "segment") == []
    assert world.rows("segment_counts", "segment") == []
    world.run(TUESDAY, project(tmp_path, VIP), profiles=people(p1=600))
    assert world.rows("memberships", "segment", "since") == [("vip", TUESDAY)]


def test_counts_of_what_people_did_are_read_from_the_profiles(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {"lookers": {"did": {"event": "product_viewed", "at_least": 2}}})
    (activity,) = rules.activities(shop.segments["lookers"].who)
    world.run(MONDAY, shop, profiles=[{"person_id": 1, activity.column: 1}, {"person_id": 2, activity.column: 2},
                                      {"person_id": 3, activity.column: None}])  # fmt: skip
    assert world.rows("memberships", "person_id") == [(2,)]


def test_why_says_each_condition_with_what_she_has(world: World, tmp_path: Path) -> None:
    shop = project(tmp_path, {
        **VIP,
        "lapsing": {"all": [{"in_segment": "vip"}, {"last_order": {"longer_ago_than": "30 days"}}]},
    })  # fmt: skip
    world.run(MONDAY, shop, profiles=[{"person_id": 1, "spend": 49999, "last_order": date(2026, 1, 15)}])
    world.run(TUESDAY, shop, profiles=[{"person_id": 1, "spend": 61250, "last_order": date(2026, 1, 15)}])
    with world.version() as version:
        found = why(version, shop, "lapsing", 1)
        french = why(version, shop, "vip", 1, "fr")
        with pytest.raises(KeyError):
            why(version, shop, "vip", 99)
    assert (found.inside, found.since, found.tipped, found.tipped_at) == (True, TUESDAY, "Is in “Vip”", TUESDAY)
    assert found.text == (
        "Is in it, because:\n✓ Is in “Vip”: in it\n✓ Last order is more than 30 days ago: January 15, 2026"
    )
    assert [(each.segment, each.inside) for each in found.through] == [("vip", True)]
    assert french.text == "En fait partie, car :\n✓ Dépense est d'au moins 500\xa0€ : 612,50\xa0€"
