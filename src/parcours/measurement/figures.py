"""The figures of a customer report: what is counted, in which unit, over which time.

Money is whole minor units (cents) in the currency of the report. Shares are between 0 and 1, or None when
there is nothing to divide by. A tuple is empty when the project has nothing to show there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from parcours.model.value import Title

if TYPE_CHECKING:  # they count with what stands here
    from parcours.measurement.baskets import NextBaskets
    from parcours.measurement.coupons import Coupons
    from parcours.measurement.demand import Selling
    from parcours.measurement.discovered import Discovered
    from parcours.measurement.due import DueList
    from parcours.measurement.proven import Proven
    from parcours.measurement.shown import WhatIsShown


def share(part: float, whole: float) -> float | None:
    """What part of the whole this is, or None when there is no whole."""
    return part / whole if whole else None


@dataclass(frozen=True)
class Change:
    """A figure over the last twelve months, and over the twelve months before.

    `before` is None when the history does not reach back far enough to compare honestly.
    """

    now: float | None
    before: float | None = None

    @property
    def growth(self) -> float | None:
        """How much it grew: 0.1 is ten per cent more than a year earlier."""
        if self.now is None or not self.before:
            return None
        return self.now / self.before - 1

    @property
    def gap(self) -> float | None:
        """How far a share moved: 0.01 is one point more than a year earlier."""
        if self.now is None or self.before is None:
            return None
        return self.now - self.before


@dataclass(frozen=True)
class Headline:
    """The figures a director asks for first."""

    customers: int = 0
    people: int = 0
    active: Change = Change(0)
    revenue: Change = Change(0)
    orders: Change = Change(0)
    basket: Change = Change(None)
    omnichannel: Change = Change(None)
    identified: Change = Change(None)


@dataclass(frozen=True)
class Trade:
    """What one channel, or one way of using the channels, sold over the last twelve months."""

    name: str
    customers: int
    orders: int
    revenue: int

    @property
    def spend(self) -> float | None:
        """What one customer spent, on average."""
        return share(self.revenue, self.customers)


@dataclass(frozen=True)
class Month:
    """The net sales of one channel in one calendar month."""

    month: date
    channel: str
    revenue: int


@dataclass(frozen=True)
class Pulse:
    """One calendar month over all channels."""

    month: date
    revenue: int
    orders: int
    buyers: int
    newcomers: int


@dataclass(frozen=True)
class Step:
    """How many customers placed at least this many orders."""

    orders: int
    customers: int


@dataclass(frozen=True)
class Repeat:
    """Who bought only once, and what it would be worth if one per cent of them came back."""

    customers: int = 0
    one_time: int = 0
    recent: int = 0
    second_order: float | None = None
    after_first: float | None = None
    ladder: tuple[Step, ...] = ()
    waits: tuple[Counted, ...] = ()

    @property
    def one_time_share(self) -> float | None:
        """The part of customers with exactly one order."""
        return share(self.one_time, self.customers)

    def stake(self, lever: float) -> float | None:
        """The money from second orders if this part of the one-time buyers came back once."""
        return None if self.second_order is None else self.one_time * lever * self.second_order

    def full_stake(self, lever: float) -> float | None:
        """The money if they came back and then bought as much as repeat buyers do."""
        return None if self.after_first is None else self.one_time * lever * self.after_first


@dataclass(frozen=True)
class Counted:
    """A number of something, by the code that names it: a kind, a reason, a guard, a range of days."""

    code: str
    count: int


@dataclass(frozen=True)
class Cohort:
    """The customers whose first order fell in this month, and how many ordered in each later month."""

    month: date
    size: int
    returned: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cell:
    """The customers of one recency band and one frequency band, and what they ever spent."""

    recency: int
    frequency: int
    customers: int
    revenue: int


@dataclass(frozen=True)
class Band:
    """A stretch of values, both ends in it; without a high end it goes on for ever."""

    low: int
    high: int | None = None


@dataclass(frozen=True)
class Rfm:
    """Customers by how lately (days since) and how often (days with a purchase) they bought.

    Bands are fifths of the customers, fewer where equal values fall together; the first is the most recent, and the
    least frequent.
    """

    recency: tuple[Band, ...] = ()
    frequency: tuple[Band, ...] = ()
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class SegmentSize:
    """How large a segment or stage of life is, what it spent in twelve months, and who came and went since the last.

    `entered` and `left` are None when it was not counted before: there is nothing to compare with.
    `own` segments were written by the retailer; the others come with Parcours.
    """

    name: str
    title: Title | None
    people: int
    revenue: int
    entered: int | None = None
    left: int | None = None
    why: Title | None = None
    own: bool = True


@dataclass(frozen=True)
class Move:
    """How many people went from one stage of life to another since the count before; None is no customer."""

    before: str | None
    after: str | None
    people: int


@dataclass(frozen=True)
class Overlap:
    """How many people two segments share."""

    one: str
    other: str
    people: int


@dataclass(frozen=True)
class Reconciled:
    """How many records of the sources became how many persons, and on what evidence.

    Visitors are those of whom only cookies and devices are known.
    """

    records: int = 0
    persons: int = 0
    visitors: int = 0
    joined: tuple[Counted, ...] = ()
    refused: tuple[Counted, ...] = ()
    waiting: int = 0


@dataclass(frozen=True)
class SourceHealth:
    """What one source sent us, what became of it, and how fresh it is (the newest business time, where the shop is)."""

    source: str
    received: int
    landed: int
    rejected: int
    watermark: datetime | None = None
    reasons: tuple[Counted, ...] = ()
    title: Title | None = None
    set_aside: int = 0

    @property
    def missing(self) -> int:
        """Received rows that neither landed nor were rejected: always zero, or something is wrong."""
        return self.received - self.landed - self.rejected

    @property
    def balanced(self) -> bool:
        """True when every received row either landed or was rejected."""
        return self.missing == 0


@dataclass(frozen=True)
class Disagreement:
    """Rows of a table that do not agree with another table: a line without its order, an unknown product."""

    table: str
    source: str
    rule: str
    rows: int


@dataclass(frozen=True)
class Forecast:
    """Something foreseen of each customer: how good it is beside a plain method, and whether it came true.

    `value` and `plain_value` are errors on held-back time, in the unit of `measure`; less is better. `refused` says
    what is missing when there is too little to learn from. `foreseen` and `happened` count people, of the forecast
    made on `made_on`.
    """

    title: Title
    people: int
    kept: bool | None = None
    measure: str | None = None
    value: float | None = None
    plain_value: float | None = None
    refused: dict[str, Any] | None = None
    made_on: date | None = None
    foreseen: float | None = None
    happened: float | None = None

    @property
    def gain(self) -> float | None:
        """By what part the forecast errs less than the plain method."""
        if self.value is None or not self.plain_value:
            return None
        return 1 - self.value / self.plain_value


@dataclass(frozen=True)
class Outlook:
    """What all customers together are expected to buy in the next days."""

    days: int
    people: int
    orders: float
    money: int


@dataclass(frozen=True)
class Figures:
    """Everything a customer report says, as of one day.

    `moved_since` is the day that stages of life are compared with, None when nothing was counted before.
    """

    project: Title
    as_of: date
    currency: str = "EUR"
    notice: Title | None = None
    headline: Headline = Headline()
    pulse: tuple[Pulse, ...] = ()
    monthly: tuple[Month, ...] = ()
    channels: tuple[Trade, ...] = ()
    reach: tuple[Trade, ...] = ()
    repeat: Repeat = Repeat()
    cohorts: tuple[Cohort, ...] = ()
    rfm: Rfm = Rfm()
    stages: tuple[SegmentSize, ...] = ()
    moves: tuple[Move, ...] = ()
    moved_since: date | None = None
    rhythm: int | None = None
    segments: tuple[SegmentSize, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    discovered: Discovered | None = None
    forecasts: tuple[Forecast, ...] = ()
    outlook: tuple[Outlook, ...] = ()
    due: tuple[DueList, ...] = ()
    baskets: tuple[NextBaskets, ...] = ()
    coupons: tuple[Coupons, ...] = ()
    selling: Selling | None = None
    shown: WhatIsShown | None = None
    proven: tuple[Proven, ...] = ()
    identity: Reconciled = Reconciled()
    quality: tuple[SourceHealth, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
