"""A table's contract is the dataclass of the thing it holds: its fields are the columns, in order.

Column types are words that both engines understand: text, integer, number, boolean, date, time.
A time is UTC without a zone (microseconds); money is an integer of minor units.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

WORDS: dict[type, str] = {str: "text", int: "integer", float: "number", bool: "boolean", date: "date", datetime: "time"}


@dataclass(frozen=True)
class Contract:
    """A table's name, the columns that identify a row, and the column that says when it happened."""

    name: str
    key: tuple[str, ...]
    time: str | None
    columns: dict[str, str]
    about: str


CONTRACTS: dict[str, Contract] = {}


def table(name: str, *, key: tuple[str, ...], time: str | None = None) -> Callable[[type[T]], type[T]]:
    """Declares that a frozen dataclass is the row of the table `name`."""

    def mark(cls: type[T]) -> type[T]:
        about = (cls.__doc__ or "").strip().splitlines()[0]
        CONTRACTS[name] = Contract(name, key, time, columns(cls), about)
        return cls

    return mark


def columns(cls: type) -> dict[str, str]:
    """The columns of a row's dataclass and their type words, in order.

    Raises TypeError for a field whose type no table column can hold.
    """
    hints = get_type_hints(cls)
    return {f.name: _word(hints[f.name], f.name) for f in fields(cls)}  # type: ignore[arg-type]


def _word(hint: Any, name: str) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = [a for a in get_args(hint) if a is not type(None)]
    if hint not in WORDS:
        raise TypeError(f"column {name!r}: a table cannot hold {hint!r}")
    return WORDS[hint]
