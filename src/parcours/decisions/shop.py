"""The catalogue of the publication that readers see, kept in memory until there is a newer one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from parcours.decisions.deciding.known import Article, Shop
from parcours.state import queries

_QUERIES = queries("publication")
_list = msgspec.json.Decoder(list[tuple[str, float]])
REMEMBERED = 5_000  # articles whose neighbours are kept
_PICTURES = ("image", "image_url", "picture")
_PAGES = ("url", "link", "page")


@dataclass
class Shelves:
    """The shop as one process knows it."""

    shop: Shop = field(default_factory=Shop)
    publication: int | None = None
    _near: dict[tuple[str, str], list[tuple[str, float]]] = field(default_factory=dict)

    async def renew(self, connection: psycopg.AsyncConnection) -> bool:
        """Reads the catalogue anew if there is a newer publication; whether there was."""
        found = await _rows(connection, "current")
        publication = found[0]["publication"] if found else None
        if publication is None or publication == self.publication:
            return False
        articles = await _rows(connection, "articles", publication=publication)
        orders = await _rows(connection, "orders", publication=publication)
        self.shop = await asyncio.to_thread(_shop, articles, orders)  # a large catalogue would hold answers up
        self._near.clear()
        self.publication = publication
        return True

    async def around(
        self, connection: psycopg.AsyncConnection, scores: Collection[str], roots: Collection[str]
    ) -> Shop:
        """The shop, with what is near to some articles."""
        if not scores or not roots or self.publication is None:
            return self.shop
        asked = [(score, root) for score in scores for root in roots]
        if missing := [each for each in asked if each not in self._near]:
            if len(self._near) > REMEMBERED:
                self._near.clear()
            self._near.update({each: [] for each in missing})
            for row in await _rows(connection, "near", publication=self.publication, scores=list(scores),
                                   roots=list(roots)):  # fmt: skip
                self._near[row["score"], row["root"]] = _list.decode(row["told"])
        similar: dict[str, dict[str, Any]] = {score: {} for score in scores}
        for score, root in asked:
            similar[score][root] = self._near.get((score, root), [])
        return replace(self.shop, similar=similar)


def _shop(articles: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]]) -> Shop:
    return Shop({row["product_id"]: _article(row) for row in articles},
                {row["score"]: _list.decode(row["told"]) for row in orders})  # fmt: skip


def _article(row: Mapping[str, Any]) -> Article:
    told = _properties(row["properties"])
    return Article(row["product_id"], row["name"], row["brand"], row["category_1"], row["category_2"],
                   row["category_3"], row["price"], row["currency"], row["active"], row["stock"],
                   url=_first(told, _PAGES), image=_first(told, _PICTURES))  # fmt: skip


def _properties(text: str | None) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text) if text else {}
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _first(told: Mapping[str, Any], names: Collection[str]) -> str | None:
    return next((value for name in names if isinstance(value := told.get(name), str) and value), None)


async def _rows(connection: psycopg.AsyncConnection, name: str, **values: Any) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_QUERIES[name].text.encode(), values)
    return await cursor.fetchall()
