"""What a room may ask of an engine, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
from sqlglot import exp

from parcours.engine.sql import Query

AnyQuery: TypeAlias = Query | exp.Expression | str


class Engine(Protocol):
    """Runs queries of the restricted dialect over Parquet files; keeps nothing between runs."""

    dialect: str

    def register(
        self,
        name: str,
        source: Sequence[Path] | pa.Table,
        *,
        columns: dict[str, str] | None = None,
        by_name: bool = False,
    ) -> None:
        """Makes files (or an Arrow table) readable as `name`; no files and given columns is an empty table."""

    def view(self, name: str, query: AnyQuery) -> None:
        """Names a query without running it."""

    def temp(self, name: str, query: AnyQuery) -> None:
        """Runs a query once and keeps its rows as `name` until the engine closes or `forget` is called."""

    def forget(self, *names: str) -> None:
        """Drops temporary tables and views."""

    def arrow(self, query: AnyQuery) -> pa.Table:
        """The rows as one Arrow table: for results that fit in memory."""

    def batches(self, query: AnyQuery, rows: int = 100_000) -> pa.RecordBatchReader:
        """The rows as a stream of Arrow batches: for results of any size."""

    def rows(self, query: AnyQuery) -> list[dict[str, Any]]:
        """The rows as dictionaries: for small results."""

    def columns(self, query: AnyQuery) -> dict[str, str]:
        """The columns a query gives, with their type words."""

    def write(self, query: AnyQuery | pa.Table | pa.RecordBatchReader, folder: Path) -> None:
        """Writes the rows as Parquet files into a new folder, in the order the query gives them."""

    def components(self, edges: AnyQuery) -> pa.Table:
        """Connected components of a graph given as two integer columns (left_node, right_node).

        Gives (node, component), a component being named by its smallest node; sorted by node.
        """

    def explain(self, query: AnyQuery) -> str:
        """The engine's plan of a query, as text."""

    def close(self) -> None:
        """Frees the memory, the temporary files and the session."""
