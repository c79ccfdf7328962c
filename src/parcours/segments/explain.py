"""Why one person is in a segment, or is not: each condition, and what she has of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from parcours.engine import Version, sql
from parcours.project.definitions import Project
from parcours.rules import Moment, Reason, in_words, reasons, segments_used
from parcours.rules import why as why_of
from parcours.segments.evaluate import day_of, titles_of
from parcours.segments.settings import stage_settings

_QUERIES = sql.load(__package__, "explain.sql")


@dataclass(frozen=True)
class Explanation:
    """Whether a person is in a segment, since when and why, as it was published.

    `reasons` are all conditions with what the person has; `text` says the decisive ones. `tipped` is the condition that
    last made the person enter or leave, with its day, when that was seen. `through` explains the segments this one
    looks into.
    """

    segment: str
    person_id: int
    inside: bool
    since: date | None
    asks: str
    reasons: tuple[Reason, ...]
    text: str
    tipped: str | None
    tipped_at: date | None
    through: tuple[Explanation, ...] = ()


def why(version: Version, project: Project, segment: str, person_id: int, language: str = "") -> Explanation:
    """Why a person is in a segment or not. Raises KeyError for a segment or a person there is none of."""
    version.read("profiles", "stages", "memberships", "membership_changes")
    found = version.engine.rows(_QUERIES["person"].bind(person=person_id))
    if not found:
        raise KeyError(f"no profile of person {person_id}")
    day = day_of(version.table("memberships"))
    assert day is not None, "memberships are published for one day"
    person = _Person(
        person_id,
        {**_row(version, "stage", person_id), **{name: value for name, value in found[0].items() if value is not None}},
        {row["segment"]: row["since"] for row in version.engine.rows(_QUERIES["memberships"].bind(person=person_id))},
        {row["segment"]: row for row in version.engine.rows(_QUERIES["changes"].bind(person=person_id))},
        Moment.of(day, project.zone),
    )
    return _explained(person, project, segment, language or project.language)


@dataclass(frozen=True)
class _Person:
    person_id: int
    values: dict[str, Any]
    segments: dict[str, date]
    changes: dict[str, dict[str, Any]]
    moment: Moment


def _explained(person: _Person, project: Project, segment: str, language: str) -> Explanation:
    rule = project.segments[segment].who
    titles = titles_of(project, stage_settings(project))
    values, moment, inside = person.values, person.moment, set(person.segments)
    last = person.changes.get(segment, {})
    return Explanation(
        segment=segment,
        person_id=person.person_id,
        inside=segment in person.segments,
        since=person.segments.get(segment),
        asks=in_words(rule, language, titles),
        reasons=reasons(rule, values, moment, language, titles=titles, segments=inside),
        text=why_of(rule, values, moment, language, titles=titles, segments=inside),
        tipped=last.get("reason"),
        tipped_at=last.get("at"),
        through=tuple(_explained(person, project, used, language) for used in segments_used(rule)),
    )


def _row(version: Version, query: str, person_id: int) -> dict[str, Any]:
    rows = version.engine.rows(_QUERIES[query].bind(person=person_id))
    return rows[0] if rows else {}
