"""The engine for one machine: DuckDB in memory over Parquet, spilling to disk when memory runs short."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sqlglot import exp

from parcours.engine import sql
from parcours.engine.protocol import AnyQuery
from parcours.engine.types import SQL, word_of

ROW_GROUP = 122_880


class DuckDB:
    """Runs the restricted dialect on DuckDB, statelessly: its tables are Parquet files."""

    dialect = "duckdb"

    def __init__(self, *, memory: str = "4GB", threads: int = 0, temporary: Path | None = None) -> None:
        self.connection = duckdb.connect(":memory:")
        self._given: dict[str, Any] = {}
        self._lock = threading.RLock()
        self.connection.execute("SET memory_limit = ?", [memory])
        self.connection.execute("SET preserve_insertion_order = true")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET enable_progress_bar = false")
        if threads:
            self.connection.execute("SET threads = ?", [threads])
        if temporary is not None:
            temporary.mkdir(parents=True, exist_ok=True)
            self.connection.execute("SET temp_directory = ?", [str(temporary)])

    def register(
        self,
        name: str,
        source: Sequence[Path] | pa.Table,
        *,
        columns: dict[str, str] | None = None,
        by_name: bool = False,
    ) -> None:
        self.forget(name)
        if isinstance(source, pa.Table):
            self._given[name] = source
            self.connection.register(name, source)
            return
        if not source:
            empty = exp.select(
                *[
                    exp.alias_(exp.cast(exp.null(), SQL[word]), column, quoted=True)
                    for column, word in (columns or {}).items()
                ]
            ).where("FALSE")
            self.view(name, empty)
            return
        files = exp.Array(expressions=[exp.Literal.string(str(path)) for path in source])
        options = [exp.EQ(this=exp.column("union_by_name"), expression=exp.true())] if by_name else []
        rows = exp.select("*").from_(exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[files, *options])))
        if by_name and columns:
            rows = self._with_missing(rows, columns)
        self._create("VIEW", name, rows.sql("duckdb"))

    def _with_missing(self, rows: exp.Select, columns: dict[str, str]) -> exp.Select:
        """The rows with a null for each column that these files, of all the table's, happen to lack."""
        have = {row[0] for row in self.connection.execute(f"DESCRIBE {rows.sql('duckdb')}").fetchall()}
        return rows.select(
            *[
                exp.alias_(exp.cast(exp.null(), SQL[word]), column, quoted=True)
                for column, word in columns.items()
                if column not in have
            ]
        )

    def view(self, name: str, query: AnyQuery) -> None:
        self.forget(name)
        self._create("VIEW", name, sql.as_query(query).text("duckdb"))

    def temp(self, name: str, query: AnyQuery) -> None:
        self.forget(name)
        self._create("TABLE", name, sql.as_query(query).text("duckdb"))

    def _create(self, what: str, name: str, text: str) -> None:
        with self._lock:
            self.connection.execute(f"CREATE OR REPLACE TEMP {what} {exp.to_identifier(name, quoted=True)} AS {text}")

    def forget(self, *names: str) -> None:
        with self._lock:
            for name in names:
                if self._given.pop(name, None) is not None:
                    self.connection.unregister(name)
                quoted = str(exp.to_identifier(name, quoted=True))
                held = self.connection.execute(
                    "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
                ).fetchall()
                for (table_type,) in held:
                    self.connection.execute(f"DROP {'VIEW' if table_type == 'VIEW' else 'TABLE'} {quoted}")

    def arrow(self, query: AnyQuery) -> pa.Table:
        with self._lock:
            return self.connection.execute(sql.as_query(query).text("duckdb")).to_arrow_table()

    def batches(self, query: AnyQuery, rows: int = 100_000) -> pa.RecordBatchReader:
        # Not on a cursor: our views and working tables live in this connection alone. Drain it before the next query.
        with self._lock:
            return self.connection.execute(sql.as_query(query).text("duckdb")).to_arrow_reader(rows)

    def rows(self, query: AnyQuery) -> list[dict[str, Any]]:
        return self.arrow(query).to_pylist()

    def columns(self, query: AnyQuery) -> dict[str, str]:
        empty = exp.select("*").from_(sql.as_query(query).tree.subquery("q")).limit(0)
        return {field.name: word_of(field.type) for field in self.arrow(sql.Query(empty)).schema}

    def write(self, query: AnyQuery | pa.Table | pa.RecordBatchReader, folder: Path) -> None:
        folder.mkdir(parents=True)
        with self._lock:
            if isinstance(query, (pa.Table, pa.RecordBatchReader)):
                self.connection.register("given_rows", query)
                text = "SELECT * FROM given_rows"
            else:
                text = sql.as_query(query).text("duckdb")
            target = exp.Literal.string(str(folder / "part-0.parquet")).sql("duckdb")
            self.connection.execute(f"COPY ({text}) TO {target} (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})")
            if isinstance(query, (pa.Table, pa.RecordBatchReader)):
                self.connection.unregister("given_rows")

    def components(self, edges: AnyQuery) -> pa.Table:
        with self._lock:
            columns = self.connection.execute(sql.as_query(edges).text("duckdb")).fetchnumpy()
        left, right = (np.asarray(columns[c], dtype=np.int64) for c in ("left_node", "right_node"))
        nodes, dense = np.unique(np.concatenate([left, right]), return_inverse=True)
        half = len(left)
        del left, right, columns
        graph = coo_matrix((np.ones(half, dtype=np.int8), (dense[:half], dense[half:])), shape=(len(nodes),) * 2)
        _, label = connected_components(graph, directed=False)
        # nodes are sorted, so the first node that carries a label is the component's smallest
        _, first = np.unique(label, return_index=True)
        return pa.table({"node": nodes, "component": nodes[first[label]]})

    def explain(self, query: AnyQuery) -> str:
        with self._lock:
            plan = self.connection.execute("EXPLAIN " + sql.as_query(query).text("duckdb")).fetchall()
        return "\n".join(row[1] for row in plan)

    def close(self) -> None:
        self.connection.close()
