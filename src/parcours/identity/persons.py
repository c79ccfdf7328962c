"""People out of groups of records, under ids that stay: whoever a record was before, it still is, unless it moved.

A person's id is the hash of the record that founded them. So when two people who had been merged are told apart
again, each gets their own id back, and their history with it. Somebody who turned out to be somebody else keeps a row
that says who (`merged_into`), for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from sqlglot import exp

from parcours.engine import Draft, Engine, sql
from parcours.identity.renewal import Renewal
from parcours.model import CONTRACTS
from parcours.project.definitions import Households

_QUERIES = sql.load(__package__, "persons.sql")
MADE = ("record_persons", "persons", "links", "person_changes")
WORK = (
    "persons_before", "record_persons_before", "own_ids", "record_times", "claims", "group_persons", "addresses",
    "households", "record_persons", "persons", "left_from",
)  # fmt: skip
_ALWAYS_GIVEN = "street_number"  # often written within the street: two records without one agree


def build(
    draft: Draft, households: Households | None, links: Callable[[], None], renewal: Callable[[], Renewal | None]
) -> None:
    """Makes record_persons, persons, links and person_changes from identity_groups and the last version's persons.

    `links` makes `identity_links` readable when it is called. `renewal` gives the region that was grouped again (None:
    everybody was); households, which are of everybody, are worked out for all.
    """
    made = _Assignment(draft, households, links, renewal)
    before = [table.fingerprint if (table := draft.previous(name)) else None for name in MADE]
    reads = ["identity_groups", "identifiers", "customer_records"]
    for name in ("record_persons", "persons", "links"):
        draft.put(name, lambda name=name: made.query(name), reads=reads, settings=before)  # type: ignore[misc]
    draft.carry("person_changes")
    day = f"{draft.now:%Y%m%dT%H%M%S}"
    draft.put("person_changes", lambda: made.query("changes"), reads=reads, settings=[*before, day], partition=day)


class _Assignment:
    """The queries of the tables of persons, the steps before them run at the first one asked for."""

    def __init__(
        self,
        draft: Draft,
        households: Households | None,
        links: Callable[[], None],
        renewal: Callable[[], Renewal | None],
    ) -> None:
        self._draft, self._households, self._ready = draft, households, False
        self._links, self._find_renewal = links, renewal
        self._renewal: Renewal | None = None

    def query(self, name: str) -> sql.Query:
        if not self._ready:
            self._links()
            self._renewal = None if self._households else self._find_renewal()
            self._assign()
            self._ready = True
        query = _QUERIES[name]
        if name == "changes":
            query = query.bind(now=self._draft.now.astimezone(UTC).replace(tzinfo=None))
        elif self._renewal:
            query = self._renewal.with_all_others(name, query)
        table = "person_changes" if name == "changes" else name
        return self._draft.fitted(table, query, CONTRACTS[table].key)

    def _assign(self) -> None:
        engine = self._draft.engine
        if self._renewal:
            self._renewal.restrict_to_people()
        else:
            self._draft.read_previous("persons", "persons_before")
            self._draft.read_previous("record_persons", "record_persons_before")
        for name in ("own_ids", "record_times", "claims", "group_persons"):
            engine.temp(name, _QUERIES[name])
        _live_together(engine, self._households)
        for name in ("record_persons", "persons", "left_from"):
            engine.temp(name, _QUERIES[name])


def _live_together(engine: Engine, households: Households | None) -> None:
    if households is None:
        engine.temp("households", _QUERIES["no_households"])
        return
    plain = {column: _plain(column) for column in households.same}
    given = [value.copy().is_(exp.null()).not_() for column, value in plain.items() if column != _ALWAYS_GIVEN]
    home = exp.func("concat_ws", exp.Literal.string("|"), *plain.values())
    engine.temp("addresses", _QUERIES["addresses"].bind(home=home, complete=exp.and_(*given)))
    engine.temp("households", _QUERIES["households"].bind(limit=households.limit))


def _plain(column: str) -> exp.Expression:
    (template,) = _QUERIES["plain"].tree.expressions
    text = exp.cast(exp.column(column, table="c"), "text")
    value = template.unalias().transform(lambda node: text.copy() if isinstance(node, exp.Column) else node)
    return exp.func("coalesce", value, exp.Literal.string("")) if column == _ALWAYS_GIVEN else value
