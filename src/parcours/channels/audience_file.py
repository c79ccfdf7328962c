"""Writes audiences to files: the people of a segment who may be used, with the columns a tool needs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlglot import exp, select

from parcours.channels.columns import Column, column_of
from parcours.channels.formats import FORMATS
from parcours.engine import Tables, Version, sql
from parcours.model.value import Place
from parcours.project.definitions import Audience, AudienceColumn, Project

MEMBERS = "audience_members"
_READS = ("memberships", "persons", "profiles", "stages", "record_persons", "identifiers", "customer_records")
_QUERIES = sql.load(__package__, "audience.sql")


@dataclass(frozen=True)
class Written:
    """An audience that was written: its file, and how many people are in it."""

    audience: str
    segment: str
    file: Path
    people: int


def write_audiences(version: Version, project: Project, *, folder: Path, language: str = "") -> list[Written]:
    """Writes every audience of the project from a published state, below `folder`.

    A file is there whole or not at all, in the order of person ids: the same state gives the same bytes. Only people
    who live (nobody took their place) and are known (by more than a cookie) are written. Raises ValueError when two
    audiences would be the same file.
    """
    day = _day(version)
    files: dict[Path, str] = {}
    for audience in project.audiences.values():
        file = folder / _path(audience, day)
        if file in files:
            raise ValueError(f"{audience.place}: audience {audience.name!r} would overwrite {files[file]!r}: {file}")
        files[file] = audience.name
    return [write_audience(version, project, project.audiences[name], file) for file, name in files.items()]


def write_audience(version: Tables, project: Project, audience: Audience, file: Path) -> Written:
    """Writes one audience to a file."""
    version.read(*[name for name in _READS if name != "stages" or version.has(name)])
    engine = version.engine
    chosen = [column_of(column, version, project) for column in audience.columns or _usual(audience.place)]
    engine.temp(MEMBERS, _QUERIES["members"].bind(segment=audience.segment))
    try:
        people = _whole(file, audience.format, chosen, _batches(version, chosen))
    finally:
        engine.forget(MEMBERS)
    return Written(audience.name, audience.segment, file, people)


def _usual(at: Place) -> tuple[AudienceColumn, ...]:
    return tuple(AudienceColumn(name=name, of=name, place=at) for name in ("person_id", "email", "phone"))


def _path(audience: Audience, day: str) -> str:
    return (audience.path or f"out/{audience.name}.{audience.format}").replace("{date}", day)


def _day(version: Version) -> str:
    """The day the memberships speak of, which names their partition."""
    return next(iter(version.table("memberships").parts), "") if version.has("memberships") else ""


def _rows(columns: Sequence[Column]) -> exp.Select:
    """One row a person, in the order of their ids: the nth column as c_n."""
    rows = select("m.person_id").from_(exp.to_table(MEMBERS).as_("m"))
    for number, column in enumerate(columns):
        if column.query is None:
            rows = rows.select(exp.alias_(exp.column("person_id", "m"), f"c_{number}"))
            continue
        value = column.query.tree.subquery(f"q_{number}")
        rows = rows.join(value, on=f"q_{number}.person_id = m.person_id", join_type="left")
        rows = rows.select(exp.alias_(exp.column("value", f"q_{number}"), f"c_{number}"))
    return rows.order_by("m.person_id")


def _batches(version: Tables, columns: Sequence[Column]) -> Iterator[list[list[Any]]]:
    """The rows as batches of columns, with values as they go outside."""
    for batch in version.engine.batches(_rows(columns)):
        yield [
            [None if value is None else column.outside(value) for value in batch.column(number + 1).to_pylist()]
            for number, column in enumerate(columns)
        ]


def _whole(file: Path, format_: str, columns: Sequence[Column], batches: Iterator[list[list[Any]]]) -> int:
    """Writes beside the file, then takes its place: a reader sees the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        people = FORMATS[format_](unfinished, columns, batches)
        _durable(unfinished)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    _durable(file.parent)
    return people


def _durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
