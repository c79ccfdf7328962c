"""What is known at a day of each customer and item they ever bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.scores.baskets.history import Floats, History, Ints

HALF_LIVES = (0.5, 1.6, 4.3)  # windows
SHARES = 12  # windows that are looked at one by one
SPANS = {"quarter": 0.25, "half": 0.5, "1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "6": 6.0, "all": np.inf}


@dataclass(frozen=True)
class Pairs:
    """One row a customer and item, sorted by both; `of` says which of them each purchase is of."""

    history: History
    items: int
    cut: int
    within: int
    person: Ints
    item: Ints
    of: Ints
    start: Ints

    @property
    def people(self) -> int:
        """How many customers there are, also those who have bought nothing."""
        return len(self.history.people)

    @property
    def keys(self) -> Ints:
        """Customer x items + item, sorted."""
        return self.person * self.items + self.item

    @property
    def ago(self) -> Ints:
        """How many days ago each purchase was."""
        return self.cut - self.history.day

    def total(self, values: Floats) -> Floats:
        """The sum of a value of each purchase, a number a pair."""
        return np.bincount(self.of, weights=values, minlength=len(self.item)).astype(np.float32)

    def days(self, span: str) -> Floats:
        """On how many days of the last so many windows it was bought."""
        return self.total((self.ago < SPANS[span] * self.within).astype(np.float32))

    def window(self, back: int) -> Floats:
        """On how many days of one window it was bought: 0 for the last, 1 for the one before."""
        return self.total((self.ago // self.within == back).astype(np.float32))

    def decayed(self, which: int) -> Floats:
        """On how many days it was bought, the older counting the less."""
        return self.total((0.5 ** (self.ago / (HALF_LIVES[which] * self.within))).astype(np.float32))

    def windows(self, seen: int) -> tuple[Floats, Floats]:
        """In which share of the last windows it was bought; and the same, the older counting the less.

        `seen` is how many windows there are at all.
        """
        most = min(max(seen, 1), SHARES)
        back = self.ago // self.within
        key = self.of * SHARES + np.minimum(back, SHARES)
        some = np.unique(key[back < SHARES])
        pair, age = some // SHARES, some % SHARES
        fading = 0.85 ** np.arange(SHARES)
        plain = np.bincount(pair, minlength=len(self.item)) / most
        faded = np.bincount(pair, weights=fading[age], minlength=len(self.item)) / fading[:most].sum()
        return plain.astype(np.float32), faded.astype(np.float32)

    @property
    def first_day(self) -> Ints:
        """The day it was first bought."""
        return self.history.day[self.start]

    @property
    def last_row(self) -> Ints:
        """The last purchase of each pair."""
        return np.append(self.start[1:], len(self.of)) - 1

    @property
    def last_day(self) -> Ints:
        """The day it was last bought."""
        return self.history.day[self.last_row]


def pairs(known: History, items: int, cut: int, within: int) -> Pairs:
    """The pairs in a history that ends with the day `cut`."""
    bought = known.only(known.item >= 0)
    key = bought.person * items + bought.item
    first = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, bool)
    start = np.flatnonzero(first)
    return Pairs(
        bought, items, cut, within, bought.person[start], bought.item[start], np.cumsum(first) - 1, start
    )  # fmt: skip
