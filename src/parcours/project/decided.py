"""Explains a decision: who asked, what was known, what was shown and why, what was removed and why, what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.model import person as person_ids
from parcours.project.definitions import Project
from parcours.rules import in_words
from parcours.rules.words import Titles

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Considered:
    """Something that might have been shown: why it was there, why it was removed (None: it was not), its score."""

    key: str
    why: str
    removed: str | None
    score: float | None


@dataclass(frozen=True)
class Came:
    """What came of a decision: of what that was shown, what kind, when, and how it was settled."""

    key: str | None
    kind: str
    value: float
    at: datetime
    outcome: str


@dataclass(frozen=True)
class DecisionExplained:
    """A decision as it was logged; `current` says whether the slot's file is still that version (None: no such slot).

    `person` is nobody where somebody unknown asked. `rules` are the positions of the merchants' rules that held,
    `of` how many things were considered: of a long list not all are kept.
    """

    decision_id: str
    at: datetime
    slot: str
    version: str
    current: bool | None
    person: str | None
    here: Mapping[str, Any]
    ignored: Sequence[str]
    may_use: bool
    how: str
    because: str | None
    shown: Sequence[str]
    propensity: float | None
    by_rule: Sequence[str]
    rules: Sequence[int]
    considered: Sequence[Considered]
    of: int
    came: Sequence[Came]


def decision(row: Row, came: Sequence[Row], project: Project) -> DecisionExplained:
    """A decision explained, from its row and those of what came of it."""
    told, slot = json.loads(row["told"]), project.slots.get(row["slot"])
    return DecisionExplained(
        decision_id=str(row["decision"]),
        at=row["at"],
        slot=row["slot"],
        version=row["version"],
        current=None if slot is None else slot.version == row["version"],
        person=None if row["person"] is None else person_ids.show(row["person"]),
        here=told["here"],
        ignored=told["ignored"],
        may_use=told["may_use"],
        how=row["how"],
        because=row["because"],
        shown=row["shown"],
        propensity=row["propensity"],
        by_rule=told["by_rule"],
        rules=told["rules"],
        considered=[Considered(*each) for each in told["considered"]],
        of=told["of"],
        came=[Came(each["arm"], each["kind"], each["value"], each["at"], each["outcome"]) for each in came],
    )


def rules_in_words(found: DecisionExplained, project: Project, titles: Titles, language: str) -> list[tuple[str, str]]:
    """The merchants' rules that held: where each stands, and when it holds; none where the slot is another by now."""
    if not found.current:
        return []
    rules = [project.slots[found.slot].rules[at] for at in found.rules]
    return [(str(rule.place), in_words(rule.when, language, titles) if rule.when is not None else "") for rule in rules]
