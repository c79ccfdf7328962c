"""The next article of a visit: what similar visits went on to, the nearest and the rare first."""

from __future__ import annotations

import numpy as np

from parcours.scores.recommendations.sessions import Visits, learn

VISITS = [[1, 2, 3], [1, 2, 3], [1, 2, 4], [7, 8], [7, 8], [9, 1]]


def learned() -> Visits:
    visit = np.repeat(np.arange(len(VISITS)), [len(each) for each in VISITS])
    return learn(visit, np.concatenate([np.array(each) for each in VISITS]))


def test_what_similar_visits_went_on_to_is_foreseen() -> None:
    visits = learned()
    found = visits.next_items_of([1, 2])
    assert set(found[:2]) <= {1, 2, 3} and found.index(3) < found.index(4)
    assert set(visits.next_items_of([7])) == {7, 8}


def test_unknown_clicks_foresee_nothing_and_are_passed_over_beside_known_ones() -> None:
    visits = learned()
    assert visits.next_items_of([99]) == []
    assert visits.next_items_of([99, 7]) == visits.next_items_of([7])


def test_the_same_clicks_give_the_same_answer_and_no_more_than_asked() -> None:
    assert learned().next_items_of([1], at_most=2) == learned().next_items_of([1], at_most=2)
    assert len(learned().next_items_of([1], at_most=2)) == 2
