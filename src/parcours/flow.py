"""The corridor by the hour: from the retailer's exports to people, profiles, segments and audiences.

Reads aloud: what is new lands, is told in common words, is joined into people, each is described, segments are drawn,
what each will do is foreseen, offers are dealt; then all of it is published at once, or nothing is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
from sqlglot import exp

from parcours import (
    canonical,
    channels,
    decisions,
    identity,
    landing,
    measurement,
    profiles,
    publication,
    scores,
    segments,
    sources,
)
from parcours.consent.permission import permissions
from parcours.consent.secret import Secret, same_as_before, secret
from parcours.decisions import candidates, choices, filters
from parcours.decisions.learned import now as learned_now
from parcours.engine import Draft, Tables, Version, Warehouse, open_engine
from parcours.identity.decisions import DecisionFault
from parcours.landing import FileGone, SourceCount
from parcours.model.kind import kinds_in
from parcours.profiles import kinds as attribute_kinds
from parcours.profiles import live as live_attributes
from parcours.project import Project, context, packs_in
from parcours.project.people import NOBODY, People, count_people
from parcours.project.status import READ, REFUSED
from parcours.rules import Moment
from parcours.scores import kinds as score_kinds
from parcours.segments import discovery
from parcours.state import Database, StateFault, has_state, open_database
from parcours.state.embedded import NoPostgres
from parcours.surveys import questions

Progress = Callable[..., None]

ROOMS = ("landing", "canonical", "identity", "profiles", "segments", "scores", "decisions")
# What a version remembers of the day it speaks of.
AS_OF = "as_of"
# What is refused in words meant for the user: a line of a file of links, a file that is gone, a database.
REFUSALS = (DecisionFault, FileGone, StateFault, NoPostgres)


class NotSent(RuntimeError):
    """What was published could not be sent to the side that answers by the second."""


class NothingPublished(LookupError):
    """Nothing has been run yet in this project."""


@dataclass(frozen=True)
class Run:
    """What a run did: the version it published (None: nothing had changed), the sources' counts, seconds by room, rows
    by table, and how many people there are.
    """

    version: int | None
    as_of: date | None
    sources: list[SourceCount]
    made: list[str]
    seconds: dict[str, float]
    rows: dict[str, int] = field(default_factory=dict)
    people: People = NOBODY


def kinds() -> dict[str, dict[str, Any]]:
    """Everything a retailer may name in a file: kinds of source and of attribute, what is ready-made, and who checks
    the files that only a room knows."""
    return {
        "source": kinds_in(sources),
        "attribute": kinds_in(attribute_kinds),
        "attribute_pack": packs_in(profiles),
        "segment_pack": packs_in(segments),
        "score": kinds_in(score_kinds),
        "score_pack": packs_in(scores),
        "candidates": kinds_in(candidates),
        "filter": kinds_in(filters),
        "choice": kinds_in(choices),
        "question": kinds_in(questions),
        "check": {
            "stages": segments.check,
            "merchandising": scores.check,
            "priorities": measurement.priorities.check,
        },
        "check_project": {
            "discovery": discovery.check,
            "levers": measurement.levers.check,
            "live": live_attributes.check,
        },
    }


@contextmanager
def warehouse(project: Project) -> Iterator[Warehouse]:
    """Opens the project's warehouse with the engine it names."""
    temporary = project.warehouse / "temporary"
    engine = open_engine(
        project.engine.kind,
        memory=project.engine.memory or default_memory(),
        threads=project.engine.threads or 0,
        temporary=temporary,
    )
    try:
        yield Warehouse(project.warehouse, engine, keep_versions=project.keep_versions)
    finally:
        engine.close()
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def published(project: Project) -> Iterator[Version]:
    """The project's newest published state, for reading. Raises NothingPublished before the first run."""
    with warehouse(project) as house:
        version = house.current()
        if version is None:
            raise NothingPublished(f"nothing has been run yet in {project.folder.name}: begin with `parcours run`")
        with version:
            yield version


