"""What customers are about to do: buy, stop buying, open, click, return, redeem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores import checks
from parcours.scores.abreast import abreast
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.propensity import model
from parcours.scores.propensity.features import Features, Floats, Known
from parcours.scores.propensity.rows import deciles, reasons
from parcours.scores.world import World

PEOPLE = 300  # who must be asked about in the newest window
DID = 100  # who must have done it, and who must not have, over all windows
TENURE = 28  # days of history before the oldest window
WINDOWS = 12  # how many windows are learned from at most
ROWS = 72_000  # how many customers, a window each, are learned from; three times as many where few did it
ENOUGH_DID = 600  # how many who did it in a window are not few
YEAR = timedelta(364)  # the same days of the week a year before

# where an answer's history begins, and how late and how often it was done before: what the plain method looks at
_FACTS = {"buy": "buying", "churn": "buying", "open": "messages", "click": "messages", "return": "returns",
          "redeem": "redemptions"}  # fmt: skip
_PLAIN = {
    "buy": ("last_order_days", "orders_365d"),
    "churn": ("pause_ratio", "gaps"),
    "open": ("last_open_days", "opens_365d"),
    "click": ("last_click_days", "clicks_365d"),
    "return": ("last_return_days", "returns_365d"),
    "redeem": ("last_coupon_days", "coupons_365d"),
}


@kind("propensity", of="score")
@dataclass(frozen=True)
class Propensity:
    """How probable it is that a customer does something in the next days, and what speaks for and against it.

    To churn is to overstep one's own limit of silence without buying: the pause that, by a customer's own rhythm, 95 in
    100 of their pauses stay under. Only those who bought on three days and are within their limit are asked about. To
    open or to click is what somebody does who is written to in these days.
    """

    table: ClassVar[str] = "propensities"

    to: str = setting(doc="What they may do.", choices=tuple(_FACTS))
    within: Duration = setting(Duration.parse("30 days"), doc="In how many days.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return PEOPLE

    def make(self, world: World) -> Made:
        """The probabilities as of a day. Raises TooLittle for a short history, few people, or few who did it."""
        features = Features(world, self.to, self.within.days)
        windows, years_ago = self.windows(world, features)
        learned = model.learn(windows, years_ago, plain=_PLAIN[self.to], seed=world.seed)
        return Made(_rows(features, learned), self._card(windows, learned, world.as_of))

    def happened(self, world: World, made_on: date) -> pa.Table:
        """Who was asked about on an earlier day (person_id), and whether they did it in the days after (did)."""
        return Features(world, self.to, self.within.days).happened(made_on)

    def windows(self, world: World, features: Features) -> tuple[list[Known], list[Known | None]]:
        """The windows to learn from, the newest first; and today's and each one's, a year before."""
        within, first = timedelta(self.within.days), features.first_days()
        known: list[date] = [day for day in (first["buying"], first[_FACTS[self.to]]) if day is not None]
        days = (world.as_of - min(known)).days + 1 if known else 0
        if days < 2 * within.days + TENURE:
            raise TooLittle("too_short_history", needed=2 * within.days + TENURE, found=days)
        count = min(WINDOWS, (days - TENURE) // within.days)
        permille = _permille(features, world.as_of - within, first["people"] * count)
        cuts = [world.as_of - back * within for back in range(1, count + 1)]
        windows = _whole([features.known(cut, permille=permille) for cut in cuts])
        earliest = min(known) + timedelta(TENURE)
        years_ago = [
            features.known(cut - YEAR, permille=permille) if cut - YEAR >= earliest and within <= YEAR else None
            for cut in (world.as_of, *(window.cut for window in windows[: model.REHEARSALS + 3]))
        ]
        return windows, [_asked(window) for window in years_ago]

    def _card(self, windows: list[Known], learned: model.Learned, as_of: date) -> Card:
        told = learned.measures
        return Card(
            method=f"{learned.method}/{learned.calibration.name}",
            people=len(windows[0]),
            kept=learned.kept,
            learned_from=windows[-1].cut,
            learned_until=windows[0].cut,
            held_back_until=as_of,
            measure="log_loss",
            value=told["log_loss"],
            plain="rate_by_recency_and_frequency",
            plain_value=told["plain_log_loss"],
            detail={
                "to": self.to,
                "within_days": self.within.days,
                "windows": len(windows),
                "rows": sum(map(len, windows)),
                "measures": {name: round(value, 6) for name, value in told.items()},
                "reasons_explain": round(learned.reasons_explain, 4),
                "tried": {key: {n: round(v, 6) for n, v in both.items()} for key, both in learned.tried.items()},
                "held_back": _held_back(learned),
            },
        )


def _permille(features: Features, cut: date, rows: int) -> int:
    """How many in a thousand are learned from: more where few did it."""
    permille = int(np.clip(1000 * ROWS // max(rows, 1), 1, 1000))
    if permille == 1000:
        return permille
    did = int(features.known(cut, permille=permille).did.sum())
    return min(1000, permille * int(np.clip(ENOUGH_DID // max(did, 1), 1, 3)))


def _whole(windows: list[Known]) -> list[Known]:
    """The windows up to the first without people of either sort. Raises TooLittle where they are too few."""
    usable = windows[: next((at for at, window in enumerate(windows) if _asked(window) is None), len(windows))]
    if len(windows[0]) < PEOPLE:
        raise TooLittle("too_few_people", needed=PEOPLE, found=len(windows[0]))
    for code, found in (
        ("too_few_did", sum(int(window.did.sum()) for window in windows)),
        ("too_few_did_not", sum(int((~window.did).sum()) for window in windows)),
    ):
        if found < DID:
            raise TooLittle(code, needed=DID, found=found)
    if len(usable) < 2:
        raise TooLittle("too_few_windows", needed=2, found=len(usable))
    return usable


def _asked(window: Known | None) -> Known | None:
    """A window in which some did it and some did not, of enough people to set a level by; else None."""
    return window if window is not None and len(window) >= 50 and 0 < window.did.sum() < len(window) else None


def _held_back(learned: model.Learned) -> list[dict[str, Any]]:
    """What was foreseen of each tenth in the held-back window, and what happened."""
    window = learned.held_back
    rows = checks.by_decile(deciles(learned.foretold, window.people), learned.foretold, window.did)
    return [{name: round(value, 6) for name, value in row.items()} for row in rows.to_pylist()]


def _rows(features: Features, learned: model.Learned) -> pa.Table:
    told = list(abreast(partial(_foretold, learned), features.now()))
    if not told:
        raise TooLittle("too_few_people", needed=PEOPLE, found=0)
    ids, ranked, probability = (np.concatenate(values) for values in zip(*(some[:3] for some in told)))
    order = pa.array(np.argsort(ids, kind="stable"))
    rows = pa.table(
        {
            "person_id": ids,
            "probability": probability,
            "decile": deciles(ranked, ids),
            "reasons": pa.chunked_array([some[3] for some in told]),
        }
    )
    return rows.take(order)


def _foretold(learned: model.Learned, some: Known) -> tuple[NDArray[np.int64], Floats, Floats, pa.Array]:
    """Of some customers: who, what they are ranked by, the probability, the reasons."""
    log_odds = learned.model.log_odds(some.scaled) if learned.kept else None
    found = learned.plain.probability(some) if log_odds is None else learned.calibration.probability(log_odds)
    told = reasons(learned.reasons, some.values, some.scaled)
    return some.people, found if log_odds is None else log_odds, found, told
