"""How often it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.profiles.numbers import ratio
from parcours.profiles.over_facts import ANY, OverFacts, Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.selection import Selection
from parcours.profiles.sheet import Sheet
from parcours.project.known import Complaint, Known
from parcours.rules.rule import Rule


@kind("rate", of="attribute")
@dataclass(frozen=True)
class Rate(OverFacts):
    """Of the things that one fact says happened, how many had another: messages delivered that were opened.

    Things are told apart by the column in `each` (a message opened twice is one message opened); without `each` facts
    are counted as they are. A rate of nothing is unknown.
    """

    out_of: Rule = setting(doc="The facts that make a thing count: `{event: delivered}`.")
    part: Rule = setting(doc="The facts that make it a success: `{event: opened}`.")
    each: str | None = setting(None, doc="The column that tells one thing from another: `message_id`.")

    needs_column: ClassVar[bool] = False

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result("number", "share")

    def check(self, known: Known) -> Iterator[Complaint]:
        complaints = list(super().check(known))
        yield from complaints
        if complaints:
            return
        yield from self.check_rule("out_of", self.out_of, known)
        yield from self.check_rule("part", self.part, known)
        if self.each is not None:
            yield from self.check_column("each", self.each, ANY)

    def over_table(self, sheet: Sheet) -> exp.Expression:
        whole, part = self._both()
        if self.each is not None:
            return ratio(*sheet.things(whole, self.each, part))
        some = exp.Coalesce(this=sheet.count(part), expressions=[exp.Literal.number(0)])
        return ratio(some, sheet.count(whole))

    def for_person(self, facts: PersonFacts) -> float | None:
        whole, part = self._both()
        if self.each is None:
            wholes: Any = range(len(facts.chosen(whole)))
            parts: Any = range(len(facts.chosen(part)))
            return len(parts) / len(wholes) if wholes else None
        things, good = facts.groups(whole, self.each).keys(), facts.groups(part, self.each).keys()
        return len(things & good) / len(things) if things else None

    def _both(self) -> tuple[Selection, Selection]:
        rules = [self.fitted(rule) for rule in (self.out_of, self.part)]
        return self.chosen.also(rules[0] or self.out_of), self.chosen.also(rules[1] or self.part)
