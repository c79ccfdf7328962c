"""Who ever said no: so few of all people that a process keeps them, and need not ask the ledger for all the others.

Only of purposes that need no yes. Who said no once may have said yes since: of them the ledger is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from parcours.consent.declared import Declared
from parcours.consent.ledger import Statement
from parcours.state import queries

_QUERIES = queries("consent")
_AGAIN = timedelta(minutes=1)  # what was written down so long ago may have come into sight only now
_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


@dataclass
class Refusals:
    """The people, and the hashes of identifiers, that said no to a purpose or to what ends it."""

    declared: Declared
    _said: dict[str, set[int]] = field(default_factory=dict)
    _since: datetime = _EVER
    _publication: int | None = None
    _read: bool = False

    def nobody(self, purpose: str, numbers: Iterable[int]) -> bool:
        """Whether surely none of these people and hashes said no to a purpose that needs no yes."""
        allowance = self.declared.purposes[purpose].on(None) if purpose in self.declared.purposes else None
        if not self._read or allowance is None or allowance.needs == "consent":
            return False
        return self._said.get(purpose, set()).isdisjoint(numbers)

    def hear(self, statements: Iterable[Statement]) -> None:
        """Takes what was just said to this process."""
        for one in statements:
            if one.state != "granted":
                self._add(one.purpose, (one.person, one.subject))

    async def renew(self, connection: psycopg.AsyncConnection) -> None:
        """Reads what was said since it was last read, and what a newer publication tells."""
        async with connection.cursor(row_factory=dict_row) as cursor:
            values: dict[str, Any] = {"since": self._since - _AGAIN, "publication": self._publication or 0}
            await cursor.execute(_QUERIES["refusals"].text.encode(), values)
            for row in await cursor.fetchall():
                self._add(row["purpose"], (row["person"], row["subject"]))
                self._since = max(self._since, row["recorded_at"] or self._since)
                self._publication = row["publication"] or self._publication
        self._read = True

    def _add(self, purpose: str, numbers: Iterable[int | None]) -> None:
        for name, each in self.declared.purposes.items():
            if name == purpose or purpose in each.ends_with:
                self._said.setdefault(name, set()).update(one for one in numbers if one is not None)
