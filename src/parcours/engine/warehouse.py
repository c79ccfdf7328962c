"""The warehouse: tables as immutable Parquet files, versioned as a whole.

A run works on a `Draft`. Each partition of a table is named by the fingerprint of what it is made of (the query, its
settings, the partitions it reads): what has not changed is not made again, and what a killed run had finished is found
by the next one. `publish` makes the whole draft the new version, or nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from parcours.engine import manifest as manifests
from parcours.engine import sql
from parcours.engine.manifest import Manifest, Part, Table
from parcours.engine.protocol import AnyQuery, Engine
from parcours.engine.types import SQL, word_of
from parcours.model import CONTRACTS

# Raised when code changes what a query means without changing its text.
FORMAT = 1
KEEP_VERSIONS = 3

# What a query reads: a table, one partition of it, or the whole of it under another name.
Reads = Sequence[str | tuple[str, str] | tuple[str, None, str]]
Rows: TypeAlias = AnyQuery | pa.Table | pa.RecordBatchReader


class Busy(RuntimeError):
    """Another run is working on this warehouse."""


class Warehouse:
    """A folder of versions and the Parquet files they name; only the newest so many versions are kept."""

    def __init__(self, folder: Path, engine: Engine, *, keep_versions: int = KEEP_VERSIONS) -> None:
        self.folder = folder
        self.engine = engine
        self.keep_versions = keep_versions
        self.versions = folder / "versions"

    def current(self) -> Version | None:
        """The newest published version, pinned until closed; None before the first run."""
        stack = ExitStack()
        manifest = stack.enter_context(manifests.pinned(self.versions))
        if manifest is None:
            stack.close()
            return None
        return Version(self, manifest, stack)

    def draft(self, *, now: datetime) -> Draft:
        """Begins a run. Raises Busy while another process is running one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / "run.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise Busy(f"another run is working in {self.folder.name}/: wait for it to end") from None
        known = manifests.numbers(self.versions)
        base = manifests.read(self.versions, known[-1]) if known else None
        shutil.rmtree(self.folder / "unfinished", ignore_errors=True)
        return Draft(self, base, now, lock)

    def paths(self, parts: Iterable[Part]) -> list[Path]:
        return [self.folder / file for part in parts for file in part.files]


class Tables:
    """Reading side that a draft and a version share: tables by name, as views of the engine."""

    warehouse: Warehouse
    tables: dict[str, Table]

    @property
    def engine(self) -> Engine:
        return self.warehouse.engine

    def has(self, name: str) -> bool:
        return name in self.tables

    def table(self, name: str) -> Table:
        """A table by name. Raises KeyError when there is none."""
        return self.tables[name]

    def read(self, *names: str) -> None:
        """Makes tables readable in queries; a table of the model that nobody filled is an empty one."""
        for name in names:
            self._register(name, self._known(name), None)

    def read_part(self, name: str, part: str) -> None:
        """Makes one partition readable under the table's name."""
        self._register(name, self._known(name), [part])

    def read_parts(self, name: str, parts: Sequence[str], *, as_name: str = "") -> None:
        """Makes some partitions readable, under the table's name or another."""
        self._register(as_name or name, self._known(name), list(parts))

    def _known(self, name: str) -> Table:
        if name in self.tables:
            return self.tables[name]
        if name in CONTRACTS:
            return Table(name, CONTRACTS[name].columns)
        raise KeyError(f"no table {name!r}")

    def _register(self, view: str, table: Table, parts: list[str] | None) -> None:
        chosen = [part for key, part in sorted(table.parts.items()) if parts is None or key in parts]
        files = self.warehouse.paths(part for part in chosen if part.rows)
        self.engine.register(view, files, columns=table.columns, by_name=table.name.startswith("landing_"))


