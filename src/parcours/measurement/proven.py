"""Did it come true? What was foreseen of each tenth of the customers beside what they then did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import share
from parcours.model.value import Title
from parcours.project import Project

MOST = 12  # forecasts of a score that are told one by one


@dataclass(frozen=True)
class Tenth:
    """A tenth of the people, 1 the most probable: the share foreseen to do it, and the share who did."""

    decile: int
    people: int
    foreseen: float
    happened: float


@dataclass(frozen=True)
class Trial:
    """A forecast and what came of it. `made_on` is None for the trial on held-back time, while none is old enough."""

    tenths: tuple[Tenth, ...]
    made_on: date | None = None
    checked_on: date | None = None

    @property
    def people(self) -> int:
        """How many people it spoke of."""
        return sum(one.people for one in self.tenths)

    @property
    def foreseen(self) -> float:
        """How many were foreseen to do it."""
        return sum(one.people * one.foreseen for one in self.tenths)

    @property
    def happened(self) -> float:
        """How many did it."""
        return sum(one.people * one.happened for one in self.tenths)

    @property
    def error(self) -> float | None:
        """How far foreseen and real shares lie apart over tenths, in the mean (expected calibration error)."""
        apart = sum(one.people * abs(one.foreseen - one.happened) for one in self.tenths)
        return share(apart, self.people)

    def lift(self, one: Tenth) -> float | None:
        """How many times as often as everybody a tenth did it."""
        return share(one.happened, share(self.happened, self.people) or 0)

    @property
    def caught(self) -> float | None:
        """Of all who did it, the share in the two first tenths."""
        return share(sum(one.people * one.happened for one in self.tenths if one.decile <= 2), self.happened)


@dataclass(frozen=True)
class Proven:
    """How the forecasts of one score came true: the newest trial, and every forecast that is past, the newest first."""

    score: str
    title: Title
    newest: Trial
    past: tuple[Trial, ...] = ()


def count(version: Version, project: Project) -> tuple[Proven, ...]:
    """Every score of which one can see whether it came true, in the project's order."""
    version.read("score_models", "score_checks")
    past = _past(version.engine.rows(_QUERIES["checks"]))
    cards = {row["score"]: row for row in version.engine.rows(_QUERIES["cards"])}
    found = []
    for name, score in project.scores.items():
        held_back = _tenths(json.loads(cards[name]["detail"] or "{}").get("held_back") or []) if name in cards else ()
        trials = past.get(name, ())
        newest = trials[0] if trials else Trial(held_back)
        if newest.tenths:
            found.append(Proven(name, score.title or Title.of(name), newest, trials[:MOST]))
    return tuple(found)


def _past(rows: Iterable[dict[str, Any]]) -> dict[str, tuple[Trial, ...]]:
    found: dict[str, list[Trial]] = {}
    for (score, made_on), group in groupby(rows, key=lambda row: (row["score"], row["made_on"])):
        checked = list(group)
        found.setdefault(score, []).insert(0, Trial(_tenths(checked), made_on, checked[0]["checked_on"]))
    return {score: tuple(trials) for score, trials in found.items()}


def _tenths(rows: Any) -> tuple[Tenth, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "decile" in row for row in rows):
        return ()
    return tuple(Tenth(row["decile"], row["people"], float(row["predicted"]), float(row["actual"])) for row in rows)


_QUERIES = sql.load(__package__, "proven.sql")
