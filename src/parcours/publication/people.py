"""One row a person: what many tables say of each of them, side by side."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from parcours.publication.lists import Lists, lists

MOST = 50  # of a person's newest orders, best articles, favourites, of what is due soonest
ARTICLES = 100  # bought last
ASKED = (
    "owners", "orders", "keys_of", "merged", "segments", "values", "propensities", "tastes", "recommendations",
    "coupons", "consents", "due", "bought",
)  # fmt: skip
_OWN = ("person_id", "merged_into", "known", "household_id", "first_seen", "last_seen")


def people(tables: dict[str, pa.Table], publication: int) -> pa.Table:
    """The rows of some people, in the order of their ids, from the rows of ASKED and `profiles`, which it uses up.

    What is a list is JSON, as readers get it.
    """
    ask = tables.pop
    owners = ask("owners")
    ids, households = owners["person_id"].to_numpy(), owners["household"].to_numpy()

    def of(name: str, *by: str, **more: Any) -> Lists:
        return lists(ask(name), ids, by, **more)

    orders = of("orders", "order_time", "row_id", newest=True, most=MOST)
    columns = {
        "publication": pa.repeat(pa.scalar(publication, pa.int64()), len(owners)),
        **{name: owners[name] for name in _OWN},
        "keys": of("keys_of", "told").numbers(),
        "merged": of("merged", "told").numbers(),
        "bought_at": orders.first("order_time"),
        "profile": _json("[", of("profiles").texts(), "]"),
        "segments": _json("[", of("segments", "segment").texts(), "]"),
        "scores": _json("[[", of("values", "score", "days").texts(), "],[", of("propensities", "score").texts(), "]]"),
        "tastes": _json("[", of("tastes", "score", "place").texts(), "]"),
        "recommendations": _json("[", of("recommendations", "score", "place").texts(), "]"),
        "coupons": _json("[", lists(ask("coupons"), households, ("allotment", "place")).texts(), "]"),
        "consents": _json("[", of("consents", "purpose", "channel").texts(), "]"),
        "orders": _json("[", orders.texts(), "]"),
        "due": _json("[", of("due", "due_on", "score", "item", most=MOST).texts(), "]"),
        "bought": _json("[", of("bought", "day", "product_id", newest=True, most=ARTICLES).texts(), "]"),
    }
    return pa.table(columns)


def _json(*parts: str | pa.Array) -> pa.Array:
    texts = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*texts)
