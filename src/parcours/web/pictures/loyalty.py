"""Who comes back: once or more, when, month after month."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.figures import Figures, share
from parcours.web import charts
from parcours.web.pictures.counted import counted, largest
from parcours.web.words import Words


def one_time(f: Figures, w: Words) -> Markup:
    """Those who bought once beside those who came back."""
    once = f.repeat.one_time_share or 0
    parts = [
        (w.say("repeat.once"), w.percent(once), once),
        (w.say("repeat.again"), w.percent(1 - once), 1 - once),
    ]
    return charts.split(w.say("repeat.title"), parts)


def ladder(f: Figures, w: Words) -> Markup:
    """How many customers reach a second, third, fifth and tenth order."""
    steps = f.repeat.ladder
    rungs = [
        charts.Rung(
            w.count("ladder.step", step.orders),
            step.customers,
            w.number(step.customers),
            w.say("ladder.rate", rate=w.percent(share(step.customers, before.customers))) if before else "",
        )
        for step, before in zip(steps, [None, *steps[:-1]], strict=True)
    ]
    return charts.funnel(w.say("ladder.title"), rungs)


def waits(f: Figures, w: Words) -> Markup:
    """How long it took to come back for the second order."""
    return counted(w, "waits", f.repeat.waits, "wait")


def cohorts(f: Figures, w: Words) -> Markup:
    """Each month's new customers, and the part of them that bought in each later month."""
    widest = max((len(one.returned) for one in f.cohorts), default=0)
    shares = [[share(count, one.size) or 0 for count in one.returned] for one in f.cohorts]
    most = largest(value for row in shares for value in row)
    rows = [
        charts.HeatRow(
            w.month(one.month),
            (
                *(charts.HeatCell(w.percent(value, 0), value / most) for value in row),
                *[None] * (widest - len(row)),
            ),
            w.number(one.size),
        )
        for one, row in zip(f.cohorts, shares, strict=True)
    ]
    columns = [w.say("cohorts.after", n=n) for n in range(1, widest + 1)]
    grid = charts.heat(w.say("cohorts.title"), (w.say("cohorts.first"), w.say("cohorts.size")), columns, rows)
    return grid + charts.scale(w.say("cohorts.scale"), w.percent(0, 0), w.percent(most, 0))
