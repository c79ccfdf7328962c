"""How each customer had bought by a day, and what they bought in the days after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from parcours.engine import Engine, sql
from parcours.scores.lifetime.model import Days, Lives, Numbers

_QUERIES = sql.load(__package__, "lifetime.sql")
EVERYBODY, SOME = "lifetime_gaps", "lifetime_few"  # whose buying days
LEARNERS = 200_000  # customers whose purchases tell as much as all
WINDOWS = (7, 14, 28, 56, 91, 182, 364)  # days, whole weeks but for the year's last day


@dataclass(frozen=True)
class History:
    """Each customer who had bought by a day, sorted by person: numbers until then, and what came after (`later_...`).

    Days are merged days of purchase; money is in minor units; `windows` has a column for each of WINDOWS.
    """

    person_id: Days
    lives: Lives
    money: Numbers
    squared_gaps: Numbers
    windows: Numbers
    later_days: Numbers
    later_money: Numbers

    @property
    def days(self) -> Numbers:
        """How many days each bought on, the first included."""
        return self.lives.repeats + 1.0

    @property
    def mean(self) -> Numbers:
        """What each spent on a day of purchase, on average."""
        return np.asarray(self.money / self.days)

    def __len__(self) -> int:
        return len(self.person_id)


def prepare(engine: Engine) -> tuple[date, date] | None:
    """Makes ready what `read` needs of `world_buying_days`; gives the first and last day of purchase, if any."""
    engine.temp(EVERYBODY, _QUERIES["gaps"])
    [span] = engine.rows(_QUERIES["span"])
    if span["first_day"] is None:
        return None
    permille = min(1000, -(-1000 * LEARNERS // span["people"]))
    engine.temp(SOME, _QUERIES["few"].bind(permille=permille))
    return span["first_day"], span["last_day"]


def forget(engine: Engine) -> None:
    """Frees what `prepare` made ready."""
    engine.forget(EVERYBODY, SOME)


def read(engine: Engine, cut: date, until: date, *, of: str = EVERYBODY) -> History:
    """The history of each customer by the end of `cut`, with what they bought from then to the end of `until`.

    `of` is EVERYBODY, or SOME: of many customers as many as it takes to learn from, the same ones always.
    """
    found = engine.arrow(_QUERIES["history"].tables(lifetime_gaps=of).bind(cut=cut, until=until))
    lives = Lives(_days(found, "days") - 1, _days(found, "last"), _days(found, "age"))
    windows = np.empty((found.num_rows, len(WINDOWS)), dtype=np.float32)
    for at, window in enumerate(WINDOWS):
        windows[:, at] = _days(found, f"days_{window}")
    return History(
        _days(found, "person_id"), lives, _numbers(found, "money"), _numbers(found, "squared_gaps"), windows,
        _numbers(found, "later_days"), _numbers(found, "later_money"),
    )  # fmt: skip


def _days(found: pa.Table, name: str) -> Days:
    return np.asarray(found[name].to_numpy(), dtype=np.int64)


def _numbers(found: pa.Table, name: str) -> Numbers:
    return np.asarray(found[name].to_numpy(), dtype=np.float64)
