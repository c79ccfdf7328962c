"""Expressions: arithmetic over columns comes in, everything else stays out."""

from __future__ import annotations

import pytest

from parcours.rules import expressions
from parcours.rules.expressions import ExpressionFault, parse


@pytest.mark.parametrize(("text", "columns"), [
    ("= PRIX * QTE - REMISE", ("PRIX", "QTE", "REMISE")), ("customer.address.city", ("customer.address.city",)),
    ("items[].price * items[].qty", ("items[].price", "items[].qty")), ("items[0].sku", ("items[0].sku",)),
    ('lower("Customer ID")', ("Customer ID",)), ("CODE in ('POST', 'M')", ("CODE",)),
    ("'it''s items[].x' || b", ("b",)),
    ("case when a like 'C%' then -1 else 1 end", ("a",)), ("refunds[].id is not null", ("refunds[].id",)),
    ("cast(a as number) > 1 and not b = 'x'", ("a", "b")), ("regexp_matches(a, '^C') -- why", ("a",)),
    ("coalesce(a, 0) between 1 and 2 or b is null", ("a", "b")), ("lower(Désignation)", ("Désignation",)),
])  # fmt: skip
def test_columns_of_an_expression_are_named_as_the_source_names_them(text: str, columns: tuple[str, ...]) -> None:
    assert expressions.columns(parse(text)) == columns


@pytest.mark.parametrize("text", [
    "(select 1)", "a in (select b from c)", "read_csv('/etc/passwd')", "getenv('HOME')", "a; drop table b",
    "exists (select 1)", "count(a)", "sum(a) over ()", "x -> y", "$1", ":a", "*", "t.*", "a = ", "interval 1 day",
    "{'a': 1}", "[1, 2]", "f(a)",
    "cast(a as int[])", "cast(a as json)", "random()", "a = any(select 1)", "", "=", "a, b", "x" * 5000,
    "copy_database('a')", "pg_read_file('a')", "current_user", "getvariable('a')", "a::blob",
])  # fmt: skip
def test_nothing_else_comes_in(text: str) -> None:
    with pytest.raises(ExpressionFault):
        parse(text)


def test_a_function_that_is_nearly_one_of_ours_is_named() -> None:
    with pytest.raises(ExpressionFault, match="Did you mean 'lower'"):
        parse("lowr(a)")
