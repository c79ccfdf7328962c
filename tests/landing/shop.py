"""A project in a folder of its own, whose deliveries the tests write and land."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from parcours import landing, sources
from parcours.engine import Draft, Warehouse, open_engine
from parcours.landing import SourceCount
from parcours.model.kind import kinds_in
from parcours.project import Project, load

NOW = datetime(2026, 5, 1, 6, tzinfo=UTC)
PROJECT = """
[project]
name = "shop"
currency = "EUR"
zone = "Europe/Paris"
country = "FR"

[engine]
memory = "1 GB"
threads = 2

[profiles]
packs = []

[segments]
packs = []
"""


@dataclass
class Landed:
    """What a run left: the accounts, and the tables as later rooms would read them."""

    counts: dict[str, SourceCount]
    draft: Draft
    parts: dict[str, list[str]] = field(default_factory=dict)

    def rows(self, table: str, source: str = "till") -> list[dict[str, Any]]:
        """The rows of one of our tables that count, by the rule written in `landing/__init__`."""
        landed = f"landing_{source}"
        if not self.draft.has(landed):
            return []
        found: dict[int, dict[str, Any]] = {}
        void = [row for row in self.table("superseded") if (row["source"], row["table_name"]) == (source, table)]
        for key, part in self.draft.table(landed).parts.items():
            month = key.split("/")[0]
            dead = {(row["row_id"], seq) for row in void if row["partition"] == month for seq in range(row["seq"] + 1)}
            for row in self._read(self.draft.warehouse.paths([part])):
                row_id = row.get(f"{table}__row_id")
                if row_id is None or (row_id, row["_seq"]) in dead:
                    continue
                assert row_id not in found, "a key stands twice"
                assert row["_rule"] is None
                found[row_id] = {
                    name.removeprefix(f"{table}__"): value
                    for name, value in row.items()
                    if name.startswith((f"{table}__", "_"))
                }
        return list(found.values())

    def values(self, table: str, *columns: str, source: str = "till") -> list[Any]:
        """Some columns of the rows that count, sorted; bare values for one column."""
        rows = [tuple(row[column] for column in columns) for row in self.rows(table, source)]
        return sorted((row[0] if len(columns) == 1 else row for row in rows), key=repr)

    def table(self, name: str) -> list[dict[str, Any]]:
        return (
            self._read(self.draft.warehouse.paths(self.draft.tables[name].parts.values()))
            if self.draft.has(name)
            else []
        )

    def _read(self, paths: list[Path]) -> list[dict[str, Any]]:
        if not paths:
            return []
        with duckdb.connect() as connection:
            read = connection.execute(
                "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false)",
                [[str(path) for path in paths]],
            )
            return read.to_arrow_table().to_pylist()


@dataclass
class Shop:
    """A project's folder."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "sources").mkdir(parents=True)
        (self.folder / "data").mkdir()
        (self.folder / "parcours.toml").write_text(PROJECT)

    def source(self, name: str, text: str) -> None:
        (self.folder / "sources" / f"{name}.yaml").write_text(
            f"source: {name}\n{textwrap.dedent(text)}", encoding="utf-8"
        )

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    @property
    def project(self) -> Project:
        return load(self.folder, {"source": kinds_in(sources), "attribute": {}})

    def run(self, *, replay: str = "", publish: bool = True, now: datetime = NOW, only: tuple[str, ...] = ()) -> Landed:
        project = self.project
        house = Warehouse(project.warehouse, open_engine("duckdb", memory="500MB", threads=1))
        with house.draft(now=now) as draft:
            if replay:
                landing.replay(draft, project, replay)
            counts = landing.land(draft, project, only=only)
            if publish:
                draft.publish({})
        house.engine.close()
        for count in counts:
            assert count.received == count.landed + count.rejected
            assert count.landed == count.new + count.corrected + count.repeated + count.set_aside
        return Landed({count.source: count for count in counts}, draft)


def account(count: SourceCount) -> tuple[int, int, int, int, int, int, int]:
    """received, landed, rejected, new, corrected, repeated, set aside."""
    return (count.received, count.landed, count.rejected, count.new, count.corrected, count.repeated, count.set_aside)
