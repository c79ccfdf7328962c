"""What is known of a customer and an item at a day, from which the chance of a purchase is learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.scores.baskets import shelf as shelves
from parcours.scores.baskets.candidates import Candidates, candidates
from parcours.scores.baskets.history import Floats, History, Ints
from parcours.scores.baskets.pairs import SPANS, Pairs, pairs
from parcours.scores.baskets.shelf import TASTES, Shelf

STRONGEST = 80  # of so many of a customer's items it is asked what goes with them
TOGETHER = 2_000_000  # numbers that are gathered at once
_PAIR = (
    *(f"days_{span}" for span in SPANS), "faded_short", "faded", "faded_long", "windows", "windows_faded", "window_0",
    "window_1", "window_2", "last_ago", "first_ago", "gap", "gap_ratio", "trips_since", "per_trip_since_first", "units",
    "last_units", "units_ratio", "discounted", "products",
)  # fmt: skip
_RATES = ("per_trip_1", "per_trip_3", "per_trip", "expected")
_PERSON = ("came_ago", "customer_days", "trips_1", "trips_3", "trips", "items_1", "items_3", "items_per_trip")
_ABOVE = ("days_1", "days_3", "days_all", "last_ago", "share")


def names(catalogue: shelves.Catalogue) -> tuple[str, ...]:
    """The columns of the features, in order."""
    above = (f"above_{n + 1}_{column}" for n in range(len(catalogue.above)) for column in _ABOVE)
    return (*_PAIR, *_RATES, *_PERSON, *(f"item_{name}" for name in shelves.COLUMNS), *above, "neighbours", "taste")


@dataclass(frozen=True)
class Known:
    """The candidates of some customers at a day, and their features: a row a candidate."""

    people: Ints
    candidates: Candidates
    values: Floats
    pairs: Pairs
    shelf: Shelf

    def column(self, name: str) -> Floats:
        """One feature."""
        return self.values[:, names(self.shelf.catalogue).index(name)]


def known(history: History, shelf: Shelf, places: int, discover: int) -> Known:
    """What was known of these customers at the day of the shelf."""
    until = history.until(shelf.cut)
    own = pairs(until, len(shelf.catalogue), shelf.cut, shelf.within)
    who = np.flatnonzero(until.trips_until(np.arange(len(until.people)), shelf.cut) > 0)
    thought = candidates(own, shelf, places, discover)
    rows = np.isin(thought.person, who)
    thought = Candidates(thought.person[rows], thought.item[rows], thought.known[rows])
    columns = [
        _pair(until, own, thought, shelf),
        _person(until, own, thought, shelf),
        shelf.numbers[thought.item],
        *(_above(own, thought, above, shelf) for above in shelf.catalogue.above),
        neighbours(own, thought, shelf)[:, None],
        _taste(own, thought, shelf)[:, None],
    ]
    return Known(until.people, thought, np.hstack(columns), own, shelf)


def _pair(history: History, own: Pairs, thought: Candidates, shelf: Shelf) -> Floats:
    cut, within = shelf.cut, shelf.within
    spans = {span: own.days(span) for span in SPANS}
    times = spans["all"]
    first, last = own.first_day, own.last_day
    gap = np.where(times > 1, (last - first) / np.maximum(times - 1, 1), np.nan)
    until = history.trips_until(own.person, cut)
    units = own.total(own.history.units) / times
    last_units = own.history.units[own.last_row]
    columns = [
        *spans.values(),
        *(own.decayed(which) for which in range(3)),
        *own.windows(-(-(cut + 1 - shelf.first_day) // within)),
        *((own.window(back) > 0) for back in range(3)),
        cut - last,
        cut - first,
        gap,
        (cut - last) / gap,
        until - history.trips_until(own.person, last),
        times / np.maximum(until - history.trips_until(own.person, first - 1), 1),
        units,
        last_units,
        last_units / units,
        own.total(own.history.discounted) / times,
        own.total(own.history.products) / times,
    ]
    table = np.stack(columns, axis=1).astype(np.float32)
    found = np.full((len(thought.person), len(columns)), np.nan, np.float32)
    found[:, : _PAIR.index("last_ago")] = 0
    place = np.searchsorted(own.keys, thought.person[thought.known] * own.items + thought.item[thought.known])
    found[thought.known] = table[place]
    trips = {span: _trips(history, thought.person, cut, SPANS[span] * within) for span in ("1", "3", "all")}
    rates = [
        found[:, _PAIR.index(f"days_{span}")] / np.maximum(trips[span], 1) for span in trips
    ]  # fmt: skip
    expected = (rates[1] + rates[2]) / 2 * trips["3"] / 3
    return np.hstack([found, np.stack([*rates, expected], axis=1).astype(np.float32)])


def _trips(history: History, person: Ints, cut: int, days: float) -> Ints:
    until = history.trips_until(np.arange(len(history.people)), cut)
    if np.isfinite(days):
        until = until - history.trips_until(np.arange(len(history.people)), int(cut - days))
    return until[person]


def _person(history: History, own: Pairs, thought: Candidates, shelf: Shelf) -> Floats:
    people, cut, within = len(history.people), shelf.cut, shelf.within
    everybody = np.arange(people)
    last, first = np.full(people, shelf.first_day), np.full(people, cut)
    np.maximum.at(last, history.person, history.day)
    np.minimum.at(first, history.person, history.day)
    trips = [_trips(history, everybody, cut, SPANS[span] * within) for span in ("1", "3", "all")]
    items = [np.bincount(own.person, weights=own.days(span) > 0, minlength=people) for span in ("1", "3")]
    per_trip = np.bincount(own.person, weights=own.days("3"), minlength=people) / np.maximum(trips[1], 1)
    table = np.stack([cut - last, cut - first, *trips, *items, per_trip], axis=1).astype(np.float32)
    return table[thought.person]


def _above(own: Pairs, thought: Candidates, above: Ints, shelf: Shelf) -> Floats:
    """What the customer bought of the category that holds the item, beside the item itself."""
    many = int(above.max(initial=0)) + 2  # one more for items without a category
    group = np.unique(own.person * many + above[own.item] + 1, return_inverse=True)
    asked = thought.person * many + above[thought.item] + 1
    place = np.minimum(np.searchsorted(group[0], asked), max(len(group[0]) - 1, 0))
    hit = (group[0][place] == asked) & (above[thought.item] >= 0) if len(group[0]) else np.zeros(len(asked), bool)
    own_place = np.minimum(
        np.searchsorted(own.keys, thought.person * own.items + thought.item), max(len(own.keys) - 1, 0)
    )
    columns = []
    for span in ("1", "3", "all"):
        days = own.days(span)
        total = np.bincount(group[1], weights=days, minlength=len(group[0]))
        mine = np.where(thought.known, days[own_place], 0) if len(days) else np.zeros(len(asked))
        columns.append(np.where(hit, total[place] - mine, 0) if len(total) else np.zeros(len(asked)))
    last = np.full(len(group[0]), shelf.first_day)
    np.maximum.at(last, group[1], own.last_day)
    columns.append(np.where(hit, shelf.cut - last[place], np.nan) if len(last) else np.full(len(asked), np.nan))
    columns.append(np.where(thought.known, mine / np.maximum(columns[2] + mine, 1), 0))
    return np.stack(columns, axis=1).astype(np.float32)


def strongest(own: Pairs, shelf: Shelf) -> tuple[Ints, Floats]:
    """Each customer's most weighty items among the most bought ones (places on the shelf) and their weights."""
    weights = shelves.weights(own, shelf.place).tocoo()
    order = np.lexsort((weights.col, -weights.data, weights.row))
    row = weights.row[order].astype(np.int64)
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    kept = rank < STRONGEST
    place = np.zeros((own.people, STRONGEST), np.int64)
    value = np.zeros((own.people, STRONGEST), np.float32)
    place[row[kept], rank[kept]] = weights.col[order][kept]
    value[row[kept], rank[kept]] = weights.data[order][kept]
    return place, value


