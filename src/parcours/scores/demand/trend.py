"""What rises and falls: items that leave the way of all the rest, told at a false-alarm rate that is kept for the list.

An item is measured against the common movement of all, so that a good week for everything is no trend. Two
statistics are added: the exponentially weighted mean of how far off its last weeks are (Roberts 1959), and the
Mann-Kendall count of its rises and falls (1945). How strong items become when nothing changes is seen from the weeks
before the last eight, shuffled in blocks: weeks move as a whole, so that items which move together stay together, and
short waves stay whole. Which items are named follows Benjamini and Hochberg (1995), at the level asked for, or a
stricter one if more of the shuffled lists than allowed would name something (Yekutieli and Benjamini 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from parcours.engine import sql
from parcours.scores.demand import sold
from parcours.scores.demand.profile import Bools, Floats, Ints
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "trend.sql")
RECENT = 8  # weeks in which a trend is looked for
KENDALL = 12  # weeks whose rises and falls are counted
MEMORY = 0.3  # the weight of the newest week in the weighted mean
BLOCK = 4  # weeks that stay together when weeks are shuffled
WEEKS = 104  # at most
FEWEST_WEEKS = 26
FEWEST_ITEMS = 2
SHUFFLES = 400  # half of them set the level, half check it


@dataclass(frozen=True)
class Found:
    """How strongly each item rises (below nought: falls), which are named, at which level, and how often lists alarm
    for nothing."""

    strength: Floats
    named: Bools
    level: float
    alarms: float


def make(world: World, of: str, *, alarms: float, top: int, a_week: float) -> Made:
    """The trends of a list and their card. Raises TooLittle."""
    names, weekly = _weekly(world, of)
    if len(weekly) < FEWEST_WEEKS:
        raise TooLittle("too_short_history", needed=FEWEST_WEEKS * 7, found=len(weekly) * 7)
    weekly = weekly[-WEEKS:]
    enough = (weekly.mean(0) >= a_week) & (np.array(names) != sold.OTHER)
    if enough.sum() < FEWEST_ITEMS:
        raise TooLittle("too_few_items", needed=FEWEST_ITEMS, found=int(enough.sum()))
    found = look(weekly, enough, alarms=alarms, seed=world.seed)
    card = Card(
        method="weighted error and Mann-Kendall, level by shuffled weeks",
        people=0,
        kept=True,
        learned_from=world.as_of - timedelta(7 * len(weekly) - 1),
        learned_until=world.as_of,
        measure="share of lists that name something when nothing changed",
        value=round(found.alarms, 4),
        detail={
            "of": of,
            "items": int(enough.sum()),
            "left_out": int((~enough).sum()),
            "weeks": len(weekly),
            "asked_alarms": alarms,
            "level": round(found.level, 6),
            "over_a_year": len(weekly) >= WEEKS,
        },
    )
    return Made(_rows([n for n, e in zip(names, enough) if e], weekly, enough, found, top), card)


def look(weekly: Floats, chosen: Bools, *, alarms: float, seed: int) -> Found:
    """How strongly each chosen item of `weekly[week, item]` rises or falls, and which are named.

    At most a share `alarms` of lists names something when nothing changed; of what is named as much did not change.
    """
    chance = np.random.default_rng(seed)
    mine = weekly[:, chosen]
    rest = _common(mine)
    orders = np.stack([_shuffled(len(mine) - RECENT, chance) for _ in range(SHUFFLES)])
    ours = _statistics(mine, rest, np.arange(len(mine))[None])[0]
    nothing = _statistics(mine, rest, orders)
    pool = np.sort(np.abs(nothing[::2]).ravel())
    least = np.sort(_least_levels(nothing[::2], pool))
    level = min(alarms, float(np.nextafter(least[int(alarms * len(least))], 0)))
    return Found(
        ours, _discoveries(ours, pool, level), level, float((_least_levels(nothing[1::2], pool) <= level).mean())
    )  # fmt: skip


def _rarity(strength: Floats, pool: Floats) -> Floats:
    """How rare so strong an item is when nothing changed: the share of the sorted pool that is as strong."""
    stronger = len(pool) - np.searchsorted(pool, np.abs(strength), side="left")
    return np.asarray((1.0 + stronger) / (1.0 + len(pool)), np.float64)


def _ratios(strength: Floats, pool: Floats) -> Floats:
    """The level at which the rarest, the two rarest ... of each list are named: (lists, items)."""
    rarity = np.sort(_rarity(strength, pool), axis=-1)
    return np.asarray(rarity * rarity.shape[-1] / np.arange(1, rarity.shape[-1] + 1))


def _least_levels(strength: Floats, pool: Floats) -> Floats:
    """The least level at which a list names anything."""
    return np.asarray(_ratios(strength, pool).min(-1))


def _discoveries(strength: Floats, pool: Floats, level: float) -> Bools:
    """Which items of a list are named at a level (Benjamini and Hochberg's step up)."""
    many = np.flatnonzero(_ratios(strength, pool) <= level)
    if not len(many):
        return np.zeros(len(strength), bool)
    rarity = _rarity(strength, pool)
    return np.asarray(rarity <= np.sort(rarity)[many[-1]])


def _common(mine: Floats) -> Floats:
    """How all items move together: the median of what each sells beside its usual week, (weeks, 1).

    Items count by the root of what they sell. A median, so that one that soars does not make all the others fall.
    """
    usual = np.maximum(mine[:-RECENT].mean(0), 1e-9)
    ratio = mine / usual
    order = np.argsort(ratio, axis=1, kind="stable")
    weight = np.cumsum(np.sqrt(usual)[order], axis=1)
    middle = (weight < weight[:, -1:] / 2).sum(1)
    found = np.take_along_axis(ratio, np.take_along_axis(order, middle[:, None], 1), 1)
    return np.asarray(np.maximum(found, 1e-3))


def _statistics(mine: Floats, rest: Floats, orders: Ints) -> Floats:
    """The weighted miss and the Mann-Kendall count of the last weeks of each order, added: (orders, items).

    A week is off by what it sold more than the common movement lets expect, in the item's own usual misses before.
    """
    base, newest = orders[:, :-RECENT], orders[:, -RECENT:]
    before = _placed(base, np.ones(base.shape[1]), len(mine))
    weight = MEMORY * (1 - MEMORY) ** np.arange(RECENT)[::-1]
    last = _placed(newest, weight / weight.sum(), len(mine))
    sums, rests = before @ mine, before @ rest
    share = np.maximum(sums / rests, 1e-12)
    variance = (before @ (mine**2 / rest) / share - 2 * sums + share * rests) / base.shape[1]
    off = last @ (mine / np.sqrt(rest)) / np.sqrt(share) - np.sqrt(share) * (last @ np.sqrt(rest))
    part = mine / rest
    weeks = base.shape[1]
    unit = np.sqrt(np.maximum(variance * weeks / (weeks - 1), 1e-9) * (last[0] @ last[0] + 1 / weeks))
    missed = _as_normal(off / unit, weeks - 1)
    counts = np.stack([_rises(part[order[-KENDALL:]]) for order in orders])
    counts /= np.sqrt(KENDALL * (KENDALL - 1) * (2 * KENDALL + 5) / 18)
    return np.asarray((missed + counts) / np.sqrt(2))


def _as_normal(values: Floats, freedom: int) -> Floats:
    """Student's t as the normal value that is as rare (Wallace 1959)."""
    far = (8 * freedom + 1) / (8 * freedom + 3) * np.sqrt(freedom * np.log1p(values**2 / freedom))
    return np.asarray(np.sign(values) * far)


def _placed(orders: Ints, weights: Floats, weeks: int) -> Floats:
    found = np.zeros((len(orders), weeks))
    np.put_along_axis(found, orders, np.broadcast_to(weights, orders.shape), axis=1)
    return found


def _rises(values: Floats) -> Floats:
    return np.asarray(sum(np.sign(values[n:] - values[:-n]).sum(0) for n in range(1, len(values))))


def _shuffled(weeks: int, chance: np.random.Generator) -> Ints:
    """The weeks in another order, cut into blocks at a random place."""
    begin = int(chance.integers(BLOCK))
    blocks = np.split(np.arange(weeks), np.arange(begin, weeks, BLOCK)[begin == 0 :])
    return np.concatenate([blocks[n] for n in chance.permutation(len(blocks))])


def _weekly(world: World, of: str) -> tuple[list[str], Floats]:
    """The items, and their units (searches) by week, the newest last."""
    if of != "search":
        sales = sold.lay_out(world, of, by_store=False, days=7, at_most=5000)
        return [sales.items[n] for n in sales.item], np.nan_to_num(sales.sold)
    world.draft.read("events")
    cells = world.engine.arrow(_QUERIES["searches"].bind(as_of=world.as_of))
    if not cells.num_rows:
        raise TooLittle("no_searches", needed=1, found=0)
    names, item = np.unique(np.array(cells["item"].to_pylist()), return_inverse=True)
    ago = cells["ago"].to_numpy()
    weekly = np.zeros((int(ago.max()), len(names)))  # the oldest week is seldom whole
    inside = ago < len(weekly)
    weekly[len(weekly) - 1 - ago[inside], item[inside]] = cells["thousandths"].to_numpy()[inside] / 1000.0
    return [str(name) for name in names], weekly


def _rows(names: list[str], weekly: Floats, chosen: Bools, found: Found, top: int) -> pa.Table:
    mine = weekly[:, chosen]
    rest = _common(mine)
    before, now = mine[:-RECENT].mean(0), mine[-RECENT:].mean(0)
    share = mine[:-RECENT].sum(0) / rest[:-RECENT].sum(0)
    change = mine[-RECENT:].sum(0) / np.maximum(share * rest[-RECENT:].sum(0), 1e-9) - 1
    order = sorted(np.flatnonzero(found.named), key=lambda n: (-abs(found.strength[n]), names[n]))
    told = np.array(order[:top], np.int64)
    return pa.table(
        {
            "item": pa.array([names[n] for n in told], pa.string()),
            "direction": pa.array(["rising" if found.strength[n] > 0 else "falling" for n in told], pa.string()),
            "before": pa.array(np.round(before[told], 3), pa.float64()),
            "now": pa.array(np.round(now[told], 3), pa.float64()),
            "change": pa.array(np.round(change[told], 4), pa.float64()),
            "strength": pa.array(np.round(found.strength[told], 3), pa.float64()),
            "place": pa.array(np.arange(1, len(told) + 1), pa.int64()),
        }
    )
