"""One attribute from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from parcours.model.kind import kind, setting
from parcours.profiles import arithmetic
from parcours.profiles.numbers import as_whole, whole
from parcours.profiles.over_facts import Result
from parcours.profiles.person import PersonFacts
from parcours.profiles.sheet import Sheet
from parcours.project.known import Complaint, Known
from parcours.rules import expressions
from parcours.rules.fit import nearest


@kind("formula", of="attribute")
@dataclass(frozen=True)
class Formula:
    """A calculation over other attributes: `returned_amount / nullif(spend + returned_amount, 0)`.

    What is divided by zero is unknown, and so is what is calculated from something unknown (`coalesce(x, 0)` says what
    to take instead). A whole number is rounded, halves away from zero.
    """

    value: exp.Expression = setting(doc="The calculation, over the names of other attributes.")
    type: str = setting("number", doc="What it gives.", choices=("number", "integer", "text", "boolean", "date"))
    unit: str = setting("", doc="Its unit, for screens and rules.", choices=("", "money", "share", "days"))

    @property
    def uses(self) -> tuple[str, ...]:
        """The other attributes this one is worked out from."""
        return expressions.columns(self.value)

    def __post_init__(self) -> None:
        if self.unit == "money" and self.type != "integer":
            raise ValueError("money is in whole minor units: write 'type: integer'")
        strange = arithmetic.strange(self.value)
        if strange is not None:
            raise ValueError(
                f"{strange} may not stand in a formula: it takes + - * / %, comparisons, case, "
                "coalesce, nullif, abs, round, floor, ceil, greatest, least, concat, lower, upper"
            )

    def result(self, attributes: Mapping[str, Result]) -> Result:
        return Result(self.type, self.unit)

    def check(self, known: Known) -> Iterator[Complaint]:
        for name in self.uses:
            if name not in known.attributes:
                yield Complaint("value", f"no attribute {name!r}.", nearest(name, known.attributes))

    def over_table(self, sheet: Sheet) -> exp.Expression:
        tree = arithmetic.safe(self.value)
        return as_whole(tree) if self.type == "integer" else tree

    def for_person(self, facts: PersonFacts) -> Any:
        found = arithmetic.evaluate(self.value, facts.values)
        return whole(found) if self.type == "integer" and found is not None else found

    def facts_used(self, facts: PersonFacts) -> int:
        """A formula looks at no fact itself."""
        return 0
