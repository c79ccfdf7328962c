"""Why two records may be one person, so that someone can read it: each column's agreement and what it weighs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from parcours.engine.duckdb import DuckDB
from parcours.identity.relations import PERSON, Floats, Shares

CHANCE, OTHERWISE = "chance", "otherwise"


@dataclass(frozen=True)
class Evidence:
    """Scored pairs: for each comparison, the level of each pair (-1: nothing to compare) and what it weighs."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    labels: Mapping[str, list[str]]
    level: Mapping[str, NDArray[np.int64]]
    weight: Mapping[str, Floats]

    def only(self, kept: NDArray[np.bool_]) -> Evidence:
        """The same for some of the pairs."""
        return Evidence(
            self.left[kept], self.right[kept], self.labels,
            {name: values[kept] for name, values in self.level.items()},
            {name: values[kept] for name, values in self.weight.items()},
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.left)


def read(engine: DuckDB, scored: str, labels: Mapping[str, list[str]]) -> Evidence:
    """The evidence of a table of scored pairs, in the order of their record ids."""
    columns = ["l.record_id AS left_record", "r.record_id AS right_record"]
    adjusted = engine.columns(exp.select("*").from_(scored))
    for name in labels:
        rarity = f"mw_tf_adj_{name}"
        columns.append(f"s.gamma_{name} AS gamma_{name}")
        columns.append(f"s.mw_{name} + {rarity if rarity in adjusted else 0} AS weight_{name}")
    query = (
        exp.select(*columns)
        .from_(f"{scored} AS s")
        .join("prepared AS l", on="l.record_number = s.record_number_l")
        .join("prepared AS r", on="r.record_number = s.record_number_r")
        .order_by("1", "2")
    )
    table = engine.arrow(query)

    def column(name: str) -> NDArray[np.int64]:
        return table[name].to_numpy()

    return Evidence(
        column("left_record"), column("right_record"), labels,
        {name: column(f"gamma_{name}") for name in labels},
        {name: np.round(table[f"weight_{name}"].to_numpy(), 4) for name in labels},
    )  # fmt: skip


def texts(found: Evidence, shares: Shares, against: Floats, relation: NDArray[np.str_]) -> list[str]:
    """The evidence of each pair as JSON: {"last_name": {"level": "same", "weight": 8.1}, ...}.

    The last two parts are no column's: "chance", how rare it is that two records are one person, and "otherwise",
    what takes weight away because people of one household (street, family) would agree as much.
    """
    columns = [_parts(name, found.level[name], found.weight[name], found.labels[name]) for name in found.labels]
    chance = _part(CHANCE, "any two records", log_odds(shares))
    others = [_part(OTHERWISE, label, weight) if weight < -0.005 else "" for label, weight in zip(relation, against)]
    rows = zip(*columns, [chance] * len(found), others)
    return ["{" + ", ".join(part for part in row if part) + "}" for row in rows]


def log_odds(shares: Shares) -> float:
    """How rare it is that two records are one person, as a weight."""
    return float(np.log2(shares.of[PERSON] / (1 - sum(shares.of.values()))))


def _parts(name: str, level: NDArray[np.int64], weight: Floats, labels: list[str]) -> list[str]:
    """One comparison's part of each text. Few of them differ, so each is made once."""
    keys = np.stack([level.astype(float), np.round(weight, 2)], axis=1)
    distinct, which = np.unique(keys, axis=0, return_inverse=True)
    made = [_part(name, labels[int(at)], weighs) if at >= 0 else "" for at, weighs in distinct]
    return [made[at] for at in which.reshape(-1)]


def _part(name: str, level: str, weight: float) -> str:
    return json.dumps({name: {"level": str(level), "weight": round(float(weight), 2)}}, ensure_ascii=False)[1:-1]
