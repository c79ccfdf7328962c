"""The next baskets: what is in most of them, and why an item is in a customer's."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.baskets import NextBaskets, Place
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words


def wanted(one: NextBaskets, w: Words) -> Markup:
    """The items in most customers' baskets."""
    most = largest(item.people for item in one.wanted)
    rows = [
        charts.Bar(item.item, item.people / most, (w.number(item.people), w.number(round(item.expected))))
        for item in one.wanted
    ]
    head = [w.say(key) for key in ("baskets.item", "baskets.people", "baskets.expected")]
    return charts.bars(w.say("baskets.title"), head, rows)


def why(place: Place, w: Words) -> str:
    """Why an item is in a basket, as a sentence."""
    said = dict(place.reason)
    code = said.pop("code")
    if code == "popular":
        said["share"] = w.percent(said["share"])
    return w.say(f"basket_why.{code}", **{name: _shown(value, w) for name, value in said.items()})


def good(one: NextBaskets, w: Words) -> str:
    """How many of the places were bought when it was tried, beside the plain method."""
    return w.say(
        "baskets.good" if one.kept else "baskets.plain", right=w.percent(one.right), plain=w.percent(one.plain_right)
    )


def _shown(value: float | str, w: Words) -> str:
    return value if isinstance(value, str) else w.number(value)
