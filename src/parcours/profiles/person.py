"""One person's facts, for reading attributes without any table: what decisions by the second and `explain` use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parcours.profiles.facts import BEGINNING
from parcours.profiles.selection import Row, Selection
from parcours.rules.moment import Moment


@dataclass
class PersonFacts:
    """The rows that speak of one person, by table, and the attributes read so far.

    A row has the columns of `facts.subjects`: its own, those of the product and store it names, `hour` and `weekday`.
    """

    rows: Mapping[str, Sequence[Row]]
    moment: Moment
    values: dict[str, Any] = field(default_factory=dict)

    def chosen(self, selection: Selection, *columns: str | None) -> list[Row]:
        """The facts of a selection that have a value in each of these columns."""
        found = selection.among(self.rows.get(selection.facts.name, ()), self.moment)
        return [row for row in found if all(row[column] is not None for column in columns if column)]

    def by_time(self, selection: Selection, column: str) -> list[Any]:
        """The known values of a column, the oldest fact's first."""
        facts = selection.facts

        def age(row: Row) -> tuple[datetime, int]:
            time = row[facts.time] if facts.time else None
            if time is None and facts.time_else:
                time = row[facts.time_else]
            return (time or BEGINNING, row[facts.row] if facts.row else 0)

        return [row[column] for row in sorted(self.chosen(selection, column), key=age)]

    def groups(self, selection: Selection, key: str) -> dict[Any, list[Row]]:
        """The facts of a selection by the values of a column."""
        found: dict[Any, list[Row]] = {}
        for row in self.chosen(selection, key):
            found.setdefault(row[key], []).append(row)
        return found


def newest_second(rows: Sequence[Row], time: str) -> int:
    """The second of the newest of some facts, counted from 1970."""
    known = [row[time] for row in rows if row[time] is not None]
    return int((max(known, default=BEGINNING) - BEGINNING).total_seconds() // 1)
