"""Where customers stand in their life with the shop: stages by their own rhythm, recency by frequency."""

from __future__ import annotations

from datetime import date
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import Band, Cell, Move, Rfm, SegmentSize
from parcours.project import Project

Row = dict[str, Any]

STAGES = ("new", "active", "loyal", "cooling", "sleeping", "lost")
# How the segments that hold one stage each are named.
SEGMENT = "life_{stage}"


def count(version: Version, project: Project) -> dict[str, Any]:
    """The stages of life, who moved between them, the usual rhythm in days, and the bands, from `stages` and
    `customers`."""
    version.read("stages", "stage_bounds")

    def ask(name: str) -> list[Row]:
        return version.engine.rows(_QUERIES[name])

    held = {row["stage"]: row for row in ask("stages")}
    bounds: dict[str, dict[int, int]] = {"recency": {}, "frequency": {}, "rhythm": {}}
    for row in ask("bounds"):
        bounds.setdefault(row["measure"], {})[row["score"]] = row["at_least"]
    since, moves = _moves(version)
    known = moves if since else None
    return {
        "stages": tuple(_stage(name, held.get(name, {}), known, project) for name in STAGES) if held else (),
        "moves": moves,
        "moved_since": since,
        "rhythm": bounds["rhythm"].get(0),
        "rfm": _rfm(ask("cells"), bounds["recency"], bounds["frequency"]),
    }


def _moves(version: Version) -> tuple[date | None, tuple[Move, ...]]:
    """The day of the count before, and who has moved since; no day when there is none to compare with."""
    if not (version.has("stages_before") and version.has("segment_counts_before")):
        return None, ()
    version.read("stages_before", "segment_counts_before", "persons")
    (counted,) = version.engine.rows(_QUERIES["counted_before"])
    if counted["day"] is None:
        return None, ()
    return counted["day"], tuple(Move(**row) for row in version.engine.rows(_QUERIES["moves"]))


def _stage(name: str, row: Row, moves: tuple[Move, ...] | None, project: Project) -> SegmentSize:
    """A stage, under the title of the segment that holds it when the project has that one."""
    segment = project.segments.get(SEGMENT.format(stage=name))
    return SegmentSize(
        name,
        segment.title if segment else None,
        row.get("people", 0),
        row.get("revenue", 0),
        entered=None if moves is None else sum(move.people for move in moves if move.after == name),
        left=None if moves is None else sum(move.people for move in moves if move.before == name),
        why=segment.why if segment else None,
        own=False,
    )


def _rfm(cells: list[Row], recency: dict[int, int], frequency: dict[int, int]) -> Rfm:
    """Scores become bands in the order they are read: most recent first, least frequent first."""
    if not cells:
        return Rfm()
    lately, often = sorted(recency, reverse=True), sorted(frequency)
    # Recency is kept as minus the days: a score that begins at -30 ends at 30 days.
    ends = [-recency[score] for score in lately]
    starts = [frequency[score] for score in often]
    return Rfm(
        tuple(Band(low, high) for low, high in zip([0, *(end + 1 for end in ends[:-1])], [*ends[:-1], None])),
        tuple(Band(low, high) for low, high in zip(starts, [*(start - 1 for start in starts[1:]), None])),
        tuple(
            Cell(lately.index(row["recency"]), often.index(row["frequency"]), row["customers"], row["revenue"])
            for row in cells
        ),
    )


_QUERIES = sql.load(__package__, "life.sql")
