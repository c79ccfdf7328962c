"""What the report says of the lists that would be shown."""

from __future__ import annotations

from dataclasses import replace

from parcours.measurement.shown import WhatIsShown
from parcours.web.report import render

from .example import FOUND, SHOP
from .test_report import read


def test_a_list_names_the_customer_by_id_and_each_article_has_its_reason() -> None:
    text = read(FOUND)
    assert "1,500 customers would each see a list of their own, from 400 articles." in text
    assert "Recommended – to per_00000000000000a1" in text
    assert "1. Milk bought on 7 days" in text
    assert "2. Butter goes with Bread, which was bought" in text
    assert "3. Oolong new in Tea" in text
    assert "Milk Cream, Butter bought by the same customers" in text


def test_what_to_know_of_the_data_is_said_in_both_languages() -> None:
    assert "3 counts of the stock are below zero" in read(FOUND)
    assert "comptages de stock sont négatifs" in read(FOUND, "fr")


def test_without_lists_there_is_no_section() -> None:
    assert 'id="shown"' not in render(SHOP) and 'id="shown"' in render(FOUND)
    assert 'id="shown"' not in render(replace(FOUND, shown=WhatIsShown()))
