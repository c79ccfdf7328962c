"""What scores learn from: each customer's purchases, visits and messages by day, up to the day spoken of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from parcours.engine import AnyQuery, Draft, Engine, sql

_QUERIES = sql.load(__package__, "world.sql")
READS = {
    "people": ("persons",),
    "buying_days": ("persons", "record_persons", "orders"),
    "lines": ("persons", "record_persons", "order_lines", "products"),
    "return_days": ("persons", "record_persons", "order_lines"),
    "sold": ("order_lines",),
    "visit_days": ("persons", "record_persons", "events"),
    "message_days": ("persons", "record_persons", "message_events"),
    "redemption_days": ("persons", "record_persons", "redemptions"),
}
SEED = 20


@dataclass
class World:
    """The facts of one run, made readable when they are first asked for.

    `have("buying_days")` makes the working table `world_buying_days`; its columns are told in world.sql. A kind that
    learns from the past cuts them at a day of its own (`day <= :cut`).
    """

    draft: Draft
    as_of: date
    currency: str
    seed: int = SEED
    folder: Path | None = None  # the project's, for the files that only a kind knows
    shelf: dict[Any, Any] = field(default_factory=dict)  # what kinds of a run share
    _made: set[str] = field(default_factory=set)

    @property
    def engine(self) -> Engine:
        """The engine that holds the working tables."""
        return self.draft.engine

    def have(self, *names: str) -> None:
        """Makes working tables readable, each once in a run."""
        for name in names:
            if name not in self._made:
                self.draft.read(*READS[name])
                self.engine.temp(f"world_{name}", _QUERIES[name].bind(as_of=self.as_of))
                self._made.add(name)

    def keep(self, name: str, query: AnyQuery | Callable[[], AnyQuery]) -> None:
        """Makes a working table `world_...` of a kind's own, for the rest of the run; once, if several ask for it."""
        if name not in self._made:
            self.engine.temp(f"world_{name}", query() if callable(query) else query)
            self._made.add(name)

    def written(self, kind: Any) -> list[str]:
        """What stands in the files of the project that a kind reads: it is made anew when they change."""
        files = [self.folder / name for name in getattr(kind, "files", ()) if self.folder is not None]
        return [file.read_text(encoding="utf-8") for file in files if file.is_file()]

    def customers(self) -> int:
        """How many known customers there are."""
        self.have("people")
        return int(self.engine.rows("SELECT count(*) AS n FROM world_people")[0]["n"])

    def forget(self) -> None:
        """Frees the working tables."""
        self.engine.forget(*(f"world_{name}" for name in self._made))
        self._made.clear()
        self.shelf.clear()
