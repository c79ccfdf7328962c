"""Who waits for an article that is out of stock: whoever asked for it lately, or is due for it, and did not find it.

What a sign is worth is set, not learned: the cart and an own rhythm that is due 1, a view 0.5, a search 0.25; all but
the rhythm halved every so many days; what several are worth adds up. It ranks people; it is no chance.
"""

from __future__ import annotations

from parcours.engine import sql
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "waiting.sql")
_STOCK = sql.load(__package__, "stock.sql")
FEWEST_TIMES = 3  # days on which somebody bought an article, from which there is a rhythm
HALF = 14  # days after which a sign is worth half
TABLES = ("counted", "out", "articles", "signs", "bought", "rhythms", "homes")


def make(world: World, *, days: int, at_most: int) -> Made:
    """Who waits for what, and the card. Raises TooLittle: no stock is known, nothing is out of stock."""
    engine, day = world.engine, world.as_of
    world.draft.read("stock", "products", "events", "orders", "persons", "record_persons")
    world.have("lines")
    bound = {
        "counted": _STOCK["counted"].bind(as_of=day), "out": _QUERIES["out"], "articles": _QUERIES["articles"],
        "signs": _QUERIES["signs"].bind(as_of=day, days=days), "bought": _QUERIES["bought"],
        "rhythms": _QUERIES["rhythms"].bind(as_of=day, fewest=FEWEST_TIMES), "homes": _QUERIES["homes"].bind(as_of=day),
    }  # fmt: skip
    try:
        for name in TABLES:
            engine.temp(f"waiting_{name}", bound[name])
            if name == "counted":
                _some(world, name, "no_stock")
            if name == "out":
                out = _some(world, name, "nothing_out_of_stock")
        rows = engine.arrow(_QUERIES["waiting"].bind(as_of=day, half=HALF, at_most=at_most))
    finally:
        engine.forget(*(f"waiting_{name}" for name in TABLES))
    people = len(rows["person_id"].unique())
    card = Card(method="signs counted", people=people, learned_until=day, detail={"out_of_stock": out, "days": days})
    return Made(rows, card)


def _some(world: World, name: str, missing: str) -> int:
    """How many rows a working table has. Raises TooLittle where it has none."""
    found = int(world.engine.rows(_COUNTS[name])[0]["n"])
    if not found:
        raise TooLittle(missing, needed=1, found=0)
    return found


_COUNTS = {
    "counted": "SELECT count(*) AS n FROM waiting_counted",
    "out": "SELECT count(*) AS n FROM waiting_out",
}