def run(
    project: Project,
    *,
    now: datetime,
    progress: Progress,
    as_of: date | None = None,
    only: tuple[str, ...] = (),
    replay: tuple[str, ...] = (),
) -> Run:
    """Runs every room in order and publishes the result.

    `only` names sources (only their deliveries are read) and rooms (the run ends after the last one named). A run that
    changes nothing publishes nothing. Raises what a room raises, with nothing published.
    """
    with warehouse(project) as house, house.draft(now=now) as draft:
        done = make(draft, project, as_of=as_of, only=only, replay=replay, progress=progress)
        told = {AS_OF: str(done.as_of), REFUSED: _refused(draft, project, done.sources)}
        before = draft.base.run if draft.base else {}
        if draft.unchanged() and all(before.get(what) == value for what, value in told.items()):
            return done
        number = draft.publish({**told, READ: _read(done.sources), "now": now.isoformat(), "made": len(done.made)})
        return replace(done, version=number)


def publish(project: Project, database: Database) -> publication.Published:
    """Sends the published state to the side that answers by the second, where readers see it all at once.

    Orders it knows, of any channel, become what came of the decisions of slots. Raises NothingPublished before the
    first run, and publication.Underway while another process publishes.
    """
    with published(project) as version:
        done = publication.publish(
            version, project, database, joining=identity.joining_values(project), as_of=as_of_day(version),
            horizons=_horizons(version, project),
        )  # fmt: skip
        if project.slots:
            with database.connection() as connection:
                decisions.came(version, connection, as_of=as_of_day(version), now=datetime.now(UTC))
        return done


def publish_where_live(project: Project) -> publication.Published | None:
    """Does so where the project keeps a state, as the last step of a run. Raises NotSent with the reason."""
    if not has_state(project.state):
        return None
    try:
        with open_database(project.state) as database:
            return publish(project, database)
    except (StateFault, NoPostgres, publication.Underway, psycopg.Error) as error:
        raise NotSent(str(error).splitlines()[0]) from None


def _horizons(version: Version, project: Project) -> dict[str, int]:
    """Up to which transaction a version knows what was collected, by the source that the keys were made for."""
    found: dict[str, int] = {}
    if version.has("deliveries"):
        version.read("deliveries")
        read = exp.select("source", "cursor").from_("deliveries").where("cursor IS NOT NULL").order_by("landed_at")
        last = {row["source"]: int(row["cursor"]) for row in version.engine.rows(read) if row["cursor"].isdigit()}
        for name, source in project.sources.items():
            if source.kind_name == "collected" and name in last:
                found[source.kind.keys] = min(last[name], found.get(source.kind.keys, last[name]))
    return found


def make(
    draft: Draft,
    project: Project,
    *,
    progress: Progress,
    as_of: date | None = None,
    only: tuple[str, ...] = (),
    replay: tuple[str, ...] = (),
) -> Run:
    """Makes every table of the draft; publishes nothing."""
    clock = _Clock()
    last = max((ROOMS.index(name) for name in only if name in ROOMS), default=len(ROOMS) - 1)
    for source in replay:
        landing.replay(draft, project, source)
    counts = landing.land(draft, project, only=tuple(n for n in only if n not in ROOMS), progress=progress)
    clock.lap("landing")
    if last >= 1:
        canonical.build(draft, project, progress=progress)
        clock.lap("canonical")
    if last >= 2:
        identity.resolve(draft, project, progress=progress)
        clock.lap("identity")
    day = as_of or _as_of(draft, project)
    if last >= 3:
        profiles.build(draft, project, as_of=day, progress=progress)
        clock.lap("profiles")
    if last >= 4:
        segments.evaluate(draft, project, as_of=day, progress=progress)
        clock.lap("segments")
    if last >= 5:
        scores.build(draft, project, as_of=day, progress=progress)
        clock.lap("scores")
    if last >= 6:
        decisions.build(draft, project, as_of=day, progress=progress)
        clock.lap("decisions")
    _carry_the_rest(draft)
    rows = {name: table.rows for name, table in draft.tables.items()}
    return Run(None, day, counts, draft.made, clock.laps, rows, count_people(draft))


