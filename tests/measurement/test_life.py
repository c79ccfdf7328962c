from __future__ import annotations

from datetime import date

from parcours.measurement.figures import Band, Cell, Move, Rfm
from tests.measurement.conftest import Count
from tests.measurement.shop import ADA, BOB, CYD, DAN, TABLES

STAGES = [
    {"person_id": ADA, "rfm_r": 3, "rfm_f": 4, "rfm_m": 5, "life_cycle": "cooling"},
    {"person_id": BOB, "rfm_r": 1, "rfm_f": 1, "rfm_m": 1, "life_cycle": "lost"},
    {"person_id": CYD, "rfm_r": 5, "rfm_f": 1, "rfm_m": 3, "life_cycle": "active"},
]
# Bought once or twice: both are in the lowest fifth that there is; three times is in the fourth.
BOUNDS = [
    {"measure": "recency", "score": 1, "at_least": -330},
    {"measure": "recency", "score": 3, "at_least": -284},
    {"measure": "recency", "score": 5, "at_least": -30},
    {"measure": "frequency", "score": 1, "at_least": 1},
    {"measure": "frequency", "score": 4, "at_least": 3},
    {"measure": "money", "score": 1, "at_least": 1500},
    {"measure": "rhythm", "score": 0, "at_least": 47},
]


def test_stages_are_told_in_the_order_of_a_life(count: Count) -> None:
    figures = count(**TABLES, stages=STAGES, stage_bounds=BOUNDS)
    assert [(one.name, one.people, one.revenue) for one in figures.stages] == [
        ("new", 0, 0),
        ("active", 1, 6000),
        ("loyal", 0, 0),
        ("cooling", 1, 10000),
        ("sleeping", 0, 0),
        ("lost", 1, 1500),
    ]
    assert figures.rhythm == 47


def test_a_stage_is_called_what_its_segment_is_called(count: Count) -> None:
    file = """
        segment: life_cooling
        title: {en: Getting cold, fr: Se refroidissent}
        group: life_cycle
        who: {did: {order: any}}
        """
    figures = count(**TABLES, stages=STAGES, stage_bounds=BOUNDS, files={"segments/life_cooling.yaml": file})
    titles = {one.name: one.title.in_("fr") if one.title else None for one in figures.stages}
    assert (titles["cooling"], titles["lost"]) == ("Se refroidissent", None)
    assert figures.segments == ()  # shown as a stage, not twice


def test_bands_join_on_to_one_another_and_the_outermost_are_open(count: Count) -> None:
    rfm = count(**TABLES, stages=STAGES, stage_bounds=BOUNDS).rfm
    assert rfm == Rfm(
        recency=(Band(0, 30), Band(31, 284), Band(285)),
        frequency=(Band(1, 2), Band(3)),
        cells=(Cell(2, 0, 1, 1500), Cell(1, 1, 1, 15000), Cell(0, 0, 1, 10000)),
    )


def test_without_customers_there_is_no_stage_and_no_band(count: Count) -> None:
    figures = count()
    assert (figures.stages, figures.rhythm, figures.rfm) == ((), None, Rfm())


BEFORE = {"segment_counts_before": [{"segment": "customers", "people": 3, "at": date(2026, 3, 28)}]}


def test_who_moved_between_stages_since_the_count_before(count: Count) -> None:
    before = [{"person_id": person, "life_cycle": stage} for person, stage in ((ADA, "loyal"), (BOB, "lost"))]
    figures = count(**TABLES, **BEFORE, stages=STAGES, stage_bounds=BOUNDS, stages_before=before)
    assert figures.moved_since == date(2026, 3, 28)
    # Ada went cold, Bob stayed lost, Cyd bought for the first time
    assert set(figures.moves) == {Move("loyal", "cooling", 1), Move(None, "active", 1)}
    told = {one.name: (one.entered, one.left) for one in figures.stages}
    assert (told["cooling"], told["loyal"], told["active"], told["lost"]) == ((1, 0), (0, 1), (1, 0), (0, 0))


def test_who_was_merged_has_not_moved(count: Count) -> None:
    persons = [{**row, "merged_into": None} for row in TABLES["persons"] if row["person_id"] != DAN]
    persons.append({"person_id": DAN, "known": True, "records": 0, "merged_into": ADA})
    before = [{"person_id": person, "life_cycle": stage}
              for person, stage in ((ADA, "cooling"), (BOB, "lost"), (CYD, "active"), (DAN, "new"))]  # fmt: skip
    tables = {**TABLES, "persons": persons}
    figures = count(**tables, **BEFORE, stages=STAGES, stage_bounds=BOUNDS, stages_before=before)
    assert (figures.moves, figures.moved_since) == ((), date(2026, 3, 28))


def test_the_first_count_of_stages_has_nothing_to_compare_with(count: Count) -> None:
    figures = count(**TABLES, stages=STAGES, stage_bounds=BOUNDS)
    assert (figures.moves, figures.moved_since) == ((), None)
    assert {(one.entered, one.left) for one in figures.stages} == {(None, None)}
