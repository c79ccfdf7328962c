"""The customers whose behaviour is looked at: a sample to learn from, and all of them in batches to be placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp, select

from parcours.engine import Engine
from parcours.rules import Moment, Rule, over_table
from parcours.segments.discovery.scaling import Floats

NUMBERS = ("integer", "number", "boolean")
BATCH = 100_000


@dataclass(frozen=True)
class People:
    """The profiles that count, read from the view `profiles`."""

    engine: Engine
    columns: Mapping[str, str]  # of the profiles, by type word
    who: Rule | None
    moment: Moment

    def known(self, names: Sequence[str]) -> tuple[int, dict[str, tuple[int, float | None]]]:
        """How many customers there are; and of each attribute, of how many it is known and its lowest value."""
        counts = [exp.alias_(exp.Count(this=_column(name)), f"known_{n}") for n, name in enumerate(names)]
        lows = [exp.alias_(exp.Min(this=exp.cast(_column(name), "double")), f"low_{n}") for n, name in enumerate(names)]
        (row,) = self.engine.rows(self._of(exp.alias_(exp.Count(this=exp.Star()), "people"), *counts, *lows))
        told = {name: (int(row[f"known_{n}"]), row[f"low_{n}"]) for n, name in enumerate(names)}
        return int(row["people"]), told

    def sample(self, names: Sequence[str], size: int, seed: int) -> dict[str, Floats]:
        """The attributes of some customers, drawn by a hash of who they are: NaN where unknown."""
        person = exp.cast(exp.column("person_id", "p"), "text")
        drawn = exp.Anonymous(
            this="hash63", expressions=[exp.DPipe(this=person, expression=exp.Literal.string(f"/{seed}"))]
        )
        query = self._of(*_numbers(names), exp.alias_(drawn, "drawn"), "p.person_id")
        query = query.order_by("drawn", "p.person_id").limit(size)
        found = self.engine.arrow(query)
        return {name: _floats(found.column(f"value_{n}")) for n, name in enumerate(names)}

    def everybody(self, names: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], dict[str, Floats]]]:
        """All customers, batch by batch: who they are, and their attributes."""
        for batch in self.engine.batches(self._of("p.person_id", *_numbers(names)), BATCH):
            person = np.asarray(batch.column("person_id").to_numpy(zero_copy_only=False), dtype=np.int64)
            yield person, {name: _floats(batch.column(f"value_{n}")) for n, name in enumerate(names)}

    def _of(self, *chosen: exp.Expression | str) -> exp.Select:
        query = select(*chosen).from_("profiles AS p")
        if self.who is None:
            return query
        return query.where(over_table(self.who, self.columns, self.moment, column=_column))


def _numbers(names: Sequence[str]) -> list[exp.Expression]:
    return [exp.alias_(exp.cast(_column(name), "double"), f"value_{n}") for n, name in enumerate(names)]


def _column(name: str) -> exp.Column:
    return exp.column(name, table="p", quoted=True)


def _floats(column: pa.Array | pa.ChunkedArray) -> Floats:
    numbers = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    floats = np.array(numbers, dtype=np.float64)
    floats[~np.isfinite(floats)] = np.nan
    return floats
