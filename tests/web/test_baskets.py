"""What the report says of the next baskets."""

from __future__ import annotations

from dataclasses import replace

from parcours.web.report import render

from .example import FOUND, SHOP
from .test_report import read


def test_a_basket_names_the_customer_by_id_and_says_why_in_words() -> None:
    text = read(FOUND)
    assert "The basket of per_00000000000000a1" in text
    assert "Milk every 4 days; the last time 5 days ago 97%" in text
    assert "Bread on 12 of the last 84 days 90%" in text
    assert "Butter goes with Bread 20%" in text
    assert "Eggs new to them; 25.0% of the customers bought it lately 10%" in text


def test_the_section_says_how_good_the_baskets_are_beside_the_plain_method() -> None:
    assert "47.1% of the places were bought; what each customer had bought most often would have given 45.2%." in read(
        FOUND
    )
    assert "47,1 % des places ont été achetées" in read(FOUND, "fr")
    (one,) = FOUND.baskets
    assert "here is what each customer bought most often (45.2%)" in read(
        replace(FOUND, baskets=(replace(one, kept=False),))
    )


def test_without_baskets_there_is_no_section() -> None:
    assert 'id="baskets"' not in render(SHOP) and 'id="baskets"' in render(FOUND)
