"""Formulas in Python: SQL's arithmetic with its unknowns, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.profiles import arithmetic
from parcours.rules.expressions import parse

VALUES = {"a": 7, "b": 2, "x": 2.5, "none": None, "name": "Zoé", "yes": True}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("a + b * 2 - 1", 10),
        ("a / b", 3.5),
        ("a / 0", None),
        ("a / (b - 2)", None),
        ("-a % 4", -3),
        ("a % 0", None),
        ("a + none", None),
        ("coalesce(none, b)", 2),
        ("nullif(b, 2)", None),
        ("greatest(none, b, x)", 2.5),
        ("least(none, none)", None),
        ("round(x)", 3),
        ("round(-x)", -3),
        ("round(2.25, 1)", 2.3),
        ("floor(-x)", -3),
        ("ceil(x)", 3),
        ("abs(-x)", 2.5),
        ("case when a > 5 then 'big' else 'small' end", "big"),
        ("case b when 1 then 'one' when 2 then 'two' end", "two"),
        ("case when none > 1 then 1 end", None),
        ("yes and none", None),
        ("not yes and none", False),
        ("yes or none", True),
        ("a between 1 and 7", True),
        ("b in (1, 2)", True),
        ("b in (1, none)", None),
        ("none is null", True),
        ("a is not null", True),
        ("upper(name) || '!'", "ZOÉ!"),
        ("concat(name, none, '?')", "Zoé?"),
        ("cast(x as integer)", 3),
    ],
)
def test_a_formula(formula: str, value: Any) -> None:
    assert arithmetic.evaluate(parse(formula), VALUES) == value


@pytest.mark.parametrize("formula", ["regexp_matches(name, 'Z')", "name like 'Z%'", "split_part(name, 'o', 1)"])
def test_what_has_no_reading_in_python_is_no_formula(formula: str) -> None:
    assert arithmetic.strange(parse(formula)) is not None