class Version(Tables):
    """A published state, read-only. Close it so that it may be pruned."""

    def __init__(self, warehouse: Warehouse, manifest: Manifest, pin: ExitStack) -> None:
        self.warehouse = warehouse
        self.number = manifest.number
        self.run = manifest.run
        self.tables = manifest.tables
        self._pin = pin

    def close(self) -> None:
        self._pin.close()

    def __enter__(self) -> Version:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Draft(Tables):
    """The state a run is making. Nothing of it is visible to readers before `publish`."""

    def __init__(self, warehouse: Warehouse, base: Manifest | None, now: datetime, lock: Any) -> None:
        self.warehouse = warehouse
        self.now = now
        self.base = base
        self.tables: dict[str, Table] = {}
        self.made: list[str] = []
        self._lock = lock

    # -- what the last version held

    def previous(self, name: str) -> Table | None:
        """A table as the last published version has it; None when it had none."""
        return self.base.tables.get(name) if self.base else None

    def read_previous(self, name: str, as_name: str) -> None:
        """Makes the last version's table readable under another name (empty when it had none)."""
        self._register(as_name, self.previous(name) or Table(name, CONTRACTS[name].columns), None)

    def carry(self, name: str) -> None:
        """Takes a table over as the last version has it."""
        table = self.previous(name)
        if table is not None:
            self.tables[name] = table

    # -- making tables

    def build(
        self,
        name: str,
        query: AnyQuery,
        *,
        reads: Reads = (),
        settings: Any = None,
        partition: str = "all",
        order_by: Sequence[str] = (),
    ) -> Part:
        """Makes a partition of a table from a query, unless it was already made of the very same.

        `reads` names the tables (or one partition each: `("orders", "2026-01")`) the query names; they are registered.
        A table of the model gets its contract's columns, in order, cast to their types.
        """
        checked = sql.as_query(query)
        made_of = {"query": checked.text("duckdb"), "order": list(order_by)}

        def make() -> AnyQuery:
            return self.fitted(name, checked, order_by)

        return self.put(name, make, reads=reads, settings=[settings, made_of], partition=partition)

    def put(
        self, name: str, make: Callable[[], Rows], *, reads: Reads = (), settings: Any = None, partition: str = "all"
    ) -> Part:
        """Makes a partition of a table by calling `make`, unless it was already made of the very same.

        `settings` is anything JSON can hold that, with `reads`, decides what `make` gives.
        """
        fingerprint = self._fingerprint(self.tables, name, partition, reads, settings)
        folder = Path("data") / name / f"{_safe(partition)}-{fingerprint}"
        if not (self.warehouse.folder / folder).is_dir():
            self._register_reads(reads)
            self._write(make(), folder)
            self.made.append(f"{name}/{partition}")
        part, columns = self._examine(folder, fingerprint)
        self._add(name, partition, part, columns)
        return part

    def was_made(self, name: str, *, reads: Reads = (), settings: Any = None, partition: str = "all") -> bool:
        """Whether the last version's partition was made of its tables in the way that `put` would make it of ours."""
        part = self.base.tables[name].parts.get(partition) if self.base and name in self.base.tables else None
        if self.base is None or part is None:
            return False
        return part.fingerprint == self._fingerprint(self.base.tables, name, partition, reads, settings)

    def adopt(self, name: str, partition: str, files: Sequence[Path], *, fingerprint: str) -> Part:
        """Takes files that are already written under the warehouse's `data/` folder as a partition of a table."""
        rows, columns = _measure(files)
        part = Part(tuple(str(file.relative_to(self.warehouse.folder)) for file in files), rows, fingerprint)
        self._add(name, partition, part, columns)
        return part

    def drop(self, name: str, partition: str | None = None) -> None:
        """Leaves a table, or one partition of it, out of the new version."""
        if partition is None:
            self.tables.pop(name, None)
        elif name in self.tables:
            kept = {key: part for key, part in self.tables[name].parts.items() if key != partition}
            self.tables[name] = Table(name, self.tables[name].columns, kept)

    def declare(self, name: str, columns: dict[str, str] | None = None) -> None:
        """Says that a table exists even if no partition of it is made: it is then an empty table."""
        if name not in self.tables:
            self.tables[name] = Table(name, columns or CONTRACTS[name].columns)

    def unfinished(self, name: str) -> Path:
        """A new folder for work that is moved into `data/` once it is whole."""
        folder = self.warehouse.folder / "unfinished" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder

    def fitted(self, name: str, query: sql.Query, order_by: Sequence[str]) -> sql.Query:
        """A query giving a table's columns as its contract has them: in order, cast, and its rows sorted."""
        tree = query.tree
        if name in CONTRACTS:
            chosen = [
                exp.alias_(exp.cast(exp.column(column), SQL[word]), column)
                for column, word in CONTRACTS[name].columns.items()
            ]
            tree = exp.select(*chosen).from_(tree.subquery("made"))
        elif order_by:
            tree = exp.select("*").from_(tree.subquery("made"))
        return sql.Query(tree.order_by(*order_by) if order_by else tree, query.name)

    def _fingerprint(self, tables: Mapping[str, Table], name: str, partition: str, reads: Reads, settings: Any) -> str:
        inputs = []
        for read in reads:
            table, part = (read, None) if isinstance(read, str) else read[:2]
            known = tables.get(table)
            if known is None:
                inputs.append([table, part, None])
            elif part is None:
                inputs.append([table, None, known.fingerprint])
            else:
                inputs.append([table, part, known.parts[part].fingerprint if part in known.parts else None])
        return fingerprint([FORMAT, self.engine.dialect, name, partition, inputs, settings])

    def _register_reads(self, reads: Reads) -> None:
        parts: dict[str, list[str]] = {}
        for read in reads:
            if isinstance(read, str):
                self.read(read)
            elif len(read) == 3:
                self._register(read[2], self._known(read[0]), None)
            else:
                parts.setdefault(read[0], []).append(read[1])
        for table, chosen in parts.items():
            self.read_parts(table, chosen)

    def _write(self, rows: Rows, folder: Path) -> None:
        unfinished = self.unfinished(folder.name)
        self.engine.write(rows, unfinished)
        self.finish(unfinished, self.warehouse.folder / folder)

    def finish(self, unfinished: Path, folder: Path) -> None:
        """Moves a folder of whole files to its place, durably: it is there whole or not at all."""
        for path in unfinished.rglob("*.parquet"):
            with path.open("rb") as file:
                os.fsync(file.fileno())
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished.rename(folder)
        manifests.sync_folder(folder.parent)

    def _examine(self, folder: Path, print_: str) -> tuple[Part, dict[str, str]]:
        files = sorted((self.warehouse.folder / folder).glob("*.parquet"))
        rows, columns = _measure(files)
        return Part(tuple(str(folder / file.name) for file in files), rows, print_), columns

    def _add(self, name: str, partition: str, part: Part, columns: dict[str, str]) -> None:
        before = self.tables.get(name)
        parts = dict(before.parts) if before else {}
        parts[partition] = part
        self.tables[name] = Table(name, {**(before.columns if before else {}), **columns}, parts)

    # -- ending

    def unchanged(self) -> bool:
        """Whether every table is what the last version already has."""
        return self.base is not None and self.base.tables == self.tables

    def publish(self, run: dict[str, Any]) -> int:
        """Makes this the new version and prunes old ones. Gives its number."""
        number = (self.base.number if self.base else 0) + 1
        manifests.publish(self.warehouse.versions, Manifest(number, self.tables, run))
        prune(self.warehouse)
        self.close()
        return number

    def close(self) -> None:
        """Ends the run without publishing (files already made stay, for the next run to find)."""
        self._lock.close()

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fingerprint(what: Any) -> str:
    """A short name for a value that JSON can hold: equal values, equal names."""
    text = json.dumps(what, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def prune(warehouse: Warehouse) -> None:
    """Forgets all but the newest versions, and the files that no remaining one names. Readers keep theirs."""
    for number in manifests.numbers(warehouse.versions)[: -warehouse.keep_versions]:
        manifests.remove_unless_read(warehouse.versions, number)
    named = {
        str(Path(file).parent)
        for number in manifests.numbers(warehouse.versions)
        for table in manifests.read(warehouse.versions, number).tables.values()
        for part in table.parts.values()
        for file in part.files
    }
    for folder in (warehouse.folder / "data").glob("*/*"):
        below = str(folder.relative_to(warehouse.folder))
        if not any(name == below or name.startswith(below + "/") for name in named):
            shutil.rmtree(folder)


def _measure(files: Sequence[Path]) -> tuple[int, dict[str, str]]:
    rows, columns = 0, dict[str, str]()
    for file in files:
        footer = pq.ParquetFile(file)
        rows += footer.metadata.num_rows
        columns |= {field.name: word_of(field.type) for field in footer.schema_arrow}
    return rows, columns


def _safe(partition: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in partition)
