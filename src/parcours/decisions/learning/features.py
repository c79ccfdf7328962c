"""What is known of a person and of the moment, as the numbers a linear model reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Number:
    """A number within a declared range: 0 at its low end, 1 at its high end and beyond; unknown is the middle."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Flag:
    """Yes (1) or no (0); unknown is no."""

    name: str


@dataclass(frozen=True)
class Category:
    """One of declared values, a column each; unknown or another value is 0 in all."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Features:
    """The declared features, in the order of their columns; the first column of all is a constant 1."""

    kinds: tuple[Number | Flag | Category, ...]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return 1 + sum(len(kind.values) if isinstance(kind, Category) else 1 for kind in self.kinds)

    @property
    def columns(self) -> tuple[str, ...]:
        """What each column is called: the constant is ``1``, a value of a category ``name=value``."""
        named: list[str] = ["1"]
        for kind in self.kinds:
            named += [f"{kind.name}={value}" for value in kind.values] if isinstance(kind, Category) else [kind.name]
        return tuple(named)

    def table(self, columns: Mapping[str, NDArray[Any]], rows: int) -> Floats:
        """The numbers of many people: float64[n, width]. A column that is missing is unknown for all of them.

        Numbers and flags are given as floats or booleans (unknown is NaN), categories as strings or objects (None).
        """
        x = np.zeros((rows, self.width))
        x[:, 0] = 1
        at = 1
        for kind in self.kinds:
            given = columns.get(kind.name)
            if isinstance(kind, Category):
                for n, wanted in enumerate(kind.values):
                    x[:, at + n] = 0 if given is None else given == wanted
                at += len(kind.values)
                continue
            unknown = 0.5 if isinstance(kind, Number) else 0.0
            value = np.full(rows, np.nan) if given is None else np.asarray(given, np.float64)
            if isinstance(kind, Number):
                value = np.clip((value - kind.low) / (kind.high - kind.low), 0.0, 1.0)
            x[:, at] = np.where(np.isnan(value), unknown, value)
            at += 1
        return x

    def one(self, facts: Mapping[str, Any]) -> Floats:
        """The numbers of one person: float64[1, width], the same as its row of a table."""
        x = [1.0]
        for kind in self.kinds:
            given = facts.get(kind.name)
            if isinstance(kind, Category):
                x += [float(given == value) for value in kind.values]
            elif given is None or given != given:
                x.append(0.5 if isinstance(kind, Number) else 0.0)
            elif isinstance(kind, Number):
                x.append(min(max((float(given) - kind.low) / (kind.high - kind.low), 0.0), 1.0))
            else:
                x.append(float(given))
        return np.array([x])
