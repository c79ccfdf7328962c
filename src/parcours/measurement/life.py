"""Where customers stand in their life with the shop: stages by their own rhythm, recency by frequency."""

from __future__ import annotations

from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import Band, Cell, Rfm, SegmentSize
from parcours.project import Project

Row = dict[str, Any]

STAGES = ("new", "active", "loyal", "cooling", "sleeping", "lost")
# How the segments that hold one stage each are named.
SEGMENT = "life_{stage}"


def count(version: Version, project: Project) -> dict[str, Any]:
    """The stages of life, the usual rhythm in days, and the bands, from `stages` and `customers`."""
    version.read("stages", "stage_bounds")

    def ask(name: str) -> list[Row]:
        return version.engine.rows(_QUERIES[name])

    held = {row["stage"]: row for row in ask("stages")}
    bounds: dict[str, dict[int, int]] = {"recency": {}, "frequency": {}, "rhythm": {}}
    for row in ask("bounds"):
        bounds.setdefault(row["measure"], {})[row["score"]] = row["at_least"]
    return {
        "stages": tuple(_stage(name, held.get(name, {}), project) for name in STAGES) if held else (),
        "rhythm": bounds["rhythm"].get(0),
        "rfm": _rfm(ask("cells"), bounds["recency"], bounds["frequency"]),
    }


def _stage(name: str, row: Row, project: Project) -> SegmentSize:
    """A stage, under the title of the segment that holds it when the project has that one."""
    segment = project.segments.get(SEGMENT.format(stage=name))
    title, why = (segment.title, segment.why) if segment else (None, None)
    return SegmentSize(name, title, row.get("people", 0), row.get("revenue", 0), why=why, own=False)


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