@dataclass(frozen=True)
class Discovered:
    """The segments that were found, and the numbers of segments that were tried, as rows of their tables."""

    segments: list[dict[str, Any]]
    choices: list[dict[str, Any]]


def discover(project: Project, *, now: datetime, progress: Progress) -> Discovered:
    """Finds groups of customers who behave alike in the published profiles, and publishes them beside all else.

    Raises NothingPublished before the first run.
    """
    settings = discovery.discovery_settings(project)
    with warehouse(project) as house, house.draft(now=now) as draft:
        if draft.base is None:
            raise NothingPublished(f"nothing has been run yet in {project.folder.name}: begin with `parcours run`")
        for name in draft.base.tables:
            draft.carry(name)
        as_of = date.fromisoformat(draft.base.run[AS_OF])
        discovery.discover(draft, project, as_of=as_of, settings=settings, progress=progress)
        if not draft.unchanged():
            draft.publish({**draft.base.run, "now": now.isoformat(), "made": len(draft.made)})
    with published(project) as version:
        version.read("discovered_segments", "discovered_choices")
        return Discovered(
            version.engine.rows("SELECT * FROM discovered_segments ORDER BY segment"),
            version.engine.rows("SELECT * FROM discovered_choices ORDER BY segments"),
        )


def sheets(project: Project) -> Any:
    """The figures of the sheet of each segment that was found, from the published state."""
    with published(project) as version:
        return measurement.sheets.figures(version, project)


@dataclass(frozen=True)
class DueWritten:
    """A due list that was written: the score, the day, the file, its rows; `missing` says what was too little."""

    score: str
    day: date
    file: Path
    rows: int
    missing: dict[str, Any] | None = None


def due_scores(project: Project) -> list[str]:
    """The scores that tell due dates."""
    return measurement.due.scores_of(project)


def due(project: Project, score: str, *, day: date | None, file: Path, baskets: bool = False) -> DueWritten:
    """Writes who is due for what on a day (or the baskets of the seven days from then on) from the published state."""
    with published(project) as version:
        on = day or as_of_day(version) + timedelta(days=1)
        rows = channels.write_due(measurement.due.batches(version, score, on, baskets=baskets), file)
        return DueWritten(score, on, file, rows, measurement.foresight.refused(version, score))


def allotments(project: Project) -> list[Any]:
    """The allotments that were dealt, the newest first."""
    with published(project) as version:
        return channels.dealt(version)


def coupons(project: Project, allotment: Any, *, file: Path, by: str, language: str) -> Any:
    """Writes the coupons of an allotment from the published state: a row a household, or a row a coupon."""
    with published(project) as version:
        return channels.write_coupons(version, project, allotment, file, language=language, by=by)


def audiences(project: Project, *, folder: Path | None = None, language: str | None = None) -> list[Any]:
    """Writes the project's audiences from the published state."""
    with published(project) as version:
        return channels.write_audiences(
            version, project, folder=folder or project.folder, language=language or project.language
        )


def decided_singly(project: Project, slot: str) -> str | None:
    """What of a slot is known of one person at a time only, so that it is not read over a table; None for nothing."""
    return decisions.why_not(project.slots[slot])


