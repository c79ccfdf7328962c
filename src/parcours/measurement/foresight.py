"""What is foreseen: how good each forecast is beside a plain method, what is to come, what is needed again."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import Due, Forecast, Outlook
from parcours.model.value import Title
from parcours.project import Project

WEEK = 7


def count(version: Version, project: Project, as_of: date) -> dict[str, Any]:
    """The forecasts, the outlook and the due items, from the tables of scores."""
    version.read("score_models", "person_values", "due_dates", "score_checks")
    engine = version.engine
    checks = {row["score"]: row for row in engine.rows(_QUERIES["checks"])}
    models = engine.rows(_QUERIES["models"])
    return {
        "forecasts": tuple(
            _forecast(row, checks.get(row["score"]), project) for row in models if row["score"] in project.scores
        ),
        "outlook": tuple(
            Outlook(row["days"], row["people"], float(row["orders"]), int(row["money"]))
            for row in engine.rows(_QUERIES["worth"])
        ),
        "due": tuple(
            Due(row["item"], row["people"], float(row["expected"]))
            for row in engine.rows(_QUERIES["due"].bind(day=as_of + timedelta(days=WEEK)))
        ),
    }


def _forecast(row: dict[str, Any], check: dict[str, Any] | None, project: Project) -> Forecast:
    return Forecast(
        title=project.scores[row["score"]].title or Title.of(row["score"]),
        people=row["people"],
        kept=row["kept"],
        measure=row["measure"],
        value=row["value"],
        plain_value=row["plain_value"],
        refused=json.loads(row["refused"]) if row["refused"] else None,
        made_on=check["made_on"] if check else None,
        foreseen=float(check["predicted"]) if check else None,
        happened=float(check["actual"]) if check else None,
    )


_QUERIES = sql.load(__package__, "foresight.sql")
