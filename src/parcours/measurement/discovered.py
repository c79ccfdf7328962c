"""The segments found in the data, as the report tells them: their sheets, why so many, from what, who moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement import sheets
from parcours.measurement.figures import share
from parcours.measurement.sheets import SheetFigures
from parcours.model.value import Title
from parcours.project import Project

READS = ("discovered_choices", "discovered_variables", "discovered_moves", "discovered_members")


@dataclass(frozen=True)
class Tried:
    """A number of segments that was tried: how stable, how far apart, how large the smallest and largest were."""

    segments: int
    stability: float | None
    silhouette: float | None
    smallest: float | None
    largest: float | None
    chosen: bool
    why: str


@dataclass(frozen=True)
class Asked:
    """An attribute that segments are made of, or that a team spoke of: its weight, who asked for it and why."""

    name: str
    title: Title | None
    used: bool
    why: str
    weight: float
    separation: float | None
    asked_by: str | None
    because: str | None


@dataclass(frozen=True)
class Moved:
    """How many customers went from one segment to another between the last two runs; None is no segment."""

    before: str | None
    after: str | None
    people: int
    redrawn: int = 0


@dataclass(frozen=True)
class Discovered:
    """All that the report says of the segments found. `missing` says what was too little to find any."""

    sheets: tuple[SheetFigures, ...] = ()
    tried: tuple[Tried, ...] = ()
    variables: tuple[Asked, ...] = ()
    moves: tuple[Moved, ...] = ()
    moved_since: date | None = None
    agreement: float | None = None
    missing: dict[str, Any] | None = None

    @property
    def chosen(self) -> Tried | None:
        """The number of segments that was taken."""
        return next((one for one in self.tried if one.chosen), None)

    @property
    def stayed(self) -> float | None:
        """Of the customers who were in a segment in both runs, the share who are in the same."""
        both = [one for one in self.moves if one.before is not None and one.after is not None]
        return share(sum(one.people for one in both if one.before == one.after), sum(one.people for one in both))


def count(version: Version, project: Project) -> Discovered | None:
    """The segments found; None where nobody has looked for any yet."""
    if not version.has("discovered_choices") or not version.table("discovered_choices").rows:
        return None
    found = tuple(sheets.figures(version, project))
    version.read(*READS)
    ask = version.engine.rows
    choices = ask(_QUERIES["choices"])
    moves = ask(_QUERIES["moves"])
    return Discovered(
        sheets=found,
        tried=tuple(_tried(row) for row in choices if row["segments"]),
        variables=tuple(_asked(row, project) for row in ask(_QUERIES["variables"])),
        moves=tuple(Moved(row["before"], row["after"], row["people"], row["redrawn"]) for row in moves),
        moved_since=moves[0]["since"] if moves else None,
        agreement=ask(_QUERIES["agreement"])[0]["agrees"],
        missing=next(({"code": row["why"], "needed": row["needed"], "found": row["found"]}
                      for row in choices if not row["segments"]), None),
    )  # fmt: skip


def _tried(row: dict[str, Any]) -> Tried:
    return Tried(
        row["segments"], row["stability"], row["silhouette"], row["smallest"], row["largest"], row["chosen"], row["why"]
    )


def _asked(row: dict[str, Any], project: Project) -> Asked:
    attribute = project.attributes.get(row["variable"])
    return Asked(
        name=row["variable"],
        title=attribute.title if attribute else None,
        used=row["used"],
        why=row["why"],
        weight=row["weight"],
        separation=row["separation"],
        asked_by=row["asked_by"],
        because=row["because"],
    )


_QUERIES = sql.load(__package__, "discovered.sql")