def decide(
    project: Project, database: Database, slot: str, *, file: Path, now: datetime, segment: str = "", keep: bool = True
) -> int:
    """Writes what a slot shows everybody known (or a segment) as a file, and keeps the decisions; how many people.

    What is known of people is what was last run; it is published first where it is not yet.
    """
    asked = project.slots[slot]
    publish(project, database)
    here, _ = context.read({}, now=now, zone=project.zone)
    hashes = same_as_before(database, _secret(project))

    def may_use(people: Any) -> Any:
        with database.asking() as connection:
            found = permissions(connection, people.tolist(), purpose=asked.purpose, channel=None, at=now,
                                declared=project.consents, secret=hashes)  # fmt: skip
        noes = [person for person, permission in found.items() if not permission.may]
        return ~np.isin(people, np.array(noes, np.int64))

    learned = learned_now(database.url, [asked], now=now)[slot]
    to = decisions.Asked(asked, Moment.of(now, project.zone), here, segment, may_use)
    with published(project) as version, database.connection() as connection:
        rows = decisions.rows(decisions.decided(version, to, learned), asked, now=now)
        kept = decisions.keeping(connection, rows, asked, now=now) if keep else rows
        return channels.write_decisions(kept, file, show=asked.show)


def _secret(project: Project) -> Secret:
    given = project.consent_secret.reveal() if project.consent_secret is not None else None
    return secret(given, project.state)


def figures(project: Project) -> Any:
    """The figures of the report, from the published state."""
    with published(project) as version:
        return measurement.overview.figures(version, project)


def as_of_day(tables: Version) -> date:
    """The day a published state speaks of."""
    return date.fromisoformat(tables.run[AS_OF])


def _as_of(draft: Draft, project: Project) -> date:
    """The day the profiles speak of: today where the shop is, or the day of the last data."""
    today = draft.now.astimezone(ZoneInfo(project.zone)).date()
    if project.as_of == "today":
        return today
    latest = [
        last_day(draft, table, column)
        for table, column in (("orders", "order_date"), ("events", "event_date"), ("message_events", "event_date"))
    ]
    return min(today, max((day for day in latest if day), default=today))


def last_day(tables: Tables, table: str, column: str) -> date | None:
    """The last day in a table, looking only at its newest month."""
    if not tables.has(table):
        return None
    filled = [part for part, held in sorted(tables.table(table).parts.items()) if held.rows and part != "undated"]
    tables.read_parts(table, filled[-1:], as_name="newest_month")
    (row,) = tables.engine.rows(exp.select(exp.Max(this=exp.column(column)).as_("day")).from_("newest_month"))
    return row["day"]


def _read(counts: list[SourceCount]) -> dict[str, dict[str, int]]:
    """What a run read of each source that had something."""
    columns = ("deliveries", "received", "landed", "rejected", "new", "corrected", "repeated", "set_aside")
    return {count.source: {name: getattr(count, name) for name in columns} for count in counts if count.received}


def _refused(draft: Draft, project: Project, counts: list[SourceCount]) -> dict[str, list[dict[str, str]]]:
    """The files of which nothing has landed, by source: as this run found them, or the last that asked the source."""
    found = draft.base.run.get(REFUSED, {}) if draft.base else {}
    for count in counts:
        found = {**found, count.source: [{"file": each.file, "reason": each.reason} for each in count.refused]}
    return {name: files for name, files in sorted(found.items()) if files and name in project.sources}


def _carry_the_rest(draft: Draft) -> None:
    """A table that no room of this run was asked to make stays as it was."""
    for name in draft.base.tables if draft.base else {}:
        if not draft.has(name) and not name.startswith("landing_"):
            draft.carry(name)


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = datetime.now(UTC)

    def lap(self, name: str) -> None:
        now = datetime.now(UTC)
        self.laps[name] = (now - self._since) / timedelta(seconds=1)
        self._since = now


def end_of(day: date, zone: str) -> datetime:
    """The first moment (UTC, no zone) after a local day: facts before it are known as of that day."""
    after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return after.astimezone(UTC).replace(tzinfo=None)


def default_memory() -> str:
    """Half of the machine's memory, and 4 GB at most: what runs beside Parcours needs room too."""
    with Path("/proc/meminfo").open() as file:
        kilobytes = int(next(line for line in file if line.startswith("MemTotal")).split()[1])
    return f"{min(4096, kilobytes // 2048)}MB"
