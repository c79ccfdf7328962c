"""Did the forecast come true: tenths of the people, counted by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from parcours.scores import checks

FORESEEN = pa.table(
    {
        "person_id": [5, 1, 2, 3, 4],
        "probability": [0.9, 0.7, 0.2, 0.1, 0.3],
        "decile": [1, 1, 2, 2, 2],
    }
)


def happened(**did: int) -> pa.Table:
    people = {int(name[1:]): value for name, value in did.items()}
    return pa.table(
        {"person_id": pa.array(list(people), pa.int64()), "did": pa.array(list(people.values()), pa.int64())}
    )


def test_each_tenth_has_what_was_foreseen_and_what_happened() -> None:
    found = checks.came_true(FORESEEN, happened(p1=1, p2=0, p3=0, p4=1, p5=1))
    assert found.column("decile").to_pylist() == [1, 2]
    assert found.column("people").to_pylist() == [2, 3]
    assert found.column("predicted").to_pylist() == pytest.approx([0.8, 0.2])
    assert found.column("actual").to_pylist() == pytest.approx([1.0, 1 / 3])


def test_who_is_not_known_any_more_is_left_out_and_who_is_new_too() -> None:
    found = checks.came_true(FORESEEN, happened(p9=1, p5=0, p4=1))
    assert found.column("people").to_pylist() == [1, 1]
    assert found.column("actual").to_pylist() == [0.0, 1.0]


def test_nothing_known_is_no_row() -> None:
    assert checks.came_true(FORESEEN, happened()).num_rows == 0
    assert checks.came_true(FORESEEN.slice(0, 0), happened(p1=1)).num_rows == 0


def test_lift_is_how_many_times_the_average_a_tenth_did_it() -> None:
    found = checks.came_true(FORESEEN, happened(p1=1, p2=0, p3=0, p4=1, p5=1))
    # three of five did it: .6 on average
    assert checks.lift(found).tolist() == pytest.approx([1 / 0.6, 1 / 3 / 0.6])


def test_lift_of_what_nobody_did_is_not_a_number() -> None:
    assert np.isnan(checks.lift(checks.came_true(FORESEEN, happened(p1=0, p2=0)))).all()


def test_the_error_weighs_each_tenth_by_its_people() -> None:
    found = checks.came_true(FORESEEN, happened(p1=1, p2=0, p3=0, p4=1, p5=1))
    assert checks.error(found) == pytest.approx((2 * 0.2 + 3 * (1 / 3 - 0.2)) / 5)
