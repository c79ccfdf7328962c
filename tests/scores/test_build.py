"""Scores: what is foreseen is written, what is missing is said, and it is seen later whether it came true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pyarrow as pa
import pytest

from parcours import scores
from parcours.engine import Draft, Warehouse, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.kind import kind
from parcours.model.value import Duration, Place
from parcours.project import Project
from parcours.project.definitions import Score
from parcours.scores.made import Card, Made
from parcours.scores.world import World

FIRST = date(2026, 1, 31)
DAYS = Duration.parse("30 days")


@kind("coin", of="score")
@dataclass(frozen=True)
class Coin:
    """Everybody is as likely as everybody else; even persons do it."""

    table: ClassVar[str] = "propensities"
    within: Duration = DAYS
    fewest: int = 2

    def make(self, world: World) -> Made:
        world.have("people")
        people = world.engine.arrow("SELECT person_id FROM world_people ORDER BY person_id")["person_id"]
        rows = pa.table({
            "person_id": people, "probability": [0.5] * len(people), "decile": [1] * len(people),
            "reasons": ["[]"] * len(people),
        })  # fmt: skip
        return Made(
            rows, Card(method="coin", people=len(people), kept=True, measure="error", value=0.1, plain_value=0.2)
        )

    def happened(self, world: World, made_on: date) -> pa.Table:
        return world.engine.arrow("SELECT person_id, person_id % 2 AS did FROM world_people ORDER BY person_id")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Warehouse]:
    engine = open_engine("duckdb", memory="200MB", temporary=tmp_path / "temporary")
    yield Warehouse(tmp_path / "warehouse", engine)
    engine.close()


def run(house: Warehouse, day: date, persons: int, score: Any = None) -> dict[str, list[dict[str, Any]]]:
    """The tables of scores after a day with so many persons."""
    one = score or Coin()
    project = SimpleNamespace(
        currency="EUR",
        folder=Path("nowhere"),
        scores={"coin": Score(name="coin", kind=one, pack="own", place=Place("x"))},
    )
    with house.draft(now=datetime.combine(day, datetime.min.time(), UTC)) as draft:
        _people(draft, persons)
        for name in ("record_persons", "orders", "order_lines", "products", "events", "message_events", "redemptions"):
            draft.declare(name)
        draft.put("profiles", lambda: pa.table({"person_id": pa.array([], pa.int64())}), settings="none")
        scores.build(draft, cast(Project, project), as_of=day, progress=lambda *_: None)
        names = ("propensities", "score_models", "score_checks")
        draft.read(*names)
        made = {name: draft.engine.rows(f"SELECT * FROM {name}") for name in names}
        draft.publish({})
    return made


def _people(draft: Draft, persons: int) -> None:
    columns = schema(CONTRACTS["persons"].columns)
    row = dict.fromkeys(columns.names) | {"known": True, "records": 1, "first_seen": datetime(2025, 1, 1)}
    rows = [row | {"person_id": number, "household_id": number} for number in range(1, persons + 1)]
    draft.put("persons", lambda: pa.Table.from_pylist(rows, schema=columns), settings=persons)


def test_a_score_writes_its_rows_and_how_it_was_learned(house: Warehouse) -> None:
    made = run(house, FIRST, 4)
    assert [(row["score"], row["person_id"], row["probability"]) for row in made["propensities"]] == [
        ("coin", number, 0.5) for number in (1, 2, 3, 4)
    ]
    (card,) = made["score_models"]
    assert (card["kind"], card["method"], card["kept"], card["refused"]) == ("coin", "coin", True, None)


def test_too_few_customers_are_told_with_the_number_that_is_missing(house: Warehouse) -> None:
    made = run(house, FIRST, 1)
    assert made["propensities"] == []
    assert made["score_models"][0]["refused"] == '{"code": "too_few_people", "found": 1, "needed": 2}'


def test_a_forecast_is_held_against_what_happened_when_its_days_are_over(house: Warehouse) -> None:
    assert run(house, FIRST, 4)["score_checks"] == []
    assert run(house, FIRST + timedelta(29), 4)["score_checks"] == []
    (check,) = run(house, FIRST + timedelta(30), 4)["score_checks"]
    assert (check["made_on"], check["checked_on"]) == (FIRST, FIRST + timedelta(30))
    assert (check["people"], check["predicted"], check["actual"]) == (4, 0.5, 0.5)


def test_a_second_run_of_the_same_day_changes_nothing(house: Warehouse) -> None:
    assert run(house, FIRST, 4) == run(house, FIRST, 4)


def test_other_settings_are_another_score(house: Warehouse) -> None:
    run(house, FIRST, 4)
    assert run(house, FIRST, 4, replace(Coin(), fewest=9))["propensities"] == []
