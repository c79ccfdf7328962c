"""The figures of the customer report, counted from the published tables.

Orders are read once, into what each person bought in each month through each channel (`presence`); everything about
sales and customers is counted from that. No customer is looked at one by one outside the engine.
"""

from __future__ import annotations

from datetime import date

from parcours.engine import Version, sql
from parcours.measurement import (
    baskets,
    coupons,
    demand,
    discovered,
    due,
    foresight,
    life,
    loyalty,
    proven,
    sales,
    segments,
    shown,
    trust,
)
from parcours.measurement.figures import Figures
from parcours.measurement.window import Window
from parcours.model.value import Title
from parcours.project import Project

TABLES = ("orders", "record_persons", "persons")
MADE = ("presence", "customers")


def figures(version: Version, project: Project, *, as_of: date | None = None) -> Figures:
    """Everything the report says, as of the day the published version speaks of.

    `as_of` asks for another day; segments and data quality are always those of the version.
    """
    window = Window(as_of or date.fromisoformat(version.run["as_of"]))
    engine = version.engine
    version.read(*TABLES)
    engine.view("known_records", _QUERIES["known_records"])
    for name in MADE:
        engine.temp(name, _QUERIES[name].bind(**window.bounds))
    try:
        return Figures(
            project=project.title or Title.of(project.name),
            as_of=window.as_of,
            currency=project.currency,
            notice=project.notice,
            **sales.count(engine, window),
            **loyalty.count(engine, window),
            **life.count(version, project),
            **segments.count(version, project, date.fromisoformat(version.run["as_of"])),
            discovered=discovered.count(version, project),
            **foresight.count(version, project),
            due=due.lists(version, project, date.fromisoformat(version.run["as_of"])),
            baskets=baskets.count(version, project),
            coupons=coupons.count(version, project, date.fromisoformat(version.run["as_of"])),
            selling=demand.count(version, project),
            shown=shown.count(version, project),
            proven=proven.count(version, project),
            **trust.count(version, project),
        )
    finally:
        engine.forget(*MADE, "known_records")


_QUERIES = sql.load(__package__, "overview.sql")
