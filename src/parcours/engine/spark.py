"""The engine for many machines: the same queries on Spark, over the same Parquet files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from parcours.engine import sql
from parcours.engine.protocol import AnyQuery
from parcours.engine.types import SQL, word_of

# Spark's memory is the JVM's: a driver takes what it is given and no more.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # checkpointed tables keep constraints on columns by numbers they no longer have: a union of two of them then fails
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


class Spark:
    """Runs the restricted dialect on Spark: the cluster `SPARK_REMOTE`/`MASTER` names, or this machine's cores."""

    dialect = "spark"

    def __init__(self, *, memory: str = "4GB", threads: int = 0, temporary: Path | None = None) -> None:
        master = os.environ.get("MASTER", f"local[{threads or '*'}]")
        builder = SparkSession.builder.appName("parcours").master(master)
        settings = {**SETTINGS, "spark.driver.memory": memory.replace(" ", "").replace("GB", "g").replace("MB", "m")}
        if master.startswith("local"):
            settings["spark.sql.shuffle.partitions"] = "4"
        if temporary is not None:
            temporary.mkdir(parents=True, exist_ok=True)
            settings["spark.local.dir"] = str(temporary)
            settings["spark.sql.warehouse.dir"] = str(temporary / "spark-warehouse")
        for key, value in settings.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def _frame(self, query: AnyQuery) -> DataFrame:
        return self.session.sql(sql.as_query(query).text("spark"))

    def register(
        self,
        name: str,
        source: Sequence[Path] | pa.Table,
        *,
        columns: dict[str, str] | None = None,
        by_name: bool = False,
    ) -> None:
        if isinstance(source, pa.Table):
            frame = self.session.createDataFrame(source)
        else:
            reader = self.session.read
            if columns:  # told, so that no file is opened to look; a file without one of them has null in it
                reader = reader.schema(", ".join(f"`{column}` {self._type(word)}" for column, word in columns.items()))
            frame = reader.parquet(*[str(path) for path in source]) if source else self._empty(columns or {})
        frame.createOrReplaceTempView(name)

    def _empty(self, columns: dict[str, str]) -> DataFrame:
        nulls = (f"CAST(NULL AS {self._type(word)}) AS `{column}`" for column, word in columns.items())
        return self.session.sql(f"SELECT {', '.join(nulls)} WHERE FALSE")

    @staticmethod
    def _type(word: str) -> str:
        return {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}.get(SQL[word], SQL[word])

    def view(self, name: str, query: AnyQuery) -> None:
        self._frame(query).createOrReplaceTempView(name)

    def temp(self, name: str, query: AnyQuery) -> None:
        # a checkpoint cuts the plan: a table read by its own next version would otherwise refer to itself
        self._frame(query).localCheckpoint().createOrReplaceTempView(name)

    def forget(self, *names: str) -> None:
        for name in names:
            self.session.catalog.dropTempView(name)

    def arrow(self, query: AnyQuery) -> pa.Table:
        return self._frame(query).toArrow()

    def batches(self, query: AnyQuery, rows: int = 100_000) -> pa.RecordBatchReader:
        table = self.arrow(query)
        return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(rows))

    def rows(self, query: AnyQuery) -> list[dict[str, Any]]:
        return self.arrow(query).to_pylist()

    def columns(self, query: AnyQuery) -> dict[str, str]:
        empty = self._frame(query).limit(0).toArrow()
        return {field.name: word_of(field.type) for field in empty.schema}

    def write(self, query: AnyQuery | pa.Table | pa.RecordBatchReader, folder: Path) -> None:
        if isinstance(query, (pa.Table, pa.RecordBatchReader)):
            # made in this process: no need of the cluster to write it
            folder.mkdir(parents=True)
            table = query if isinstance(query, pa.Table) else query.read_all()
            pq.write_table(table, folder / "part-0.parquet")
            return
        self._frame(query).write.mode("errorifexists").parquet(str(folder))
        for extra in [path for path in folder.iterdir() if path.suffix != ".parquet"]:
            extra.unlink()  # checksums and success markers, which a manifest has no need of
        for number, file in enumerate(sorted(folder.glob("part-*.parquet"))):
            file.rename(folder / f"part-{number:05d}.parquet")

    def components(self, edges: AnyQuery) -> pa.Table:
        """By contraction: each node joins its smallest neighbour, edges are renamed, until none is left."""
        self.view("edges_given", edges)
        self.temp(
            "edges_left",
            "SELECT DISTINCT least(left_node, right_node) AS a, greatest(left_node, right_node) AS b FROM edges_given",
        )
        self.temp(
            "named",
            "SELECT node, node AS component FROM ("
            "SELECT a AS node FROM edges_left UNION SELECT b AS node FROM edges_left) AS n",
        )
        self.temp("edges_left", "SELECT a, b FROM edges_left WHERE a <> b")
        while self.rows("SELECT count(*) AS n FROM edges_left")[0]["n"]:
            self.temp(
                "nearest",
                "SELECT node, min(other) AS target FROM (SELECT b AS node, a AS other FROM edges_left "
                "UNION ALL SELECT a AS node, a AS other FROM edges_left) AS e GROUP BY node",
            )
            self.temp(
                "named",
                "SELECT n.node, coalesce(t.target, n.component) AS component "
                "FROM named AS n LEFT JOIN nearest AS t ON t.node = n.component",
            )
            self.temp(
                "edges_left",
                "SELECT DISTINCT least(l.target, r.target) AS a, greatest(l.target, r.target) AS b "
                "FROM edges_left AS e JOIN nearest AS l ON l.node = e.a "
                "JOIN nearest AS r ON r.node = e.b WHERE l.target <> r.target",
            )
        found = self.arrow(
            "SELECT n.node, min(n.node) OVER (PARTITION BY n.component) AS component FROM named AS n ORDER BY n.node"
        )
        self.forget("edges_left", "nearest", "named", "edges_given")
        return found

    def explain(self, query: AnyQuery) -> str:
        return self._frame(query)._jdf.queryExecution().toString()

    def close(self) -> None:
        self.session.stop()
