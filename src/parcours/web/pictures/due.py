"""The due list of a day: by item, and the customers who come first on it."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.due import DueList, DuePerson
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words


def needed(one: DueList, w: Words) -> Markup:
    """For which items most customers are due."""
    most = largest(item.people for item in one.items)
    rows = [
        charts.Bar(item.item, item.people / most, (w.number(item.people), w.number(round(item.expected))))
        for item in one.items
    ]
    return charts.bars(w.say("due.title"), [w.say(key) for key in ("due.item", "due.people", "due.expected")], rows)


def window(row: DuePerson, w: Words) -> str:
    """From which day to which a customer is due: 3 – 21 Jan."""
    return w.days(row.due_from, row.due_until)
