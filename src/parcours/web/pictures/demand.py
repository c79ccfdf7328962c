"""What will be sold: the forecast with its range, what rises and falls, which stock may run out, who waits for it."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.demand import Demand, Stocks, Trends, Waiting
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words

LABELS = 6  # under a chart, about
SIGNS = {
    "cart": "waiting.cart",
    "viewed": "waiting.viewed",
    "searched": "waiting.searched",
    "due": "waiting.due",
}
NOTES = {
    "negative_stock": "stocks.negative_stock",
    "never_sold": "stocks.never_sold",
    "old_count": "stocks.old_count",
}


def forecast(one: Demand, w: Words) -> Markup:
    """What was sold, and what is expected with its range: where both are known, the forecast did not know the sales."""
    axis = charts.Axis(tuple(w.day(period.day) for period in one.periods), lambda value: w.number(round(value)),
                       -(-len(one.periods) // LABELS))  # fmt: skip
    foreseen = [period for period in one.periods if period.expected is not None]
    known = [period for period in one.periods if period.expected is None]
    middle = tuple((period.sold if period.expected is None else period.expected) or 0.0 for period in one.periods)
    low = tuple((period.sold if period.expected is None else period.low) or 0.0 for period in one.periods)
    high = tuple((period.sold if period.expected is None else period.high) or 0.0 for period in one.periods)
    sold = tuple((period.sold if period.sold is not None else period.expected) or 0.0 for period in one.periods)
    if not foreseen or not known:
        return Markup("")
    drawn = [charts.Series(w.say("demand.expected"), middle, low, high), charts.Series(w.say("demand.sold"), sold)]
    return charts.lines(w.say("demand.title"), drawn, axis)


def moving(one: Trends, w: Words) -> Markup:
    """What rises and falls, the surest first."""
    most = largest(abs(each.change) for each in one.moving)
    rows = [
        charts.Bar(
            each.item, abs(each.change) / most,
            (w.say("trends.rising" if each.rising else "trends.falling"), w.number(round(each.before)),
             w.number(round(each.now)), w.growth(each.change)),
        )
        for each in one.moving
    ]  # fmt: skip
    head = [w.say(key) for key in ("trends.head", "trends.way", "trends.before", "trends.now", "trends.change")]
    return charts.bars(w.say("trends.title"), head, rows)


def risks(one: Stocks, w: Words) -> Markup:
    """The stocks most probable to run out."""
    rows = [
        charts.Bar(
            f"{each.product} – {each.store}" if each.store else each.product, each.risk,
            (w.number(round(each.on_hand)), "–" if each.cover_days is None else w.number(round(each.cover_days)),
             w.percent(each.risk, 0)),
            note=w.say(NOTES[each.note]) if each.note else "",
        )
        for each in one.stocked
    ]  # fmt: skip
    head = [w.say(key) for key in ("stocks.head", "stocks.on_hand", "stocks.cover", "stocks.risk")]
    return charts.bars(w.say("stocks.title"), head, rows)


def waiting(one: Waiting, w: Words) -> Markup:
    """The articles that most people wait for."""
    most = largest(each.people for each in one.wanted)
    rows = [
        charts.Bar(
            f"{each.product} – {each.store}" if each.store else each.product, each.people / most,
            (w.number(each.people), w.number(each.carts)), note=w.say(SIGNS[each.sign]),
        )
        for each in one.wanted
    ]  # fmt: skip
    head = [w.say(key) for key in ("waiting.head", "waiting.people", "waiting.carts")]
    return charts.bars(w.say("waiting.title"), head, rows)


def refusal(said: dict[str, object], w: Words) -> str:
    """What is missing, as a sentence."""
    return w.say(f"too_little.{said['code']}", needed=w.number(said["needed"]), found=w.number(said["found"]))  # type: ignore[arg-type]
