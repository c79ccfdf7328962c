"""What is foreseen: how good each forecast is beside a plain method, and what is to come."""

from __future__ import annotations

import json
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import Forecast, Outlook
from parcours.model.value import Title
from parcours.project import Project


def count(version: Version, project: Project) -> dict[str, Any]:
    """The forecasts and the outlook, from the tables of scores."""
    version.read("score_models", "person_values", "score_checks")
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
    }


def refused(version: Version, score: str) -> dict[str, Any] | None:
    """What there is too little of for a score, if it could not be made."""
    version.read("score_models")
    row = next((row for row in version.engine.rows(_QUERIES["models"]) if row["score"] == score), None)
    return json.loads(row["refused"]) if row and row["refused"] else None


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
