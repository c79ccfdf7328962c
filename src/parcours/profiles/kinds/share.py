"""Which part of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.profiles.by_value import ByValue
from parcours.profiles.facts import subjects
from parcours.profiles.numbers import ratio, total
from parcours.profiles.over_facts import AMOUNTS, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.selection import Row
from parcours.profiles.sheet import Sheet
from parcours.project.known import Complaint, Known
from parcours.rules.rule import Rule


@kind("share", of="attribute")
@dataclass(frozen=True)
class Share(ByValue):
    """A part of a whole, between 0 and 1: what is bought on the web, the discount in what was paid, the first category.

    `of: orders, part: {channel: web}` is the share of orders on the web (`of: orders.net_amount` of their amount);
    `of: order_lines.discount_amount, out_of: gross_amount` one amount in another; `of: order_lines.category_1,
    by: net_amount` the part of the favourite category. A share of nothing is unknown.
    """

    part: Rule | None = setting(None, doc="The facts that make up the part.")
    out_of: str | None = setting(None, doc="The column whose sum is the whole, when that of `of` is the part.")

    needs_column: ClassVar[bool] = False

    @property
    def usual_counting(self) -> str:
        amounts = self.by is not None or (self.column and (self.part is not None or self.out_of is not None))
        return "completed" if amounts else "purchases"

    def __post_init__(self) -> None:
        if self.part is not None and (self.out_of is not None or self.by is not None):
            raise ValueError("'part' stands without 'out_of' and 'by'")
        if self.out_of is not None and self.by is not None:
            raise ValueError("'out_of' and 'by' are two ways to say the whole: keep one")
        if self.part is None and not self.column:
            raise ValueError("a share needs 'part', or a column after 'of'")

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("number", "share")

    def check(self, known: Known) -> Iterator[Complaint]:
        complaints = list(super().check(known))
        yield from complaints
        if complaints:
            return
        yield from self.check_rule("part", self.part, known)
        if self.out_of is not None:
            yield from self.check_column("out_of", self.out_of, AMOUNTS)
        if self.column and (self.part is not None or self.out_of is not None):
            yield from self.check_column("of", self.column, AMOUNTS)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        if self.part is not None:
            fitted = self.fitted(self.part)
            assert fitted is not None
            return ratio(self._sum(sheet, fitted), self._sum(sheet))
        if self.out_of is not None:
            return ratio(sheet.total(self.chosen, self.column), sheet.total(self.chosen, self.out_of))
        return ratio(*sheet.favourite_share(self.chosen, self.column, self.by))

    def _sum(self, sheet: Sheet, *also: Rule) -> exp.Expression:
        chosen = self.chosen.also(*also)
        some = sheet.total(chosen, self.column) if self.column else sheet.count(chosen)
        return exp.Coalesce(this=some, expressions=[exp.Literal.number(0)])

    def for_person(self, facts: PersonFacts) -> float | None:
        part, whole = self._part_and_whole(facts)
        return part / whole if whole > 0 else None

    def _part_and_whole(self, facts: PersonFacts) -> tuple[int, int]:
        rows = facts.chosen(self.chosen)
        if self.part is not None:
            fitted = self.fitted(self.part)
            assert fitted is not None
            return self._of(facts.chosen(self.chosen.also(fitted)), self.column), self._of(rows, self.column)
        if self.out_of is not None:
            known = [row for row in rows if row[self.column] is not None]
            return self._of(known, self.column), self._of(rows, self.out_of) if known else 0
        amounts = [self.amount(group) for group in facts.groups(self.chosen, self.column).values()]
        positive = [amount for amount in amounts if amount > 0]
        return max(positive, default=0), sum(positive)

    def _of(self, rows: list[Row], column: str) -> int:
        return total((row[column] for row in rows), subjects(self.table)[column].type) if column else len(rows)
