"""A table of counted things: so many of this kind, so many of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from parcours.measurement.figures import Counted, share
from parcours.web import charts
from parcours.web.words import Words


def counted(w: Words, chart: str, things: Sequence[Counted], kind: str) -> Markup:
    """Each thing by its name, with a bar, its count and its part of them all. `kind` says whose names they are."""
    whole = sum(one.count for one in things)
    most = largest(one.count for one in things)
    rows = [
        charts.Bar(w.name(kind, one.code), one.count / most, (w.number(one.count), w.percent(share(one.count, whole))))
        for one in things
    ]
    head = (w.say(f"{chart}.head"), w.say(f"{chart}.count"), w.say("share"))
    return charts.bars(w.say(f"{chart}.title"), head, rows)


def largest(values: Iterable[float | None]) -> float:
    """The largest value, by which bars are measured; 1 when there is none, so that nothing is divided by zero."""
    return max((value or 0 for value in values), default=0) or 1
