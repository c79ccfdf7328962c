"""Which facts an attribute looks at: rows of one table for which every one of some rules holds.

The same rules are read over the table (as conditions of SQL) and for one person (row by row), so that both readings
look at the same facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from parcours.profiles.facts import FactTable, reach, subjects
from parcours.rules.for_person import row_test
from parcours.rules.moment import Moment
from parcours.rules.over_table import over_table
from parcours.rules.rule import AllOf, Rule

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """Facts of one table for which every rule holds."""

    facts: FactTable
    rules: tuple[Rule, ...]

    def also(self, *rules: Rule) -> Selection:
        """The same facts, narrowed by more rules."""
        return replace(self, rules=(*self.rules, *rules))

    def conditions(self, moment: Moment) -> dict[str, exp.Expression]:
        """The conditions a row must meet, apart (by their text, so that equal ones of several selections meet)."""
        types = {name: subject.type for name, subject in subjects(self.facts.name).items()}
        tree = over_table(
            AllOf(self.rules), types, moment, column=lambda name: reach(self.facts.name, name, moment.zone)
        )
        return {part.sql("duckdb"): part for part in _apart(tree)}

    def among(self, rows: Iterable[Row], moment: Moment) -> list[Row]:
        """Those rows that are among the facts."""
        holds = row_test(AllOf(self.rules), moment)
        return [row for row in rows if holds(row)]


def _apart(tree: exp.Expression) -> Iterator[exp.Expression]:
    """The conditions that must all hold. At this level, unknown and false both leave a row out."""
    if isinstance(tree, exp.Paren):
        yield from _apart(tree.this)
    elif isinstance(tree, exp.And):
        yield from _apart(tree.left)
        yield from _apart(tree.right)
    elif isinstance(tree, exp.Coalesce) and tree.expressions == [exp.false()]:
        yield from _apart(tree.this)
    elif tree != exp.true():
        yield exp.paren(tree, copy=False) if isinstance(tree, exp.Or) else tree
