"""A working table that is made when it is first needed, and not at all when everything made of it is there already."""

from __future__ import annotations

from collections.abc import Callable

from parcours.engine import AnyQuery, Engine


class Temporary:
    """A table of the engine that lives until `forget`."""

    def __init__(self, engine: Engine, name: str, query: Callable[[], AnyQuery]) -> None:
        self.engine = engine
        self.name = name
        self.query = query
        self._there = False

    def ready(self) -> None:
        """Makes it, unless it is there."""
        if not self._there:
            self.engine.temp(self.name, self.query())
            self._there = True

    def forget(self) -> None:
        """Frees it."""
        if self._there:
            self.engine.forget(self.name)
            self._there = False
