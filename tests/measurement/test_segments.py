from __future__ import annotations

from datetime import date

from parcours.measurement.figures import Overlap
from tests.measurement.conftest import AS_OF, Count, Row
from tests.measurement.shop import ADA, BOB, CYD, DAN, TABLES

FILES = {
    f"segments/{name}.yaml": f"""
        segment: {name}
        title: {{en: {en}, fr: {fr}}}
        who: {{did: {{order: any}}}}
        """
    for name, en, fr in (("best", "Our best", "Nos meilleurs"), ("card", "Card holders", "Porteurs de carte"))
} | {"segments/nobody.yaml": "segment: nobody\nwho: {did: {order: any}}\n"}


def members(segment: str, *people: int) -> list[Row]:
    return [{"segment": segment, "person_id": person, "since": AS_OF} for person in people]


MEMBERS = [*members("best", ADA), *members("card", ADA, BOB, DAN)]
BOTH_WAYS = [
    {"segment": "best", "other": "card", "people": 1},
    {"segment": "card", "other": "best", "people": 1},
]


def test_segments_are_told_with_their_people_and_revenue_largest_first(count: Count) -> None:
    figures = count(**TABLES, memberships=MEMBERS, segment_overlaps=BOTH_WAYS, files=FILES)
    assert [(one.name, one.people, one.revenue) for one in figures.segments] == [
        ("card", 3, 11500),  # Ada 100, Bob 15, Dan nothing
        ("best", 1, 10000),
        ("nobody", 0, 0),
    ]
    assert figures.segments[0].title.in_("fr") == "Porteurs de carte"  # type: ignore[union-attr]
    assert figures.overlaps == (Overlap("best", "card", 1),)


def test_who_came_and_went_is_counted_on_the_day_of_the_report_only(count: Count) -> None:
    changes = [
        {"segment": "card", "person_id": BOB, "change": "entered", "at": AS_OF},
        {"segment": "card", "person_id": CYD, "change": "left", "at": AS_OF},
        {"segment": "card", "person_id": DAN, "change": "entered", "at": date(2026, 3, 30)},
    ]
    before = [{"segment": name, "people": 3, "at": date(2026, 3, 30)} for name in ("card", "nobody")]
    figures = count(
        **TABLES, memberships=MEMBERS, membership_changes=changes, segment_counts_before=before, files=FILES
    )
    moves = {one.name: (one.entered, one.left) for one in figures.segments}
    # `best` is new: there is no count to compare it with
    assert moves == {"card": (1, 1), "nobody": (0, 0), "best": (None, None)}


def test_the_first_count_of_all_has_nothing_to_compare_with(count: Count) -> None:
    figures = count(**TABLES, memberships=MEMBERS, files=FILES)
    assert {one.entered for one in figures.segments} == {None}


def test_a_project_without_segments_has_none(count: Count) -> None:
    figures = count(**TABLES)
    assert (figures.segments, figures.overlaps) == ((), ())
