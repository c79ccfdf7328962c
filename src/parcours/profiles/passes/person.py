"""All measures of one table that are one aggregate a person, in one reading of the table."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from parcours.profiles.facts import FactTable
from parcours.profiles.passes.measure import Conditions, Measure, add, bounds, common_to, joined, person, reads


@dataclass
class PersonPass:
    """One reading of a table for every count, sum, first and last asked of it."""

    facts: FactTable
    measures: dict[str, Measure] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def columns(self) -> list[str]:
        return list(self.measures)

    @property
    def reads(self) -> tuple[str, ...]:
        return reads(self.facts, self.needed)

    def add(self, aggregate: exp.Expression, conditions: Conditions) -> exp.Column:
        """The column of an aggregate over the facts that meet these conditions."""
        return exp.column(add(self.measures, Measure(aggregate, conditions), self.name))

    def prepare(self) -> dict[str, exp.Query]:
        return {}

    def conditions(self) -> list[Conditions]:
        return [measure.conditions for measure in self.measures.values()]

    def query(self) -> exp.Query:
        common = common_to(self.conditions())
        chosen = [exp.alias_(measure.beside(common), name) for name, measure in self.measures.items()]
        rows = joined(self.facts, self.needed).where(*bounds(self.facts, self.conditions()))
        return rows.select(person(), *chosen).group_by(person()).order_by("person_id")

    @property
    def needed(self) -> list[exp.Expression]:
        trees = [tree for conditions in self.conditions() for tree in conditions.values()]
        return trees + [measure.aggregate for measure in self.measures.values()]
