"""What is foreseen: forecasts beside a plain method, and what is to come."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.figures import Figures, Forecast
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words


def forecasts(f: Figures, w: Words) -> Markup:
    """By how much each forecast errs less than a plain method; or what is missing to make it."""
    known = [one for one in f.forecasts if one.refused is None]
    refused = [one for one in f.forecasts if one.refused is not None]
    most = max([abs(one.gain or 0.0) for one in known] or [1.0]) or 1.0
    rows = [
        charts.Bar(
            one.title.in_(w.language),
            max(one.gain or 0.0, 0.0) / most,
            (w.number(one.people), w.percent(one.gain), _checked(one, w)),
            note=w.say("forecasts.kept" if one.kept else "forecasts.plain"),
        )
        for one in known
    ]
    rows += [
        charts.Bar(one.title.in_(w.language), 0.0, ("–", "–", "–"), note=w.missing(one.refused or {}))
        for one in refused
    ]
    head = [w.say(key) for key in ("forecasts.head", "people", "forecasts.gain", "forecasts.checked")]
    return charts.bars(w.say("forecasts.title"), head, rows)


def outlook(f: Figures, w: Words) -> Markup:
    """What all customers together are expected to buy."""
    most = largest(one.money for one in f.outlook)
    rows = [
        charts.Bar(
            w.count("outlook.days", one.days), one.money / most,
            (w.number(round(one.orders)), w.money(one.money, f.currency)),
        )
        for one in f.outlook
    ]  # fmt: skip
    head = [w.say(key) for key in ("outlook.head", "outlook.orders", "outlook.money")]
    return charts.bars(w.say("outlook.title"), head, rows)


def _checked(one: Forecast, w: Words) -> str:
    if one.made_on is None or one.foreseen is None:
        return "–"
    return w.say("forecasts.came", foreseen=w.number(round(one.foreseen)), happened=w.number(round(one.happened or 0)))
