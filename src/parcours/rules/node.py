"""One node of a YAML file while it is read as a rule: its value, its place, and where its mistakes go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn, TypeAlias

from parcours.model.value import Duration, Fault, Place
from parcours.rules.fit import nearest

Path: TypeAlias = tuple[str | int, ...]
PlaceOf: TypeAlias = Callable[[Path], Place]


class Mistaken(Exception):
    """This node is wrong: the fault has been written down, and there is nothing to give."""


@dataclass(frozen=True)
class Node:
    """A value as YAML gave it, and the path to it from the rule's root."""

    value: Any
    path: Path
    place_of: PlaceOf
    faults: list[Fault]

    @property
    def place(self) -> Place:
        return self.place_of(self.path)

    @property
    def shown(self) -> str:
        """The value as a fault quotes it."""
        return "nothing" if self.value is None else repr(self.value) if isinstance(self.value, str) else str(self.value)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, Mapping) and key in self.value

    def __getitem__(self, key: str | int) -> Node:
        return Node(self.value[key], (*self.path, key), self.place_of, self.faults)

    def as_(self, value: Any) -> Node:
        """The same place, read as if something longer had been written there."""
        return Node(value, self.path, self.place_of, self.faults)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, Mapping) and bool(self.value)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys of a mapping with their nodes; the members of a list, with an empty key."""
        if isinstance(self.value, Mapping):
            for key in self.value:
                yield str(key), self[key]
        else:
            for number in range(len(self.value)):
                yield "", self[number]

    def wrong(self, message: str, hint: str = "") -> NoReturn:
        """Writes down that this node is wrong."""
        self.faults.append(Fault(self.place, message, hint))
        raise Mistaken

    def only(self, words: Sequence[str]) -> None:
        """Refuses every key that is not one of these words."""
        unknown = [(key, node) for key, node in self.entries() if key not in words]
        for key, node in unknown:
            self.faults.append(Fault(node.place, f"no setting {key!r} here.", nearest(key, words)))
        if unknown:
            raise Mistaken

    # -- values

    def scalar(self) -> Any:
        """A plain Python value (YAML readers hand out their own kinds of text and number)."""
        value = self.value
        if isinstance(value, datetime | date):
            return value
        if isinstance(value, float) and not math.isfinite(value):
            self.wrong(f"{self.shown} is not a value one can compare with.")
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        self.wrong(f"{self.shown} is not a value one can compare with.")

    def scalars(self) -> tuple[Any, ...]:
        """The members of a list of values, one at least."""
        if not isinstance(self.value, list) or not self.value:
            self.wrong("a list of values stands here, with one value at least.")
        return tuple(node.scalar() for _, node in self.entries())

    def length(self) -> Duration:
        """A length of time, longer than nothing."""
        try:
            length = Duration.parse(self.value)
        except ValueError as error:
            self.wrong(f"{error}.")
        if length.seconds == 0:
            self.wrong("a length of time is longer than nothing.")
        return length

    def day(self) -> date:
        """A day of the calendar."""
        if isinstance(self.value, date) and not isinstance(self.value, datetime):
            return self.value
        try:
            return date.fromisoformat(self.value)
        except (TypeError, ValueError):
            self.wrong(f"{self.shown} is not a day.", "Write for example 2026-01-31.")

    def times(self) -> int:
        """How many times, from 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 0:
            self.wrong(f"{self.shown} is not a number of times.")
        return int(self.value)

    def word(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            self.wrong(f"{self.shown} is not a text: write one between quotes.")
        return str(self.value)
