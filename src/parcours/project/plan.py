"""What a change would do, in people: who would enter and leave segments, whose attributes would be others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from parcours.engine import Draft, sql
from parcours.model import CONTRACTS
from parcours.project.definitions import Project
from parcours.project.people import People, count_people, count_people_before

_AT_ONCE = 50  # attributes compared in one query
_NOT_ATTRIBUTES = ("person_id", "known", "household_id")
# Columns that segments count in, not attributes: `did_bought_3f2a...`, `sequence_product_added_91c0...`.
_COUNTED = re.compile(r"(did|sequence)_\w+_[0-9a-f]{10}")


@dataclass(frozen=True)
class SegmentMove:
    """How a segment would change. `what` is new, gone or kept."""

    segment: str
    what: str
    people: int
    enter: int
    leave: int


@dataclass(frozen=True)
class AttributeMove:
    """How an attribute would change: for how many people it would be known (new) or another value (changed)."""

    attribute: str
    what: str  # new, gone, changed
    people: int


@dataclass(frozen=True)
class Plan:
    """What a run would do now, compared with what is published.

    `tables` are those described in the reference that would differ; `otherwise` says that others would, which we keep
    for ourselves.
    """

    people_before: People
    people: People
    sources: list[Any]
    segments: list[SegmentMove]
    attributes: list[AttributeMove]
    tables: list[str]
    otherwise: bool
    first: bool  # nothing is published yet: all of it is new

    @property
    def nothing(self) -> bool:
        """Whether a run would change nothing."""
        moved = any(move.what != "kept" or move.enter or move.leave for move in self.segments)
        return not (moved or self.attributes or self.tables or self.otherwise or self.people != self.people_before)


def compare(draft: Draft, project: Project, sources: list[Any]) -> Plan:
    """A draft that has been made, against the version it began from."""
    differing = _made(draft)
    tables = [name for name in differing if name in CONTRACTS or name == "profiles"]
    return Plan(
        people_before=count_people_before(draft),
        people=count_people(draft),
        sources=sources,
        segments=_segments(draft, project),
        attributes=_attributes(draft),
        tables=tables,
        otherwise=len(differing) > len(tables),
        first=draft.base is None,
    )


def _segments(draft: Draft, project: Project) -> list[SegmentMove]:
    draft.read("memberships")
    draft.read_previous("memberships", "memberships_before")
    draft.read_previous("segment_counts", "segment_counts_before")
    before = {row["segment"] for row in draft.engine.rows("SELECT segment FROM segment_counts_before")}
    moved = {row["segment"]: row for row in draft.engine.rows(_QUERIES["segments"])}
    found = []
    for name in sorted({*project.segments, *before, *moved}):
        row = moved.get(name, {"people": 0, "enter": 0, "leave": 0})
        what = "gone" if name not in project.segments else "kept" if name in before else "new"
        found.append(SegmentMove(name, what, int(row["people"]), int(row["enter"]), int(row["leave"])))
    return found


def _attributes(draft: Draft) -> list[AttributeMove]:
    before = draft.previous("profiles")
    if not draft.has("profiles"):
        return []
    old = [] if before is None else _attributes_in(before.columns)
    new = _attributes_in(draft.table("profiles").columns)
    draft.read("profiles")
    if before is not None:
        draft.read_previous("profiles", "profiles_before")
    kept = [name for name in new if name in old]
    same = before is not None and before.fingerprint == draft.table("profiles").fingerprint
    changed = {} if same else _counted(draft, kept, _changed, "profiles_before")
    known = _counted(draft, [name for name in new if name not in old], _known, None)
    return [
        *(AttributeMove(name, "new", people) for name, people in known.items()),
        *(AttributeMove(name, "gone", 0) for name in old if name not in new),
        *(AttributeMove(name, "changed", people) for name, people in changed.items() if people),
    ]


def _attributes_in(columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name not in _NOT_ATTRIBUTES and not _COUNTED.fullmatch(name)]


def _counted(draft: Draft, names: list[str], condition: Any, other: str | None) -> dict[str, int]:
    """For how many people a condition on each attribute holds."""
    found: dict[str, int] = {}
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        counts = [exp.alias_(_count_if(condition(name)), f"n{position}") for position, name in enumerate(some)]
        query = exp.select(*counts).from_(exp.to_table("profiles").as_("a"))
        if other:
            on = exp.column("person_id", "a").eq(exp.column("person_id", "b"))
            query = query.join(exp.to_table(other).as_("b"), on=on)
        (row,) = draft.engine.rows(query)
        found |= {name: int(row[f"n{position}"]) for position, name in enumerate(some)}
    return found


def _count_if(condition: exp.Expression) -> exp.Expression:
    one = exp.Case().when(condition, exp.Literal.number(1))
    return exp.Count(this=one)


def _changed(name: str) -> exp.Expression:
    sides = (exp.column(name, "a", quoted=True), exp.column(name, "b", quoted=True))
    return exp.NullSafeNEQ(this=sides[0], expression=sides[1])


def _known(name: str) -> exp.Expression:
    return exp.Not(this=exp.Is(this=exp.column(name, "a", quoted=True), expression=exp.null()))


def _made(draft: Draft) -> list[str]:
    """The tables that differ from the published ones, without our own bookkeeping."""
    old = draft.base.tables if draft.base else {}
    differing = (name for name, table in draft.tables.items() if name not in old or old[name] != table)
    return sorted(name for name in differing if not name.startswith("landing_"))


_QUERIES = sql.load(__package__, "plan.sql")
