"""Segments: how large, what they spend, who came and went since the count before, and whom they share."""

from __future__ import annotations

from datetime import date
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import Overlap, SegmentSize
from parcours.project import Project
from parcours.project.definitions import Segment

Row = dict[str, Any]

# Shown on their own, as the stages of life.
LIFE_CYCLE = "life_cycle"


def count(version: Version, project: Project, as_of: date) -> dict[str, Any]:
    """The project's segments and their overlaps, from memberships and `customers`."""
    version.read("memberships", "membership_changes", "segment_overlaps")
    held = {row["segment"]: row for row in version.engine.rows(_QUERIES["segments"])}
    moved = _moves(version, as_of)
    sizes = [_size(one, held, moved) for one in project.segments.values() if one.group != LIFE_CYCLE]
    # What the retailer wrote comes before what was ready-made, and the large before the small.
    sizes.sort(key=lambda one: (not one.own, -one.people, one.name))
    names = {one.name for one in sizes}
    overlaps = (Overlap(**row) for row in version.engine.rows(_QUERIES["overlaps"]))
    return {
        "segments": tuple(sizes),
        "overlaps": tuple(pair for pair in overlaps if {pair.one, pair.other} <= names),
    }


def _moves(version: Version, as_of: date) -> dict[str, Row]:
    """Who entered and left, for each segment that was counted before: for a new one there is nothing to say."""
    if not version.has("segment_counts_before"):
        return {}
    version.read("segment_counts_before")
    found = {row["segment"]: row for row in version.engine.rows(_QUERIES["moves"].bind(as_of=as_of))}
    before = [row["segment"] for row in version.engine.rows(_QUERIES["counted_before"])]
    return {name: {"entered": 0, "went": 0, **found.get(name, {})} for name in before}


def _size(segment: Segment, held: dict[str, Row], moved: dict[str, Row]) -> SegmentSize:
    row, moves = held.get(segment.name, {}), moved.get(segment.name, {})
    return SegmentSize(
        name=segment.name,
        title=segment.title,
        people=row.get("people", 0),
        revenue=row.get("revenue", 0),
        entered=moves.get("entered"),
        left=moves.get("went"),
        why=segment.why,
        own=not segment.built_in,
    )


_QUERIES = sql.load(__package__, "segments.sql")
