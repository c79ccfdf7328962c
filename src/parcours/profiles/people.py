"""Who has a profile, and which records speak of them: now, and as of the last run."""

from __future__ import annotations

from parcours.engine import Draft, sql
from parcours.profiles.passes.measure import PEOPLE

OWNERS = "profile_owners"
IDENTITY = ("record_persons", "persons")


class People:
    """The small tables that passes join, each made when it is first needed."""

    def __init__(self, draft: Draft, anonymous: bool) -> None:
        self.draft = draft
        self.anonymous = anonymous
        self.queries = sql.load(__package__, "people.sql")
        self._made: set[str] = set()

    def ready(self) -> None:
        """Makes `profile_people`: the records of those who have a profile, each with its person."""
        self._make(PEOPLE, self._bound("people"))

    def owners(self) -> None:
        """Makes `profile_owners`: those who have a profile."""
        self._make(OWNERS, self._bound("owners"))

    def moved(self) -> None:
        """Makes `profile_people_moved`: those whose records are not those of the last run."""
        name = f"{PEOPLE}_moved"
        if name in self._made:
            return
        self.ready()
        if not self._identity_changed():
            self._make(name, self.queries["nobody"])
            return
        for table in IDENTITY:
            self.draft.read_previous(table, f"{table}_before")
        before = self._bound("people").tables(**{table: f"{table}_before" for table in IDENTITY})
        self.draft.engine.temp(f"{PEOPLE}_before", before)
        self._make(name, self.queries["moved"])
        self.draft.engine.forget(f"{PEOPLE}_before")

    def _identity_changed(self) -> bool:
        """Whether any record or person is not what it was in the last run."""
        pairs = [(self.draft.tables.get(table), self.draft.previous(table)) for table in IDENTITY]
        return any(now is None or before is None or now.fingerprint != before.fingerprint for now, before in pairs)

    def forget(self) -> None:
        """Frees what was made."""
        self.draft.engine.forget(*self._made)
        self._made.clear()

    def _bound(self, name: str) -> sql.Query:
        return self.queries[name].bind(anonymous=self.anonymous)

    def _make(self, name: str, query: sql.Query) -> None:
        if name not in self._made:
            self.draft.read(*IDENTITY)
            self.draft.engine.temp(name, query)
            self._made.add(name)
