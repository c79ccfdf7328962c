"""Sales month by month, by channel, and by how many channels a customer uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from parcours.measurement.figures import Figures, Pulse, share
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words

OTHER = "other"
LABELS = 8


def spark(f: Figures, w: Words, measure: str) -> Markup:
    """The last two years of one measure, month by month, as a small line."""
    title = w.say("spark.title", measure=w.say(f"pulse.{measure}"))
    return charts.sparkline(title, [_measure(month, measure) for month in f.pulse])


def part(w: Words, value: float | None, key: str) -> Markup:
    """A share as a bar of a whole."""
    if value is None:
        return Markup("")
    return charts.bar(value, f"{w.say(key)}: {w.percent(value)}", tone=2)


def years(f: Figures, w: Words) -> Markup:
    """Sales of the last twelve full months over those of the twelve before."""
    now, before = f.pulse[-12:], f.pulse[-24:-12]
    if len(before) < 12:
        return Markup("")
    series = [
        charts.Series(w.say("years.now"), tuple(month.revenue for month in now)),
        charts.Series(w.say("years.before"), tuple(month.revenue for month in before)),
    ]
    return charts.lines(w.say("years.title"), series, _axis(f, w, [month.month for month in now]))


def monthly(f: Figures, w: Words) -> Markup:
    """Sales of each month, channel upon channel."""
    months = [month.month for month in f.pulse]
    if len(months) < 2:
        return Markup("")
    sold: dict[tuple[str, date], int] = defaultdict(int)
    for one in f.monthly:
        sold[_shown(f, one.channel), one.month] += one.revenue
    series = [
        charts.Series(w.name("channel", name), tuple(sold[name, month] for month in months)) for name in _channels(f)
    ]
    desc = w.say("monthly.desc", first=w.month(months[0]), last=w.month(months[-1]))
    return charts.stacked(w.say("monthly.title"), series, _axis(f, w, months), desc)


def channels(f: Figures, w: Words) -> Markup:
    """Customers and sales of each channel, in the colours of the chart by month."""
    shown, most = _channels(f), largest(one.revenue for one in f.channels)
    rows = [
        charts.Bar(
            w.name("channel", one.name),
            one.revenue / most,
            (w.number(one.customers), w.money(one.revenue, f.currency), w.percent(of_sales(f, one.revenue))),
            tone=shown.index(_shown(f, one.name)) + 1,
        )
        for one in f.channels
    ]
    head = [w.say(key) for key in ("channels.head", "customers", "sales", "of_sales")]
    return charts.bars(w.say("channels.title"), head, rows)


def reach(f: Figures, w: Words) -> Markup:
    """Customers of one channel only, and those of several, with what each spends."""
    most = largest(one.spend for one in f.reach)
    rows = [
        charts.Bar(
            w.name("reach", one.name),
            (one.spend or 0) / most,
            (w.number(one.customers), w.money(one.spend, f.currency), w.percent(of_sales(f, one.revenue))),
            tone=2 if one.name == "omnichannel" else 1,
        )
        for one in f.reach
    ]
    head = [w.say(key) for key in ("reach.head", "customers", "spend", "of_sales")]
    return charts.bars(w.say("reach.title"), head, rows)


def of_sales(f: Figures, revenue: float) -> float | None:
    """The part of all sales of the last twelve months."""
    return share(revenue, f.headline.revenue.now or 0)


def _channels(f: Figures) -> list[str]:
    """The channels shown on their own, largest first, and one for all the others when there are too many."""
    names = [one.name for one in f.channels]
    names += sorted({one.channel for one in f.monthly} - set(names))
    return names if len(names) <= charts.MOST_SERIES else [*names[: charts.MOST_SERIES - 1], OTHER]


def _shown(f: Figures, channel: str) -> str:
    return channel if channel in _channels(f) else OTHER


def _axis(f: Figures, w: Words, months: Sequence[date]) -> charts.Axis:
    return charts.Axis(
        tuple(w.month(month) for month in months),
        lambda minor: w.brief_money(minor, f.currency),
        every=-(-len(months) // LABELS),
    )


def _measure(month: Pulse, measure: str) -> float:
    if measure == "basket":
        return share(month.revenue, month.orders) or 0
    return float(getattr(month, measure))
