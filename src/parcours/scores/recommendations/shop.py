"""What recommendations look at, read once in a run: customers, articles, purchases, stock and what was brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from parcours.engine import sql
from parcours.scores.recommendations.purchases import Ints, Purchases, Small
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "recommendations.sql")
READS = ("persons", "record_persons", "orders", "order_lines", "products", "stock", "events")
EPOCH = date(1970, 1, 1)
SENT = ""  # the place of stock that is of no store
ANY, UNKNOWN = -2, -1  # rows of what any place holds, and of places that count nothing


@dataclass(frozen=True)
class Catalogue:
    """The articles by number: their ids, names and where they stand. A category or brand that is not said is None."""

    ids: list[str]
    rows: pa.Table
    listed: NDArray[np.bool_]  # in the catalogue, and not withdrawn
    kind_of: Small  # the number of the category an article is of (`kinds`), -1 if it is of none
    kinds: list[str]

    def number(self) -> dict[str, int]:
        """The number of each id."""
        return {each: number for number, each in enumerate(self.ids)}


@dataclass(frozen=True)
class Stocked:
    """What may be bought where: a row a place, one for any place, and one for places that count nothing."""

    holds: NDArray[np.bool_]
    place_of: Small  # of each customer, the row of `holds`
    negative: int = 0  # counts below nothing, taken as nothing
    counted: bool = False  # whether stock is known at all

    @property
    def somewhere(self) -> NDArray[np.bool_]:
        """What is held anywhere that a customer buys; where there are no customers, anywhere at all."""
        places = np.unique(self.place_of) if len(self.place_of) else np.arange(max(len(self.holds) - 1, 1))
        found: NDArray[np.bool_] = self.holds[places].any(axis=0)
        return found


@dataclass(frozen=True)
class Shop:
    """All of it, as of a day."""

    catalogue: Catalogue
    bought: Purchases
    stocked: Stocked
    returned: Ints  # person * products + product, sorted
    first_sold: Ints  # of each article, numbered as the days of `bought`; -1 if it never was
    today: int

    @property
    def products(self) -> int:
        """How many articles there are."""
        return len(self.catalogue.ids)


def shop(world: World) -> Shop:
    """The shop of this run, read when it is first asked for."""
    if "shop" not in world.shelf:
        world.shelf["shop"] = _read(world)
    found: Shop = world.shelf["shop"]
    return found


def _read(world: World) -> Shop:
    world.draft.read(*READS)
    engine = world.engine
    world.keep("shown_people", _QUERIES["people"])
    world.keep("shown_articles", _QUERIES["articles"].bind(as_of=world.as_of))
    articles = engine.arrow("SELECT * FROM world_shown_articles ORDER BY number")
    persons = _ints(engine.arrow("SELECT person_id FROM world_shown_people ORDER BY number"), "person_id")
    bought = _purchases(world, persons, articles.num_rows)
    first = _arrow(world, "first_sold")
    first_sold = np.full(articles.num_rows, -1, np.int64)
    first_sold[_ints(first, "product")] = _ints(first, "day") - (bought.first_day - EPOCH).days
    back = _arrow(world, "returned")
    return Shop(
        catalogue=_catalogue(articles),
        bought=bought,
        stocked=_stocked(world, len(persons), articles.num_rows),
        returned=_ints(back, "person") * articles.num_rows + _ints(back, "product"),
        first_sold=first_sold,
        today=bought.numbered(world.as_of),
    )


def _purchases(world: World, persons: Ints, products: int) -> Purchases:
    parts: dict[str, list[Small]] = {"person": [], "product": [], "day": []}
    for batch in world.engine.batches(_QUERIES["bought"].bind(as_of=world.as_of), rows=1_000_000):
        for name, held in parts.items():
            held.append(batch.column(name).to_numpy(zero_copy_only=False).astype(np.int32))
    person, product, day = (np.concatenate([np.zeros(0, np.int32), *held]) for held in parts.values())
    first = int(day.min()) if len(day) else (world.as_of - EPOCH).days
    return Purchases(
        persons=persons,
        starts=np.searchsorted(person, np.arange(len(persons) + 1)),
        product=product,
        day=day - np.int32(first),
        first_day=date.fromordinal(EPOCH.toordinal() + first),
        products=products,
    )


def _catalogue(rows: pa.Table) -> Catalogue:
    ids = rows["product_id"].to_pylist()
    kinds = [second or first for second, first in zip(rows["category_2"].to_pylist(), rows["category_1"].to_pylist())]
    names = sorted({each for each in kinds if each})
    number = {each: place for place, each in enumerate(names)}
    listed = np.array(rows["listed"].to_pylist(), bool)
    active = np.array(rows["active"].to_pylist(), bool)
    if not listed.any():  # no catalogue was given: what was sold is what there is
        listed = np.ones(len(ids), bool)
    return Catalogue(
        ids, rows, listed & active, np.array([number.get(each or "", -1) for each in kinds], np.int32), names
    )


def _stocked(world: World, people: int, products: int) -> Stocked:
    """What each place holds; where nothing is counted, or not of an article, it is not judged."""
    rows = _arrow(world, "stock")
    places = sorted(set(rows["store"].to_pylist()))
    number = {name: place for place, name in enumerate(places)}
    at = np.array([number[name] for name in rows["store"].to_pylist()], np.int64)
    product, quantity = _ints(rows, "product"), rows["quantity"].to_numpy().astype(float)
    holds = np.ones((len(places) + 2, products), bool)
    holds[at, product] = quantity > 0
    holds[ANY, product] = False
    holds[ANY, product[quantity > 0]] = True
    # who has no store of their own is served from what is sent; without that, from whatever any store holds
    place_of = np.full(people, number.get(SENT, ANY % len(holds)), np.int64)
    theirs = _arrow(world, "stores_of_people")
    unknown = UNKNOWN % len(holds)
    place_of[_ints(theirs, "number")] = [number.get(name, unknown) for name in theirs["store_id"].to_pylist()]
    return Stocked(holds, place_of.astype(np.int32), int((quantity < 0).sum()), bool(places))


def _arrow(world: World, name: str) -> pa.Table:
    return world.engine.arrow(_QUERIES[name].bind(as_of=world.as_of))


def _ints(rows: pa.Table, name: str) -> Ints:
    return np.asarray(rows[name].to_numpy(), dtype=np.int64)
