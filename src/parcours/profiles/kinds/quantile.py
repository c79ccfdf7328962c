"""The middle one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.model.value import Share as ShareOf
from parcours.profiles.numbers import as_number, as_whole, whole
from parcours.profiles.over_facts import AMOUNTS, OverFacts, Result
from parcours.profiles.passes.ranked import at
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet


@kind("quantile", of="attribute")
@dataclass(frozen=True)
class Quantile(OverFacts):
    """The value that so large a share of the facts stays below: the median basket, the basket of a big day.

    Between two values it is interpolated on a line, as spreadsheets do (Hyndman and Fan's definition 7).
    """

    at: ShareOf = setting(ShareOf(0.5), doc="The share that stays below: `50 %` is the median, `90 %` a high value.")

    column_types: ClassVar[Collection[str]] = AMOUNTS

    def __post_init__(self) -> None:
        if not 0 <= self.at.value <= 1:
            raise ValueError("'at' is a share between 0 and 1")

    def result(self, attributes: Mapping[str, Result]) -> Result:
        money = self.found_in.unit == "money"
        return Result("integer", "money") if money else Result("number")

    def over_table(self, sheet: Sheet) -> exp.Expression:
        share = exp.cast(exp.Literal.string(repr(self.at.value)), "double")
        last = exp.paren(exp.Sub(this=exp.column("among"), expression=exp.Literal.number(1)), copy=False)
        here = exp.Mul(this=share, expression=as_number(last))
        below, above = (as_number(at(_place(end(this=here.copy())))) for end in (exp.Floor, exp.Ceil))
        step = exp.paren(exp.Sub(this=above, expression=below.copy()), copy=False)
        rest = exp.paren(exp.Max(this=exp.Sub(this=here.copy(), expression=exp.Floor(this=here.copy()))), copy=False)
        between = exp.Add(this=below, expression=exp.Mul(this=step, expression=rest))
        column = sheet.ranked(self.chosen, self.column, between)
        return as_whole(column) if self.found_in.unit == "money" else column

    def for_person(self, facts: PersonFacts) -> float | None:
        values = sorted(row[self.column] for row in facts.chosen(self.chosen, self.column))
        if not values:
            return None
        here = self.at.value * (len(values) - 1)
        below, above = float(values[math.floor(here)]), float(values[math.ceil(here)])
        between = below + (above - below) * (here - math.floor(here))
        return whole(between) if self.found_in.unit == "money" else between


def _place(position: exp.Expression) -> exp.Expression:
    """The place, from 1, of a position from 0."""
    return exp.Add(this=exp.cast(position, "bigint"), expression=exp.Literal.number(1))
