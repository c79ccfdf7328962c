"""Where a project stands: each source's watermark and rows, how fresh it is, and what was published when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from parcours.engine import Version, sql
from parcours.project.definitions import Project, Source

Row = dict[str, Any]
# What a version remembers of the run that made it: the rows read of each source, and the files it refused.
READ, REFUSED = "read", "refused"


@dataclass(frozen=True)
class SourceStatus:
    """What one source has delivered, in all; times are UTC. `late`: a delivery was expected and has not come.

    `read` is what the run that made this version read of it (None: nothing), with the same names of counts and those of
    new and corrected rows. `refused` are files of which nothing has landed: file and reason.
    """

    source: str
    title: str
    deliveries: int
    received: int
    landed: int
    rejected: int
    set_aside: int
    repeated: int
    watermark: datetime | None
    landed_at: datetime | None
    late: bool
    read: Row | None = None
    refused: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Status:
    """The last published version, and each source."""

    version: int
    run: Row
    sources: list[SourceStatus]
    rows: dict[str, int]
    faults: list[Row]


def status(version: Version, project: Project, *, now: datetime, language: str) -> Status:
    """The state of the project at `now` (UTC)."""
    version.read("deliveries", "faults")
    rows = {row["source"]: row for row in version.engine.rows(_QUERIES["sources"])}
    return Status(
        version=version.number,
        run=version.run,
        sources=[
            replace(
                _source(source, rows.get(name), now, language),
                read=version.run.get(READ, {}).get(name),
                refused=version.run.get(REFUSED, {}).get(name, []),
            )
            for name, source in project.sources.items()
        ],
        rows={name: table.rows for name, table in version.tables.items() if not name.startswith("landing_")},
        faults=version.engine.rows(_QUERIES["faults"]),
    )


def rejected(version: Version, source: str) -> list[Row]:
    """Why rows of a source were rejected, commonest first; not the rows themselves, which are personal data."""
    version.read("rejected")
    return version.engine.rows(_QUERIES["rejected"].bind(source=source))


def _source(source: Source, row: Row | None, now: datetime, language: str) -> SourceStatus:
    title = source.title.in_(language) if source.title else source.name
    if row is None:
        return SourceStatus(source.name, title, 0, 0, 0, 0, 0, 0, None, None, late=source.every is not None)
    return SourceStatus(title=title, late=_late(source, row["watermark"] or row["landed_at"], now), **row)


def _late(source: Source, newest: datetime | None, now: datetime) -> bool:
    """Whether the newest thing heard of is older than deliveries are apart; an hour more is granted."""
    if source.every is None or newest is None:
        return source.every is not None
    plain = now.astimezone(UTC).replace(tzinfo=None)
    return bool(plain - newest > source.every.delta + timedelta(hours=1))


_QUERIES = sql.load(__package__, "status.sql")
