"""Attributes by the second: what was published, and what happened since.

An attribute with a window of days is read anew from everything in it, by the very reading that one person's facts have
in a batch (`for_person`). One without a window goes on from its published value: counts and sums add what is new, the
last and the first compare with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parcours.model.value import Fault
from parcours.profiles.kinds.count import Count
from parcours.profiles.kinds.first import First
from parcours.profiles.kinds.last import Last
from parcours.profiles.kinds.sum import Sum
from parcours.profiles.over_facts import OverFacts
from parcours.profiles.person import PersonFacts
from parcours.profiles.selection import Row
from parcours.project.definitions import Attribute, Project
from parcours.rules import attributes_used
from parcours.rules.moment import Moment
from parcours.rules.rule import AllOf

LONGEST = timedelta(days=31)
LATE = timedelta(days=7)  # what arrives later than this counts from the next publication on
EVENTS = frozenset({
    "name", "event_time", "event_date", "channel", "product_id", "category", "brand", "order_id", "value", "quantity",
    "query", "page_url", "page_path", "referrer", "utm_source", "utm_medium", "utm_campaign", "acquisition",
    "session_id", "consent_marketing",
})  # fmt: skip
ORDERS = frozenset({
    "order_id", "order_time", "order_date", "channel", "store_id", "status", "net_amount", "units", "is_purchase",
})  # fmt: skip
COLUMNS = {"events": EVENTS, "orders": ORDERS}


@dataclass(frozen=True)
class Recent:
    """What is known of somebody's newest deeds, by table: all of them, and those no publication knows."""

    everything: Mapping[str, Sequence[Row]]
    fresh: Mapping[str, Sequence[Row]]


def live(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """The attributes that are kept up to date by the second."""
    return {name: attribute for name, attribute in attributes.items() if attribute.live}


def adds(attribute: Attribute) -> bool:
    """Whether what several people did is, of one person, the sum."""
    return attribute.kind.within is None and isinstance(attribute.kind, Count | Sum)


def columns(attributes: Mapping[str, Attribute], table: str) -> frozenset[str]:
    """The columns of a table that the live attributes look at."""
    kinds = [attribute.kind for attribute in live(attributes).values() if attribute.kind.table == table]
    return frozenset(name for kind in kinds for name in (kind.column, *attributes_used(AllOf(kind.chosen.rules))))


def since(attributes: Mapping[str, Attribute], moment: Moment) -> datetime:
    """From when on messages have to be looked at, for windows and what comes late."""
    days = [moment.first_day(attribute.kind.within) for attribute in live(attributes).values() if attribute.kind.within]
    return min(moment.start_of(min([*days, moment.day])), moment.start_of(moment.day) - LATE)


def now(
    attributes: Mapping[str, Attribute], before: Mapping[str, Any], recent: Recent, moment: Moment
) -> dict[str, Any]:
    """The live attributes of one person at a moment; `before` is what was published of them."""
    everything, fresh = PersonFacts(recent.everything, moment), PersonFacts(recent.fresh, moment)
    return {name: _now(attribute.kind, before.get(name), everything, fresh)
            for name, attribute in live(attributes).items()}  # fmt: skip


def _now(kind: OverFacts, before: Any, everything: PersonFacts, fresh: PersonFacts) -> Any:
    if kind.within is not None:
        return kind.for_person(everything)
    if isinstance(kind, Count | Sum):
        return (before or 0) + kind.for_person(fresh)
    if isinstance(kind, Last):
        found = kind.for_person(everything)
        return before if found is None else found
    return min((value for value in (before, kind.for_person(everything)) if value is not None), default=None)


def check(project: Project) -> list[Fault]:
    """What is wrong with the live attributes of a project."""
    return [fault for attribute in live(project.attributes).values() for fault in _faults(attribute)]


def _faults(attribute: Attribute) -> Iterator[Fault]:
    kind, place = attribute.kind, attribute.place
    if not isinstance(kind, OverFacts) or kind.table not in COLUMNS or kind.between or kind.uses:
        yield Fault(place, f"'{attribute.name}' cannot be live.", "A live attribute looks at events or orders.")
        return
    strangers = sorted(_columns(kind) - COLUMNS[kind.table])
    if strangers:
        there = ", ".join(sorted(COLUMNS[kind.table]))
        yield Fault(place, f"'{strangers[0]}' is not known by the second.", f"There is {there}.")
    if kind.within is None and not _goes_on(kind):
        yield Fault(place, f"'{attribute.name}' is live without a window.", "Give it one, as in 'within: 7 days'.")
    if kind.within is not None and kind.within.delta > LONGEST:
        yield Fault(place, f"the window of '{attribute.name}' is too long to be live.", "31 days are the longest.")


def _goes_on(kind: OverFacts) -> bool:
    """Whether a value without a window can go on from the published one."""
    if isinstance(kind, First):
        return kind.nth == 1 and kind.column in ("event_time", "event_date", "order_time", "order_date")
    return isinstance(kind, Count | Sum) or (isinstance(kind, Last) and kind.nth == 1)


def _columns(kind: OverFacts) -> set[str]:
    used: Iterable[str] = attributes_used(kind.where) if kind.where is not None else ()
    return {*used, *([kind.column] if kind.column else [])}
