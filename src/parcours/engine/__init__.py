"""The warehouse: versioned Parquet tables, and the engine that queries them. Rooms see only what is named here."""

from __future__ import annotations

from pathlib import Path

from parcours.engine.protocol import AnyQuery, Engine
from parcours.engine.warehouse import Busy, Draft, Tables, Version, Warehouse, fingerprint

__all__ = ["AnyQuery", "Busy", "Draft", "Engine", "Tables", "Version", "Warehouse", "fingerprint", "open_engine"]

ENGINES = ("duckdb", "spark")


def open_engine(
    kind: str = "duckdb", *, memory: str = "4GB", threads: int = 0, temporary: Path | None = None
) -> Engine:
    """Starts an engine. Raises ValueError for a kind there is none of, ImportError when Spark is not installed."""
    if kind == "duckdb":
        from parcours.engine.duckdb import DuckDB

        return DuckDB(memory=memory, threads=threads, temporary=temporary)
    if kind == "spark":
        from parcours.engine.spark import Spark

        return Spark(memory=memory, threads=threads, temporary=temporary)
    raise ValueError(f"no engine {kind!r}: there is {' and '.join(ENGINES)}")