def neighbours(own: Pairs, thought: Candidates, shelf: Shelf) -> Floats:
    """How much what a customer bought speaks for an item: what was bought next by those who bought alike."""
    place, value = strongest(own, shelf)
    item = shelf.place[thought.item]
    found = np.zeros(len(item), np.float32)
    at_once = TOGETHER // STRONGEST
    for start in range(0, len(item), at_once):
        rows = slice(start, start + at_once)
        follow = shelf.follow[place[thought.person[rows]], np.maximum(item[rows], 0)[:, None]]
        found[rows] = np.einsum("ij,ij->i", follow, value[thought.person[rows]])
    found[item < 0] = 0
    return found


def _taste(own: Pairs, thought: Candidates, shelf: Shelf) -> Floats:
    """How much an item is to the taste of a customer: what they bought, told by the main tastes alone."""
    place = shelf.place[thought.item]
    of_person = np.asarray(shelves.weights(own, shelf.place, which=2) @ shelf.tastes)
    found = np.zeros(len(place), np.float32)
    for start in range(0, len(place), TOGETHER // TASTES):
        rows = slice(start, start + TOGETHER // TASTES)
        found[rows] = np.einsum("ij,ij->i", of_person[thought.person[rows]], shelf.tastes[np.maximum(place[rows], 0)])
    found[place < 0] = 0
    return found
