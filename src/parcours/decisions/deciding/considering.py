"""What may stand in a slot for one person, and why the rest may not: candidates, the merchants' rules, the filters."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.project.slot import Arrangement, Slot
from parcours.rules import for_person
from parcours.rules.rule import Rule

# Why a candidate is not shown, beside the codes of the filters.
NOT_FOR_THEM, NOT_YET, OVER, BY_RULE = "not_for_them", "not_yet", "over", "by_rule"
STOPPED, ON_PAGE = "stopped", "on_page"


@dataclass(frozen=True)
class Considered:
    """Every candidate, each once, with why it is removed (None: it is not) and its place by rule (None: by choice).

    `held` are the positions of the merchants' rules that held.
    """

    candidates: tuple[Candidate, ...]
    removed: tuple[str | None, ...]
    first: tuple[int | None, ...]
    held: tuple[int, ...]

    @property
    def left(self) -> list[int]:
        """The positions of those that may be shown."""
        return [at for at, why in enumerate(self.removed) if why is None]


def consider(person: Person, slot: Slot, shop: Shop, *, stopped: Collection[str] = ()) -> Considered:
    """Everything that may or may not stand in a slot for a person; `stopped` are candidates that proved harmful."""
    found = tuple(_once(person, slot, shop))
    held = tuple(at for at, rule in enumerate(slot.rules) if _holds(rule.when, person))
    rules = [slot.rules[at] for at in held]
    ranks = _ranks(rules)
    removed = tuple(STOPPED if one.key in stopped else _why_not(one, person, slot, shop, rules) for one in found)
    return Considered(found, removed, tuple(ranks.get(one.key) for one in found), held)


def _once(person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
    seen: set[str] = set()
    for kind in slot.candidates:
        for candidate in kind.of(person, slot, shop):
            if candidate.key not in seen:
                seen.add(candidate.key)
                yield candidate


def _ranks(rules: list[Arrangement]) -> dict[str, int]:
    """The places that rules give, an earlier rule before a later one."""
    return {key: place for place, key in enumerate(dict.fromkeys(key for rule in rules for key in rule.first))}


def _why_not(one: Candidate, person: Person, slot: Slot, shop: Shop, rules: list[Arrangement]) -> str | None:
    if one.key in person.on_page:
        return ON_PAGE
    if why := _not_theirs(one, person, slot):
        return why
    if any(one.key in rule.never or (rule.only and one.key not in rule.only) for rule in rules):
        return BY_RULE
    return next((why for kind in slot.filters if (why := kind.why_not(one, person, slot, shop))), None)


def _not_theirs(one: Candidate, person: Person, slot: Slot) -> str | None:
    """Whom a variant is for, and when."""
    variant = slot.variants.get(one.key) if one.sort == "variant" else None
    if variant is None:
        return None
    day = person.moment.day
    if variant.starts and day < variant.starts:
        return NOT_YET
    if variant.until and day > variant.until:
        return OVER
    return None if _holds(variant.who, person) else NOT_FOR_THEM


def _holds(rule: Rule | None, person: Person) -> bool:
    segments = person.segments if person.may_use else ()
    return rule is None or for_person(rule, person.values, person.moment, segments=segments)
