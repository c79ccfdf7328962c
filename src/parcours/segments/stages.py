"""Where each customer stands: the cell of the RFM grid, and the stage of life by their own rhythm of purchases."""

from __future__ import annotations

from sqlglot import exp

from parcours.engine import AnyQuery, Draft, sql
from parcours.project.definitions import Project
from parcours.rules import Moment, columns_of, over_table
from parcours.segments.settings import LifeCycle, Rfm, StageSettings
from parcours.segments.temporary import Temporary

READS = ("orders", "record_persons", "persons")
_QUERIES = sql.load(__package__, "stages.sql")


def build(draft: Draft, project: Project, moment: Moment, settings: StageSettings) -> None:
    """Writes `stage_bounds` and `stages` as known at the end of a day.

    Scores are fifths of all customers who ever bought; equal values have equal scores. A customer's rhythm is their own
    mean gap between purchases, shrunk towards the base's (stages.yaml has the formula).
    """
    purchases = _QUERIES["purchases"].bind(
        day=moment.day, since=moment.first_day(settings.rfm.within), anonymous=project.profiles_anonymous
    )
    working = Temporary(draft.engine, "stage_purchases", lambda: purchases)

    def made(name: str, query: sql.Query, order: list[str], *also: str) -> None:
        def make() -> AnyQuery:
            working.ready()
            return draft.fitted(name, query, order)

        draft.put(name, make, reads=(*READS, *also), settings=[purchases.text(), query.text(), order])

    usual = float(settings.life_cycle.usual_rhythm.days)
    made("stage_bounds", _QUERIES["bounds"].bind(day=moment.day, usual=usual), ["measure", "score"])
    made("stages", _stages(settings, moment), ["person_id"], "stage_bounds")
    working.forget()


def _stages(settings: StageSettings, moment: Moment) -> sql.Query:
    return _QUERIES["stages"].bind(day=moment.day, cell=_cell(settings.rfm, moment), **_limits(settings.life_cycle))


def _limits(life: LifeCycle) -> dict[str, float]:
    return {
        "weight": life.weight,
        "shortest": float(life.shortest_rhythm.days),
        "longest": float(life.longest_rhythm.days),
        "cooling": life.cooling_after,
        "sleeping": life.sleeping_after,
        "lost": life.lost_after,
        "loyal": life.loyal_from,
    }


def _cell(rfm: Rfm, moment: Moment) -> exp.Expression:
    """The name of the first cell whose rule holds."""
    types = {name: subject.type for name, subject in columns_of("stages").items()}
    found = exp.Case()
    for name, cell in rfm.cells.items():
        found = found.when(over_table(cell.who, types, moment), exp.Literal.string(name), copy=False)
    return found
