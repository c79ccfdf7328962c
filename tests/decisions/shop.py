"""A small shop and its slots, for deciding by hand."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from parcours import flow
from parcours.decisions.deciding.known import Article, Person, Shop
from parcours.project import load
from parcours.project.slot import Slot
from parcours.rules.moment import Moment

TOML = '[project]\ncurrency = "EUR"\nzone = "Europe/Paris"\n[segments]\npacks = []\n'
SEGMENT = "segment: vips\nwho: {spend_365d: {at_least: 500 EUR}}\n"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def article(product: str, category: str, *, price: int = 1000, stock: int | None = 5) -> Article:
    return Article(product, product.title(), None, "All", category, None, price, "EUR", True, stock)


SHOP = Shop(
    {one.product_id: one for one in (
        article("tea", "Tea"), article("mint", "Tea"), article("oolong", "Tea", stock=0), article("mug", "Cups"),
        article("pot", "Cups", price=4000), article("jam", "Jam"),
    )},
    {"feed": [("tea", 0.9), ("mug", 0.8), ("oolong", 0.7), ("mint", 0.6), ("pot", 0.5), ("jam", 0.4)]},
    {"similar": {"tea": [("mint", 0.9), ("oolong", 0.8), ("jam", 0.1)]}},
)  # fmt: skip


def slot(text: str) -> Slot:
    """The slot of a text, read as a project's file is."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("parcours.toml", TOML), ("slots/one.yaml", text), ("segments/vips.yaml", SEGMENT)):
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(content)
        (found,) = load(Path(folder), flow.kinds()).slots.values()
    return found


def person(number: int = 7, at: datetime | date = NOW, **known: Any) -> Person:
    return Person(number, Moment.of(at, "Europe/Paris"), **known)
