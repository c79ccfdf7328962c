"""How far the figures can be trusted: which records became which people, and what became of every row received."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from parcours.engine import Version, sql
from parcours.measurement.figures import Counted, Disagreement, Reconciled, SourceHealth
from parcours.project import Project

Row = dict[str, Any]

IDENTITY = ("persons", "links", "refused_links", "review_pairs")
QUALITY = ("deliveries", "rejected", "faults")
MOST_REASONS = 5


def count(version: Version, project: Project) -> dict[str, Any]:
    """Identity, the health of each source, and what does not agree between tables."""
    version.read(*IDENTITY, *QUALITY)

    def ask(name: str) -> list[Row]:
        return version.engine.rows(_QUERIES[name])

    (people,), (waiting,) = ask("people"), ask("waiting")
    return {
        "identity": Reconciled(
            records=people["records"],
            persons=people["known"],
            visitors=people["visitors"],
            joined=tuple(Counted(row["code"], row["links"]) for row in ask("joined")),
            refused=tuple(Counted(row["code"], row["identifiers"]) for row in ask("refused")),
            waiting=waiting["pairs"],
        ),
        "quality": _quality(ask("deliveries"), ask("reasons"), project),
        "disagreements": tuple(
            Disagreement(row["table_name"], row["source"], row["rule"], row["rows"]) for row in ask("disagreements")
        ),
    }


def _quality(deliveries: list[Row], rejected: list[Row], project: Project) -> tuple[SourceHealth, ...]:
    """Every source of the project, those that never delivered too, and those the project has since dropped."""
    reasons: dict[str, list[Counted]] = defaultdict(list)
    for row in rejected:
        reasons[row["source"]].append(Counted(row["code"], row["rows"]))
    held = {row["source"]: row for row in deliveries}
    nothing = {"received": 0, "landed": 0, "rejected": 0, "set_aside": 0, "watermark": None}
    healths = []
    for name in [*project.sources, *sorted(set(held) - set(project.sources))]:
        row = {**nothing, **held.get(name, {}), "source": name}
        title = project.sources[name].title if name in project.sources else None
        row["watermark"] = _local(row["watermark"], project.zone)
        healths.append(SourceHealth(**row, title=title, reasons=tuple(reasons[name][:MOST_REASONS])))
    return tuple(healths)


def _local(moment: datetime | None, zone: str) -> datetime | None:
    """A moment of the tables (UTC) on the wall clock of the shop: the last ticket of the year is not of the next."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) if moment else None


_QUERIES = sql.load(__package__, "trust.sql")
