"""Works out who is in each segment, who entered and left since the day before, and how segments overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from itertools import permutations
from typing import Any

import pyarrow as pa

from parcours.engine import AnyQuery, Draft, sql
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Title
from parcours.project.definitions import Project, Segment
from parcours.rules import Moment
from parcours.rules.rule import plain
from parcours.segments import changes, stages
from parcours.segments.membership import STATE, People, memberships, patterns, state
from parcours.segments.settings import StageSettings, stage_settings
from parcours.segments.settings import titles as stage_titles
from parcours.segments.temporary import Temporary

Progress = Callable[..., None]

# What segments are compared with: these tables as they were at the end of the last earlier day that was counted.
COMPARED = ("memberships", "segment_counts", "profiles", "stages")


def evaluate(draft: Draft, project: Project, *, as_of: date, progress: Progress) -> None:
    """Writes stages, memberships, membership_changes, segment_counts and segment_overlaps as of the end of a day.

    A second run for the same day compares with the day before, as the first one did, so it gives the same tables. The
    first count of a segment makes no changes: nobody entered, it was only then that we looked.
    """
    settings = stage_settings(project)
    moment = Moment.of(as_of, project.zone)
    progress("segments", 0, 4, "stages")
    stages.build(draft, project, moment, settings)
    progress("segments", 1, 4, "memberships")
    earlier = _earlier_day(draft, as_of)
    room = _Room(draft, project, moment, earlier, titles_of(project, settings))
    room.write_memberships()
    progress("segments", 2, 4, "changes")
    room.write_changes()
    progress("segments", 3, 4, "overlaps")
    room.write_counts()
    room.forget()
    progress("segments", 4, 4)


def titles_of(project: Project, settings: StageSettings) -> dict[str, Title | str]:
    """What attributes, segments, cells and stages are called, as rules say them."""
    named = {name: subject.title for name, subject in project.subjects.items() if subject.title}
    segments = {f"segment:{name}": one.title for name, one in project.segments.items() if one.title}
    return {**named, **segments, **stage_titles(settings)}


def day_of(tables: Any) -> date | None:
    """The day the memberships speak of: it names their only partition."""
    parts = list(tables.parts) if tables is not None else []
    return date.fromisoformat(parts[0]) if len(parts) == 1 else None


def _earlier_day(draft: Draft, as_of: date) -> date | None:
    """Takes over the tables of the last earlier day that is known as `*_before`; gives that day, None without one.

    A day counted again is compared with what it was compared with the first time, which the last version still has.
    """
    day, before = day_of(draft.previous("memberships")), day_of(draft.previous("memberships_before"))
    if day is not None and day < as_of:
        for name in COMPARED:
            _adopt(draft, name)
        return day
    if before is None or before >= as_of:
        return None
    for name in COMPARED:
        draft.carry(f"{name}_before")
    return before


def _adopt(draft: Draft, name: str) -> None:
    """Keeps a table of the last version as it was, under the name it has when it is compared with."""
    table = draft.previous(name)
    draft.drop(f"{name}_before")
    for key, part in table.parts.items() if table else ():
        files = [draft.warehouse.folder / file for file in part.files]
        draft.adopt(f"{name}_before", key, files, fingerprint=part.fingerprint)


class _Room:
    """The tables of one evaluation, each made from the state of who is and was in what."""

    def __init__(
        self, draft: Draft, project: Project, moment: Moment, earlier: date | None, titles: Mapping[str, Title | str]
    ) -> None:
        self.draft = draft
        self.segments: Mapping[str, Segment] = dict(sorted(project.segments.items()))
        self.names = list(self.segments)
        self.moment = moment
        self.now = People("profiles", "stages", draft.table("profiles").columns, moment)
        self.before = None if earlier is None else self._before(Moment.of(earlier, project.zone))
        self.language, self.titles = project.language, titles
        self.recipe = [str(moment.day), project.zone, {name: plain(one.who) for name, one in self.segments.items()}]
        self.reads = ("profiles", "stages", "persons", *(("memberships_before",) if earlier else ()))
        before = "memberships_before" if earlier else None
        self.working = Temporary(draft.engine, STATE, lambda: state(self.segments, self.now, before))

    def _before(self, moment: Moment) -> People:
        return People("profiles_before", "stages_before", self.draft.table("profiles_before").columns, moment)

    def write_memberships(self) -> None:
        def make() -> AnyQuery:
            self.ready()
            made = sql.as_query(memberships(self.names, self.moment))
            return self.draft.fitted("memberships", made, ["segment", "person_id"])

        part = self.moment.day.isoformat()
        self.draft.put("memberships", make, reads=self.reads, settings=self.recipe, partition=part)

    def write_changes(self) -> None:
        """Days before this one stay as they are; this day is written anew."""
        part = self.moment.day.isoformat()
        self.draft.carry("membership_changes")
        self.draft.declare("membership_changes")
        for key in [key for key in self.draft.table("membership_changes").parts if key >= part]:
            self.draft.drop("membership_changes", key)
        if self.before is None:
            return
        counted = self._counted_before()
        kept = {name: segment for name, segment in self.segments.items() if name in counted}
        compared = changes.Comparison(kept, self.names, self.now, self.before, self.language, self.titles)
        query = changes.changes(compared)

        def make() -> AnyQuery:
            self.ready()
            if kept:
                self.draft.engine.temp(changes.MOVED, changes.moved(compared))
            return self.draft.fitted("membership_changes", sql.as_query(query), ["segment", "person_id"])

        reads = (*self.reads, "profiles_before", "stages_before", "segment_counts_before")
        self.draft.put("membership_changes", make, reads=reads, partition=part, settings=[
            self.recipe, str(self.before.moment.day), sql.as_query(query).text()])  # fmt: skip
        self.draft.engine.forget(changes.MOVED)

    def write_counts(self) -> None:
        """Counts and overlaps, both from how many people are in each combination of segments."""
        made: dict[str, pa.Table] = {}

        def make(name: str) -> pa.Table:
            if not made:
                self.ready()
                made.update(_counted(self.draft.engine.arrow(patterns(self.names)), self.names, self.moment.day))
            return made[name]

        for name in ("segment_counts", "segment_overlaps"):
            self.draft.put(name, partial(make, name), reads=self.reads, settings=self.recipe)

    def ready(self) -> None:
        self.draft.read(*self.reads)
        self.working.ready()

    def forget(self) -> None:
        self.working.forget()

    def _counted_before(self) -> set[str]:
        self.draft.read("segment_counts_before")
        return {row["segment"] for row in self.draft.engine.rows("SELECT segment FROM segment_counts_before")}


def _counted(found: pa.Table, names: list[str], day: date) -> dict[str, pa.Table]:
    """How many people are in each segment and in each two at once, from the combinations anybody is in."""
    people = dict.fromkeys(names, 0)
    both: dict[tuple[str, ...], int] = {}
    for row in found.to_pylist():
        inside = [name for n, name in enumerate(names) if row[f"in_{n}"]]
        for name in inside:
            people[name] += row["people"]
        for pair in permutations(inside, 2):
            both[pair] = both.get(pair, 0) + row["people"]
    counts = [{"segment": name, "people": count, "at": day} for name, count in people.items()]
    overlaps = [{"segment": one, "other": other, "people": count} for (one, other), count in sorted(both.items())]
    return {
        "segment_counts": pa.Table.from_pylist(counts, schema(CONTRACTS["segment_counts"].columns)),
        "segment_overlaps": pa.Table.from_pylist(overlaps, schema(CONTRACTS["segment_overlaps"].columns)),
    }
