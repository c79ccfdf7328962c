"""What a slot would have earned had one variant always been shown, from the log of how it was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from parcours.decisions.evaluation import CannotTell, Estimate, Log, evaluate
from parcours.project.slot import Slot
from parcours.state import Database, queries

MOST = 500_000  # newest decisions
CLIP = 50.0  # a decision stands for so many at most
_QUERIES = queries("decision")


@dataclass(frozen=True)
class WhatIf:
    """One variant always shown to those to whom it might be: how many decisions these are, and three estimates of what
    a decision would have earned (`ips`, `snips`, `dr`), each with what the log itself earned, or why it cannot tell."""

    variant: str
    decisions: int
    estimates: Mapping[str, Estimate | CannotTell]


def outcomes(database: Database, slot: Slot, *, now: datetime) -> list[dict[str, Any]]:
    """The decisions of the slot as it is written now that are over, with what came of them."""
    values = {"slot": slot.name, "version": slot.version, "kind": slot.success.by,
              "before": now - slot.success.within.delta, "most": MOST}  # fmt: skip
    return database.run(_QUERIES["outcomes"], values)


def what_if(slot: Slot, rows: Sequence[Mapping[str, Any]], *, seed: int = 0) -> list[WhatIf]:
    """Each variant of the slot always shown, held against how it was decided."""
    arms = tuple(dict.fromkeys([*slot.variants, *(row["arm"] for row in rows)]))
    place = {arm: at for at, arm in enumerate(arms)}
    return [_always(variant, [row for row in rows if variant in (row["might"] or ())], place, seed)
            for variant in slot.variants]  # fmt: skip


def _always(variant: str, rows: Sequence[Mapping[str, Any]], place: Mapping[str, int], seed: int) -> WhatIf:
    features = [row["features"] for row in rows]
    log = Log(
        np.array([place[row["arm"]] for row in rows], np.int64),
        np.array([row["reward"] for row in rows], np.float64),
        np.array([row["propensity"] for row in rows], np.float64),
        context=np.array(features, np.float64)[:, 1:] if rows and all(features) else None,
        unit=np.array([row["number"] for row in rows], np.int64),
    )
    target = np.zeros((len(rows), len(place)))
    target[:, place[variant]] = 1.0
    found = {by: evaluate(log, target, by=by, clip=CLIP, seed=seed) for by in ("ips", "snips", "dr")}  # type: ignore[arg-type]
    return WhatIf(variant, len(rows), found)
