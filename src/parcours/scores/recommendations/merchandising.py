"""What the merchant decides: `merchandising.yaml` says what is promoted, pinned, buried and never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parcours.model.kind import setting
from parcours.model.value import Fault, Place
from parcours.project.faults import Faults, close_to
from parcours.project.nodes import read_yaml
from parcours.project.reader import Reader, Wrong
from parcours.scores.recommendations.purchases import Floats, Small
from parcours.scores.recommendations.shop import Catalogue

FILE = "merchandising.yaml"
ANYWHERE = Place(FILE)
WHAT = ("product", "category", "brand", "tag")
AGAINST = {("never", "pin"), ("never", "promote"), ("bury", "pin"), ("bury", "promote"), ("bury", "never")}
BURIED = -1000.0  # behind everything that is not, on the log-odds scale; ahead of nothing


@dataclass(frozen=True, kw_only=True)
class Merchandise:
    """Which articles a rule is about, and when; all that is said must hold."""

    __short__: ClassVar[str] = "product"
    product: str | None = setting(None, doc="The id of an article.")
    category: str | None = setting(None, doc="A category of any level, or a whole path (`Drinks > Tea`).")
    brand: str | None = setting(None, doc="A brand.")
    tag: str | None = setting(None, doc="A word among the other properties of the catalogue.")
    since: date | None = setting(None, key="from", doc="The first day; else always.")
    until: date | None = setting(None, doc="The last day; else for ever.")
    because: str | None = setting(None, doc="Why, for those who come later.")
    place: Place = ANYWHERE

    def __post_init__(self) -> None:
        if not self.about:
            raise ValueError("this rule names no article: write one of product, category, brand and tag")
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"this rule ends on {self.until}, before it begins on {self.since}")

    @property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What it names: `(("category", "Tea"),)`."""
        return tuple((what, getattr(self, what)) for what in WHAT if getattr(self, what) is not None)

    def holds(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return (self.since or day) <= day <= (self.until or day)

    def meets(self, other: Merchandise) -> bool:
        """Whether both are about the same on some day."""
        latest, earliest = (
            max(self.since or date.min, other.since or date.min),
            min(self.until or date.max, other.until or date.max),
        )
        return self.about == other.about and latest <= earliest


@dataclass(frozen=True, kw_only=True)
class Promoted(Merchandise):
    """An article that is shown more."""

    times: float = setting(2.0, doc="How many times as probable it is taken to be.")


@dataclass(frozen=True, kw_only=True)
class Pinned(Merchandise):
    """An article at a place of everybody's list."""

    at: int = setting(1, doc="The place, from 1.")


@dataclass(frozen=True, kw_only=True)
class Merchandising:
    """All of merchandising.yaml."""

    never: tuple[Merchandise, ...] = setting((), doc="What is not shown to anybody.")
    pin: tuple[Pinned, ...] = setting((), doc="What stands at a place of everybody's list where it may be shown.")
    promote: tuple[Promoted, ...] = setting((), doc="What is shown more.")
    bury: tuple[Merchandise, ...] = setting((), doc="What is shown only where there is nothing else.")

    def each(self) -> Iterator[tuple[str, Merchandise]]:
        """Every rule with its word."""
        for word in ("never", "pin", "promote", "bury"):
            yield from ((word, rule) for rule in getattr(self, word))


@dataclass(frozen=True)
class Ruled:
    """The rules of a day, by article: what may be shown, what is added to its log-odds, and what is pinned where."""

    shown: np.ndarray[Any, np.dtype[np.bool_]]
    raised: Floats
    pins: tuple[tuple[int, int], ...]  # (place, article), sorted
    notes: tuple[dict[str, Any], ...] = ()


def merchandising(folder: Path | None) -> Merchandising:
    """The merchant's rules; none without a file. What is wrong with them is told by `check`."""
    found = _read(folder / FILE, Faults()) if folder and (folder / FILE).is_file() else None
    return found or Merchandising()


def check(folder: Path) -> list[Fault]:
    """What is wrong with a project's own merchandising.yaml, if it has one: also rules that contradict each other."""
    faults = Faults()
    if (folder / FILE).is_file():
        found = _read(folder / FILE, faults)
        _contradictions(found or Merchandising(), faults)
    return faults.found


def _read(file: Path, faults: Faults) -> Merchandising | None:
    node = read_yaml(file, FILE, faults)
    if node is None:
        return None
    try:
        return Reader(FILE, faults, lambda text, at: None, lambda node, at: None).dataclass(
            Merchandising, node, Place(FILE)
        )
    except Wrong:
        return None


def _contradictions(rules: Merchandising, faults: Faults) -> None:
    said = sorted(rules.each(), key=lambda each: each[1].place)
    for (word, rule), (other_word, other) in combinations(said, 2):
        if tuple(sorted((word, other_word))) in AGAINST and rule.meets(other):
            what = " and ".join(f"{name} {value!r}" for name, value in rule.about)
            faults.add(
                other.place,
                f"'{other_word}' contradicts '{word}' of {rule.place}: both are about {what} on the same days.",
                "Remove one, or let one end before the other begins.",
            )
        if isinstance(rule, Pinned) and isinstance(other, Pinned) and _same_place(rule, other):
            faults.add(
                other.place,
                f"two articles are pinned at place {rule.at}: the other one is of {rule.place}.",
                "Give each a place of its own.",
            )


def _same_place(one: Pinned, other: Pinned) -> bool:
    latest = max(one.since or date.min, other.since or date.min)
    earliest = min(one.until or date.max, other.until or date.max)
    return one.at == other.at and latest <= earliest


def ruled(rules: Merchandising, catalogue: Catalogue, day: date) -> Ruled:
    """The rules of a day over the articles. What names nothing of the catalogue, or ends nowhere, is noted."""
    shown, raised = catalogue.listed.copy(), np.zeros(len(catalogue.ids), np.float32)
    finder, pins, notes = _Finder(catalogue), dict[int, int](), list[dict[str, Any]]()
    for word, rule in rules.each():
        found = finder.articles(rule)
        if not len(found):
            notes.append({"code": "rule_without_article", "line": rule.place.line, **finder.missing(rule)})
        if not rule.holds(day) or not len(found):
            continue
        if word == "never":
            shown[found] = False
        elif word == "bury":
            raised[found] += BURIED
        elif isinstance(rule, Promoted):
            raised[found] += np.float32(np.log(max(rule.times, 1e-3)))
        elif isinstance(rule, Pinned):
            for step, article in enumerate(found[:1] if rule.product else found):
                pins.setdefault(rule.at + step, int(article))
    for place, article in sorted(pins.items()):
        if not shown[article]:
            notes.append({"code": "pin_never_shown", "product": catalogue.ids[article]})
            del pins[place]
    return Ruled(shown, raised, tuple(sorted(pins.items())), tuple(notes))


class _Finder:
    """Finds the articles that a rule is about."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._columns = {name: catalogue.rows[name].to_pylist() for name in catalogue.rows.column_names}
        self._count = len(catalogue.ids)

    def articles(self, rule: Merchandise) -> Small:
        """The numbers of the articles for which all holds that the rule says."""
        holds = np.ones(self._count, bool)
        for what, wanted in rule.about:
            holds &= np.array([wanted in each for each in self._words(what)], bool)
        return np.flatnonzero(holds).astype(np.int32)

    def missing(self, rule: Merchandise) -> dict[str, str]:
        """What a rule names that there is not, and the nearest name there is."""
        for what, wanted in rule.about:
            known = set().union(*self._words(what)) if self._count else set()
            if wanted not in known:
                return {"what": what, "name": wanted, "near": close_to(wanted, known)}
        return {"what": "product", "name": " ".join(value for _, value in rule.about), "near": ""}

    def _words(self, what: str) -> list[set[str]]:
        if what == "product":
            return [{each} for each in self._columns["product_id"]]
        if what == "brand":
            return [{each} if each else set() for each in self._columns["brand"]]
        if what == "tag":
            return [_tags(each) for each in self._columns["properties"]]
        levels = [self._columns[name] for name in ("category_1", "category_2", "category_3", "category_path")]
        return [{each for each in row if each} for row in zip(*levels)]


def _tags(properties: str | None) -> set[str]:
    """The words among an article's properties: values, and the items of lists."""
    try:
        said = json.loads(properties) if properties else {}
    except ValueError:
        return set()
    values = said.values() if isinstance(said, dict) else [said]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return {word.strip() for item in flat if isinstance(item, str) for word in item.split(",")}
