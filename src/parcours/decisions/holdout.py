"""What coupons win of those who would not have bought, measured on an earlier allotment that held households back.

Those held back have the offers they would have got, so for each household and side of the mix (known things, things to
discover) there is the share of its offers whose articles it bought in the days of the allotment, less what had been
foreseen of it without the offers. The difference of the means, given less held back, is what the offers won, with a
95 % interval (Welch 1947); taking off what was foreseen evens out that limits leave some offers to those held back
only. `incremental` is then the share with which the expected margin of the earlier allotment would have held so many
purchases won.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import stdtrit
from sqlglot import exp

from parcours.decisions.history import QUERIES as HISTORY
from parcours.decisions.history import words_of
from parcours.engine import Draft, sql
from parcours.project.definitions import Project
from parcours.project.offering import Allotment

FEWEST = 200  # households with such offers there must be, given and held back
WIDEST = 0.5  # of the share won: an interval as wide tells nothing that an assumption in its middle does not
MOST = 200_000  # households of a side that are looked at
_TABLES = ("allotment_checks", "allotment_offers", "allotments")
_TEMPORARY = ("past_offers", "past_goods", "past_rows", "past_living", "past_members", "past_bought")
_QUERIES = sql.load(__package__, "holdout.sql")
_SCALE = 100_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """What is taken as won of one side of the mix (`share`), and what the earlier allotment shows of it.

    `source` is `measured`, else `assumed` with `why`: none (no allotment to measure on), few (households) or wide (the
    interval). `bought` are shares of the offers whose articles were bought, `more` the difference beyond what was
    foreseen; `units` and `sales` (minor units) are differences an offer: each with its interval.
    """

    share: float
    source: str = "assumed"
    why: str | None = "none"
    households: int = 0
    held_back: int = 0
    bought: float | None = None
    bought_held_back: float | None = None
    more: tuple[float, float, float] | None = None
    units: tuple[float, float, float] | None = None
    sales: tuple[float, float, float] | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Lift:
    """Which share of the uses of who would not have bought is won, for what households know and what is new to them."""

    known: Side
    new: Side
    measured_on: tuple[str, date, date] | None = None

    @property
    def source(self) -> str:
        """`measured`, `partly` (one of the two sides) or `assumed`."""
        measured = [side.source == "measured" for side in (self.known, self.new)]
        return "measured" if all(measured) else "partly" if any(measured) else "assumed"

    def mean(self, known: int, new: int) -> float:
        """The share won over so many places for known things and so many to discover."""
        return (self.known.share * known + self.new.share * new) / (known + new)

    def said(self) -> Row:
        """All of it, for JSON."""
        on = self.measured_on
        of = {"allotment": on[0], "starts": str(on[1]), "until": str(on[2])} if on else None
        return {"of": of, "known": asdict(self.known), "new": asdict(self.new)}


def learn(draft: Draft, project: Project, allotment: Allotment, *, as_of: date, used: float) -> Lift:
    """What an earlier allotment measured where that says enough, else what the allotment assumes.

    `used` is the share of buyers who use an offer that the expected margin reckons with.
    """
    assumed = allotment.incremental.value
    card = earlier(draft, allotment, as_of)
    if card is None:
        return Lift(Side(assumed), Side(assumed))
    then = json.loads(card["detail"])
    before = {side: then.get("lift", {}).get(side, {}).get("share", card["lift"]) for side in ("known", "new")}
    try:
        _lay_out(draft, project, allotment, card)
        rows = draft.engine.rows
        sides = {(row["known"], row["given"]): row for row in rows(_QUERIES["sides"])}
        uses = rows(_QUERIES["uses"].bind(known=before["known"], fresh=before["new"]))
    finally:
        draft.engine.forget(*_TEMPORARY)
    more_used = used / then["used"] if then.get("used") else 1.0
    known, new = (
        _side(sides.get((side, True)), sides.get((side, False)),
              [row for row in uses if row["known"] == side], more_used, assumed)
        for side in (True, False)
    )  # fmt: skip
    return Lift(known, new, (card["allotment"], card["starts"], card["until"]))


def earlier(draft: Draft, allotment: Allotment, as_of: date) -> Row | None:
    """The card of the last allotment that is over and held households back, or of the one `lift_from` names."""
    draft.read(*_TABLES)
    found = draft.engine.rows(_QUERIES["earlier"].bind(as_of=as_of, named=allotment.lift_from))
    return found[0] if found else None


def _lay_out(draft: Draft, project: Project, allotment: Allotment, card: Row) -> None:
    """Makes the working tables: the offers of some households then, and what they bought of their articles."""
    engine, of = draft.engine, {"allotment": card["allotment"], "starts": card["starts"]}
    dealt = [row["offer_id"] for row in engine.rows(_QUERIES["offers"].bind(**of))]
    goods = [project.offers[name].good_for.said().items() if name in project.offers else () for name in dealt]
    engine.register("past_offers", pa.table({
        "offer_id": pa.array(dealt, pa.string()), "goods": pa.array(range(len(dealt)), pa.int64()),
    }))  # fmt: skip
    engine.register("deal_words", words_of(list(enumerate(goods))))
    both = exp.union(HISTORY["words"].tree.copy(), _QUERIES["coupon_articles"].tree.copy(), distinct=True)
    engine.temp("past_goods", sql.Query(both))
    held_back = max(card["held_back"], 1)
    given = max(card["households"] - card["held_back"], 1)
    parts = {"given": _millionths(given), "held_back": _millionths(held_back)}
    engine.temp("past_rows", _QUERIES["rows"].bind(**of, **parts))
    then = project.allotments.get(card["allotment"], allotment)
    engine.temp("past_living", HISTORY["living"].bind(to=then.to))
    engine.temp("past_members", _QUERIES["members"])
    engine.temp("past_bought", _QUERIES["bought"].bind(starts=card["starts"], until=card["until"]))


def _millionths(households: int) -> int:
    return min(1_000_000, MOST * 1_000_000 // households)


def _side(given: Row | None, held: Row | None, uses: list[Row], more_used: float, assumed: float) -> Side:
    """What one side of the mix shows."""
    numbers: dict[str, Any] = {
        "households": given["households"] if given else 0,
        "held_back": held["households"] if held else 0,
    }
    if given is None or held is None or min(numbers.values()) < FEWEST:
        return Side(assumed, why="few", **numbers)
    more = welch(given, held, "beyond", 1 / _SCALE)
    reckoned = won(uses, given["households"], more_used)
    share, low, high = (round(share_won(each, reckoned), 4) for each in more)
    wide = high - low > WIDEST
    return Side(
        assumed if wide else share,
        "assumed" if wide else "measured",
        "wide" if wide else None,
        **numbers,
        bought=round(given["bought"] / _SCALE / given["households"], 5),
        bought_held_back=round(held["bought"] / _SCALE / held["households"], 5),
        more=more,
        units=welch(given, held, "units"),
        sales=welch(given, held, "sales"),
        low=low,
        high=high,
    )


def welch(given: Row, held: Row, what: str, scale: float = 1.0) -> tuple[float, float, float]:
    """The difference of two means and its 95 % interval, from the sums and squares of both groups."""
    means, errors, parts = [], [], []
    for side in (given, held):
        n, total = side["households"], float(side[what]) * scale
        squares = float(side[f"{what}_squares"]) * scale * scale
        means.append(total / n)
        errors.append(max(squares - total * total / n, 0.0) / (n - 1) / n)
        parts.append(errors[-1] ** 2 / (n - 1))
    more, error = means[0] - means[1], sum(errors)
    reach = float(stdtrit(error**2 / sum(parts), 0.975)) * sqrt(error) if error else 0.0
    return round(more, 5), round(more - reach, 5), round(more + reach, 5)


@dataclass(frozen=True)
class Reckoned:
    """The uses expected of who buys anyway, an offer, by the chance of a purchase without it."""

    anyway: NDArray[np.float64]
    uses: NDArray[np.float64]

    def won(self, share: float) -> float:
        """The purchases won, an offer, if offers win such a share (see `worth`)."""
        part = np.minimum(share * (1 - self.anyway), 0.999)
        return float((self.uses * part / (1 - part)).sum())


def won(uses: list[Row], households: int, more_used: float) -> Reckoned:
    """What the earlier allotment reckoned with, were offers used as much as is known today."""
    anyway = np.array([row["step"] for row in uses], np.float64) / 200
    return Reckoned(anyway, np.array([row["uses"] for row in uses], np.float64) / 1e6 / households * more_used)


def share_won(more: float, reckoned: Reckoned) -> float:
    """The share at which as many purchases are won as were measured, from 0 to 1."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if reckoned.won(middle) < more else (low, middle)
    return (low + high) / 2
