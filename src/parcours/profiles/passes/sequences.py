"""What was followed by what, for segments that ask: the rules make the query, the profile keeps the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from parcours.profiles.passes.measure import Conditions
from parcours.rules.activity_table import activities_sql, tables_read
from parcours.rules.moment import Moment
from parcours.rules.rule import Followed


@dataclass(frozen=True)
class SequencePass:
    """All sequences that segments ask for: one column of counts each."""

    sequences: Sequence[Followed]
    moment: Moment
    name: str = "sequences"

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(each.column for each in self.sequences))

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(table for table in tables_read(self.sequences) if table != "record_persons")

    @property
    def needed(self) -> list[exp.Expression]:
        return []

    def prepare(self) -> dict[str, exp.Query]:
        return {}

    def conditions(self) -> list[Conditions]:
        # a row may count one day and no longer the next for what came after it: no condition on one row says so
        return []

    def query(self) -> exp.Query:
        return activities_sql(self.sequences, self.moment).order_by("person_id")
