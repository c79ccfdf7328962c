"""What the report says of segments found, priorities, due lists, and forecasts that came true."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from parcours.measurement.discovered import Discovered
from parcours.web.report import render

from .example import FOUND, SHOP
from .test_report import read


def test_segments_found_are_called_by_what_people_do_in_words() -> None:
    assert "Buy often, high loyal days d1" in read(FOUND)
    assert "Achètent souvent, jours fidèles au-dessus de la moyenne d1" in read(FOUND, "fr")
    assert "2 segments were found in how customers behave" in read(FOUND)


def test_a_priority_says_who_decided_otherwise_and_why() -> None:
    text = read(FOUND)
    assert "Decided by hand (Secure by the sums): the new range (Ann)" in text
    assert "Décidé à la main (Sécuriser d’après le calcul) : the new range (Ann)" in read(FOUND, "fr")


def test_moves_between_two_discoveries_are_a_table_with_who_stayed() -> None:
    # 36,000 + 54,000 of 91,000 who were in a segment both times
    assert "Of the customers of both runs, 98.9% are where they were" in read(FOUND)
    assert "d2 Passing by 55,000" in read(FOUND)


def test_why_so_many_segments_and_who_asked_for_what() -> None:
    text = read(FOUND)
    assert "2 segments taken: the most that are stable and large enough" in text
    assert "stores: they ask each week" in text


def test_each_segment_has_its_sheet_in_the_report() -> None:
    page = render(FOUND)
    assert len(re.findall(r'<article class="sheet"', page)) == 2
    assert "came from" in read(FOUND).lower()


def test_nothing_found_says_what_is_missing() -> None:
    missing = {"code": "too_few_people", "needed": 300.0, "found": 12.0}
    text = read(replace(SHOP, discovered=Discovered(missing=missing)))
    assert "No segments were found: too few customers: 300 are needed, 12 are there." in text
    assert "Segments found" not in read(SHOP)


@pytest.mark.parametrize(("language", "said"), [("en", "1,200 customers are due"), ("fr", "1 200 clients arrivent")])
def test_the_due_list_names_customers_by_their_ids_only(language: str, said: str) -> None:
    text = read(FOUND, language)
    assert said in text and "per_00000000000000a1 Coffee" in text


def test_a_forecast_that_is_past_is_held_against_what_happened() -> None:
    text = read(FOUND)
    # 100 x .5 + 100 x .1 foreseen, 40 + 20 happened; the first tenth did it .4 / .3 times as often
    assert "Of 200 customers asked about on 1 December 2025, 60 were foreseen to do it, 60 did." in text
    assert "The first tenth did it 1.3 times as often as everybody; shares lie 10.0 pts apart in the mean." in text
    assert "On the time held back: of 100 customers, 30 were foreseen to do it, 30 did." in text
