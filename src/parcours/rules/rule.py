"""A rule as data: who is meant, as a tree of conditions, never as a string of code.

Unknown is not a match, and `not` of unknown is a match: every condition is true or false, never in between. All three
readers (over a table, for one person, in words) read these very classes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeAlias

from parcours.model.value import Duration, Money, Place, Share

Scalar: TypeAlias = str | int | float | bool | date | datetime | Money | Share | Duration
Value: TypeAlias = Scalar | tuple[Scalar, ...]

# Where a condition was written does not change what it means: `place` is never compared, two equal conditions are one.
NOWHERE = Place("", 0)
SAME_DAY = "same day"


@dataclass(frozen=True)
class AllOf:
    """Every one of these conditions."""

    rules: tuple[Rule, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class AnyOf:
    """At least one of these conditions."""

    rules: tuple[Rule, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Not:
    """Everybody for whom the condition does not hold, or is unknown."""

    rule: Rule
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Compare:
    """One attribute (or column) against a value: `spend_365d: {at_least: 500 EUR}`."""

    subject: str
    op: str
    value: Value
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class InSegment:
    """Being in another segment."""

    segment: str
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    @property
    def column(self) -> str:
        """The boolean column that holds it when segments are evaluated over a table."""
        return segment_column(self.segment)


@dataclass(frozen=True)
class Window:
    """When it happened: in the last days, before them, or between two dates (both included). Empty: ever."""

    within: Duration | None = None
    longer_ago_than: Duration | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Deed:
    """Something people do: an event, an order, a message opened; with a condition on its columns."""

    fact: str  # a word of rules/facts.py: event, order, bought, message ...
    name: str = "any"
    where: Rule | None = None


@dataclass(frozen=True)
class Done:
    """How often somebody did something in a window of time."""

    deed: Deed
    window: Window = Window()

    @cached_property
    def column(self) -> str:
        """The column that holds the count, the same for every rule that asks for the same."""
        return _column("did", self.deed.name if self.deed.name != "any" else self.deed.fact, self)


@dataclass(frozen=True)
class Followed:
    """How often something was followed, or was not followed, by something else.

    `first` counts when it happened in the window. `then` must come after it and `then_not` must not, both within the
    time given, on the same day, or (None) until now. With a time given, `then_not` waits until that time is over.
    On the same day, a row that gives no hour (it landed at midnight) counts as coming last.
    `same` asks both to agree on a column: viewed this product, and did not buy this product.
    """

    first: Deed
    then: Deed | None
    then_not: Deed | None
    within: Duration | str | None = None  # a Duration, "same day" or None
    window: Window = Window()
    same: str | None = None

    @cached_property
    def column(self) -> str:
        """The column that holds the count of `first` that match."""
        return _column("sequence", self.first.name, self)

    @property
    def deeds(self) -> tuple[Deed, ...]:
        return tuple(deed for deed in (self.first, self.then, self.then_not) if deed is not None)


Activity: TypeAlias = Done | Followed


@dataclass(frozen=True)
class Happened:
    """That an activity happened so many times: `did: {event: product_viewed, within: 14 days, at_least: 2}`."""

    activity: Activity
    at_least: int = 1
    at_most: int | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    def holds(self, count: int) -> bool:
        """Whether this many times is a match."""
        return count >= self.at_least and (self.at_most is None or count <= self.at_most)


Rule: TypeAlias = AllOf | AnyOf | Not | Compare | InSegment | Happened


def parts(rule: Rule) -> tuple[Rule, ...]:
    """The conditions directly inside one, in the order they were written."""
    if isinstance(rule, AllOf | AnyOf):
        return rule.rules
    return (rule.rule,) if isinstance(rule, Not) else ()


def walk(rule: Rule) -> Iterator[Rule]:
    """A rule and every condition inside it, in the order they were written."""
    yield rule
    for part in parts(rule):
        yield from walk(part)


def attributes_used(rule: Rule) -> tuple[str, ...]:
    """The attributes (or columns) a rule looks at, each once, in the order they were written."""
    return _once(leaf.subject for leaf in walk(rule) if isinstance(leaf, Compare))


def segments_used(rule: Rule) -> tuple[str, ...]:
    """The segments a rule looks into, each once."""
    return _once(leaf.segment for leaf in walk(rule) if isinstance(leaf, InSegment))


def activities(rule: Rule) -> tuple[Activity, ...]:
    """What people did or did not do, as far as a rule asks; each once, each one column of counts."""
    return tuple(dict.fromkeys(leaf.activity for leaf in walk(rule) if isinstance(leaf, Happened)))


def segment_column(segment: str) -> str:
    """The boolean column that says who is in a segment, while segments are evaluated."""
    return f"in_segment_{segment}"


def plain(thing: Any) -> Any:
    """A rule or a value as JSON can hold it, without places: what fingerprints are made of."""
    if is_dataclass(thing) and not isinstance(thing, type):
        kept = {f.name: plain(getattr(thing, f.name)) for f in fields(thing) if f.name != "place"}
        return {"is": type(thing).__name__, **kept}
    if isinstance(thing, tuple):
        return [plain(each) for each in thing]
    if isinstance(thing, datetime | date):
        return thing.isoformat()
    return thing


def _column(prefix: str, name: str, activity: Activity) -> str:
    text = json.dumps(plain(activity), sort_keys=True, ensure_ascii=False)
    return f"{prefix}_{name}_{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
