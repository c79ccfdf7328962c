"""What a condition may look at: an attribute of a profile or a column of a table, with its type and unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from parcours.model import CONTRACTS
from parcours.model.value import Title

# Columns of the canonical tables whose integers are minor units of money.
_MONEY = {"unit_price", "list_price", "cost", "amount", "value"}


@dataclass(frozen=True)
class Subject:
    """An attribute or column that rules may name.

    `type` is a type word of the tables (text integer number boolean date time); `unit` is "money" (minor units),
    "share" (0 to 1), "days" or nothing.
    """

    name: str
    type: str
    unit: str = ""
    title: Title | None = None


@cache
def columns_of(table: str) -> Mapping[str, Subject]:
    """The columns of a canonical table as subjects; those of products too, where a row names one."""
    own = {name: Subject(name, word, _unit(name, word)) for name, word in CONTRACTS[table].columns.items()}
    if "product_id" not in own or table == "products":
        return own
    return {**{name: subject for name, subject in columns_of("products").items() if name not in _OF_THE_ROW}, **own}


_OF_THE_ROW = {"product_id", "source", "currency", "properties"}


def product_columns(table: str) -> frozenset[str]:
    """The columns a rule reaches through the product a row names."""
    return frozenset(columns_of(table)) - frozenset(CONTRACTS[table].columns)


def _unit(name: str, word: str) -> str:
    return "money" if word == "integer" and (name in _MONEY or name.endswith("_amount")) else ""
