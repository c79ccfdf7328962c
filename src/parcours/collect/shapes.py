"""Learns how events are built, and tells when one is built differently: a new property, or one of another type.

What comes within a day of an event's first is learned; what comes later for the first time is a change. Nothing is
refused for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from parcours.collect.message import Collected

LEARNED = timedelta(days=1)
MOST_EVENTS = 1_000  # of a source; what goes beyond is no name of an event but a value, and is not learned
MOST_PROPERTIES = 500  # of an event; likewise
LONGEST_NAME = 100  # characters
TYPES = {str: "text", bool: "yes or no", int: "number", float: "number", dict: "object", list: "list"}
MOST_FORMS = 10_000  # that are remembered: names and types as they came together


@dataclass(frozen=True)
class Shape:
    """That a property of an event had values of a type, since when; a change if it was not so at first."""

    source: str
    event: str
    property: str
    type: str
    since: datetime
    change: bool


@dataclass
class _Known:
    since: datetime
    types: set[tuple[str, str]] = field(default_factory=set)


class Shapes:
    """How the events of all sources are built, as far as this process knows."""

    def __init__(self, known: Iterable[Mapping[str, Any]]) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._events: dict[str, int] = {}
        self._forms: set[tuple[Any, ...]] = set()  # in which nothing is new
        self.changes: dict[str, int] = {}
        for row in known:
            self._learn(Shape(**row))

    def new(self, messages: Iterable[Collected]) -> list[Shape]:
        """What was not known before, in one order wherever it is written."""
        found = {(shape.source, shape.event, shape.property, shape.type): shape
                 for message in messages for shape in self._new(message)}  # fmt: skip
        return [found[at] for at in sorted(found)]

    def written(self, shapes: Iterable[Shape]) -> None:
        """Takes note that this is on disk."""
        for shape in shapes:
            self._learn(shape)
            if shape.change:
                self.changes[shape.source] = self.changes.get(shape.source, 0) + 1

    def _new(self, message: Collected) -> Iterator[Shape]:
        event = message.name if message.kind == "track" and message.name else message.kind
        said = message.properties or {}
        form = (message.source, event, *said, *map(type, said.values()))
        if form in self._forms:
            return
        known = self._known.get((message.source, event))
        if len(event) > LONGEST_NAME or (known is None and self._events.get(message.source, 0) >= MOST_EVENTS):
            return
        types = known.types if known is not None else set()
        seen = {(name, TYPES[type(value)]) for name, value in said.items() if value is not None}
        if seen <= types:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            self._forms.add(form)
            return
        change = known is not None and message.received_at > known.since + LEARNED
        for name, kind in seen - types:
            if len(name) <= LONGEST_NAME and len(types) < MOST_PROPERTIES:
                yield Shape(message.source, event, name.replace("\x00", ""), kind, message.received_at, change)

    def _learn(self, shape: Shape) -> None:
        at = (shape.source, shape.event)
        if at not in self._known:
            self._known[at] = _Known(shape.since)
            self._events[shape.source] = self._events.get(shape.source, 0) + 1
        known = self._known[at]
        known.since = min(known.since, shape.since)
        known.types.add((shape.property, shape.type))
