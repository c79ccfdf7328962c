"""Makes the scores: each learns from history, is held against a plain method, and says what it foresees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

import pyarrow as pa

from parcours.engine import Draft, sql
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.project.definitions import Project, Score
from parcours.scores.checks import came_true
from parcours.scores.made import Card, Checkable, Made, TooLittle
from parcours.scores.world import World

Progress = Callable[..., None]
Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

READS = ("persons", "record_persons", "profiles", "orders", "order_lines", "products", "events", "message_events",
         "redemptions")  # fmt: skip
MADE = ("person_values", "propensities", "tastes", "due_dates", "next_baskets", "recommendations",
        "similar_products", "catalogue_order", "demand_forecasts", "stock_risks", "back_in_stock",
        "trends")  # fmt: skip
KEPT = "forecasts_kept"
KEPT_COLUMNS = {"score": "text", "person_id": "integer", "probability": "number", "decile": "integer"}
MEANING = 2  # raised when the code scores otherwise under the same settings


def build(draft: Draft, project: Project, *, as_of: date, progress: Progress) -> None:
    """Writes the tables of scores as foreseen at the end of the day `as_of`, and how each was learned.

    A score for which there is too little to learn from has no rows; `score_models` says what is missing.
    """
    world = World(draft, as_of, project.currency, folder=project.folder)
    scores = list(project.scores.values())
    for name in ("score_models", "score_checks", KEPT):
        draft.carry(name)
    for name in (*MADE, "score_models", "score_checks", KEPT):
        draft.declare(name, KEPT_COLUMNS if name == KEPT else None)
    for step, score in enumerate(scores):
        progress("scores", step, len(scores), score.name)
        _build(draft, world, score)
        if isinstance(score.kind, Checkable):
            _check(draft, world, score)
            _keep(draft, world, score)
    world.forget()
    progress("scores", len(scores), len(scores))


def _build(draft: Draft, world: World, score: Score) -> None:
    work = _Work(world, score)
    reads = [name for name in dict.fromkeys([*READS, *getattr(score.kind, "reads", ())]) if draft.has(name)]
    settings = [MEANING, str(world.as_of), score.kind_name, repr(score.kind), *world.written(score.kind)]
    draft.put(score.kind.table, work.rows, reads=reads, settings=settings, partition=score.name)
    for table in getattr(score.kind, "also", ()):
        draft.put(table, partial(work.also, table), reads=reads, settings=settings, partition=score.name)
    draft.put("score_models", work.card, reads=reads, settings=settings, partition=_month(score, world.as_of))


# -- did it come true?


def _keep(draft: Draft, world: World, score: Score) -> None:
    """Keeps the first forecast of each month until it can be seen whether it came true."""
    month = _month(score, world.as_of)
    if any(part.startswith(month) for name in (KEPT, "score_checks") for part in draft.table(name).parts):
        return
    rows = sql.parse("SELECT score, person_id, probability, decile FROM propensities ORDER BY person_id")
    read = ("propensities", score.name)
    draft.build(KEPT, rows, reads=[read], settings=str(world.as_of), partition=f"{score.name}/{world.as_of}")


def _check(draft: Draft, world: World, score: Score) -> None:
    """Holds what was foreseen and is now past against what happened."""
    for part in sorted(draft.table(KEPT).parts):
        name, day = part.split("/")
        made_on = date.fromisoformat(day)
        if name == score.name and made_on + timedelta(score.kind.within.days) <= world.as_of:
            reads: list[Any] = [(KEPT, part), *(table for table in READS if draft.has(table) and table != "profiles")]

            def make(part: str = part, made_on: date = made_on) -> pa.Table:
                draft.read_part(KEPT, part)
                found = came_true(
                    draft.engine.arrow(sql.parse("SELECT * FROM forecasts_kept")), score.kind.happened(world, made_on)
                )
                told = {"score": score.name, "made_on": made_on, "checked_on": world.as_of}
                rows = [{**told, **row} for row in found.to_pylist()]
                return pa.Table.from_pylist(rows, schema=schema(CONTRACTS["score_checks"].columns))

            draft.put("score_checks", make, reads=reads, settings=[MEANING, part, str(world.as_of)], partition=part)
            draft.drop(KEPT, part)


def _month(score: Score, day: date) -> str:
    return f"{score.name}/{day:%Y-%m}"


class _Work:
    """One score; it learns when its rows or its card are first asked for."""

    def __init__(self, world: World, score: Score) -> None:
        self._world, self._score = world, score
        self._made: Made | TooLittle | None = None

    def rows(self) -> pa.Table | pa.RecordBatchReader:
        made = self._make()
        columns = schema(CONTRACTS[self._score.kind.table].columns)
        if isinstance(made, TooLittle):
            return columns.empty_table()
        if isinstance(made.rows, pa.Table):
            return self._named(made.rows, columns)
        batches = (self._named(batch, columns) for batch in made.rows)
        return pa.RecordBatchReader.from_batches(columns, batches)

    def also(self, table: str) -> pa.Table:
        """The rows of a further table."""
        made = self._make()
        columns = schema(CONTRACTS[table].columns)
        if isinstance(made, TooLittle):
            return columns.empty_table()
        return self._named(made.also[table], columns)

    def _named(self, rows: Rows, columns: pa.Schema) -> Rows:
        named = rows.append_column("score", pa.array([self._score.name] * rows.num_rows, pa.string()))
        return named.select(columns.names).cast(columns)

    def card(self) -> pa.Table:
        made = self._make()
        if isinstance(made, TooLittle):
            told: dict[str, Any] = {**asdict(Card(method="none", people=0)), "refused": made.text()}
        else:
            told = {**asdict(made.card), "refused": None}
        told |= {"score": self._score.name, "as_of": self._world.as_of, "kind": self._score.kind_name}
        told["detail"] = json.dumps(told["detail"], sort_keys=True, default=str)
        columns = schema(CONTRACTS["score_models"].columns)
        return pa.Table.from_pylist([{name: told[name] for name in columns.names}], schema=columns)

    def _enough(self) -> None:
        needed = self._score.kind.fewest
        found = self._world.customers() if needed else 0
        if found < needed:
            raise TooLittle("too_few_people", needed=needed, found=found)

    def _make(self) -> Made | TooLittle:
        if self._made is None:
            try:
                self._enough()
                self._made = self._score.kind.make(self._world)
            except TooLittle as too_little:
                self._made = too_little
        return self._made
