"""Did it come true? Foreseen beside happened, by tenth of the customers."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.proven import Proven
from parcours.web import charts
from parcours.web.words import Words


def tenths(one: Proven, w: Words) -> Markup:
    """Two lines over the tenths of the customers: the share foreseen to do it, and the share who did."""
    found = one.newest.tenths
    series = [
        charts.Series(w.say("proven.foreseen"), tuple(tenth.foreseen for tenth in found)),
        charts.Series(w.say("proven.happened"), tuple(tenth.happened for tenth in found)),
    ]
    axis = charts.Axis(tuple(str(tenth.decile) for tenth in found), lambda value: w.percent(value, 0))
    said = ", ".join(f"{tenth.decile}: {w.percent(tenth.foreseen)} / {w.percent(tenth.happened)}" for tenth in found)
    return charts.lines(w.say("proven.chart", title=one.title.in_(w.language)), series, axis, said)


def told(one: Proven, w: Words) -> str:
    """How many were foreseen to do it, and how many did."""
    trial = one.newest
    numbers = {"foreseen": w.number(trial.foreseen), "happened": w.number(trial.happened)}
    if trial.made_on is None:
        return w.say("proven.told.held_back", **numbers, people=w.number(trial.people))
    return w.say("proven.told", **numbers, people=w.number(trial.people), day=w.day(trial.made_on))


def lift(one: Proven, w: Words) -> str:
    """How many times as often the most probable tenth did it, and how far shares lay apart."""
    trial = one.newest
    times = trial.lift(trial.tenths[0])
    if times is None or trial.error is None:
        return ""
    return w.say("proven.lift", times=w.times(times), error=w.points(trial.error).lstrip("+"))
