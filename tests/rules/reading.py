"""Rules as tests write them: the nodes a YAML file would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parcours import rules
from parcours.model.value import Place
from parcours.rules import Rule, Subject

SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject("spend_365d", "integer", "money"),
        Subject("orders", "integer"),
        Subject("return_rate", "number", "share"),
        Subject("days_since_last_order", "integer", "days"),
        Subject("city", "text"),
        Subject("opted_in", "boolean"),
        Subject("last_order", "date"),
        Subject("birth_date", "date"),
        Subject("seen_at", "time"),
    )
}


def read(node: Any) -> Rule:
    """A rule that must be without fault."""
    rule, faults = tried(node)
    assert rule is not None and faults == [], faults
    return rule


def faults_of(node: Any) -> list[str]:
    """What is wrong with a rule: the path to each mistake, and what is said of it."""
    return tried(node)[1]


def tried(node: Any) -> tuple[Rule | None, list[str]]:
    found: list[Any] = []
    rule = rules.parse(node, lambda path: Place("/".join(map(str, path)) or ".", 1), found)
    if rule is not None:
        rule = rules.fit(rule, SUBJECTS, found, currency="EUR", segments=["vip", "lapsing_vips"])
    return rule, [f"{fault.place.file}: {fault.message} {fault.hint}".strip() for fault in found]
