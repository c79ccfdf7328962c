"""A shop made by hand for the identity room: records with their identifiers, and what the room makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from parcours import identity
from parcours.engine import Draft, Warehouse, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Place
from parcours.project.definitions import Identity

PLACE = Place("identity.yaml", 1)
FIRST_RUN = datetime(2026, 3, 1, 6, tzinfo=UTC)
OPENED = datetime(2025, 1, 1)


class Shop:
    """Records that accumulate; each `run` publishes a version of the warehouse."""

    def __init__(self, folder: Path, engine: str = "duckdb") -> None:
        self.folder = folder
        self._engine = engine
        self.records: dict[int, dict[str, Any]] = {}
        self.identifiers: list[dict[str, Any]] = []
        self.now = FIRST_RUN

    def customer(self, record_id: int, *, name: str = "", born: date | None = None, verified: tuple[str, ...] = (),
                 address: str = "", source: str = "crm", **identifiers: str) -> None:  # fmt: skip
        """A customer record: `name` is "First Last", `address` "street, postcode"."""
        first, _, last = name.partition(" ")
        street, _, postcode = address.partition(", ")
        self.records[record_id] = {
            "record_id": record_id, "source": source, "record_key": f"K{record_id}", "first_name": first or None,
            "last_name": last or None, "birth_date": born, "street": street or None, "postcode": postcode or None,
            "created_at": OPENED + timedelta(days=record_id),
        }  # fmt: skip
        self.seen(record_id, verified=verified, source=source, **identifiers)

    def seen(self, record_id: int, *, verified: tuple[str, ...] = (), source: str = "till", **identifiers: str) -> None:
        """A ticket or a visit that carries identifiers."""
        for kind, value in identifiers.items():
            self.identifiers.append({
                "record_id": record_id, "source": source, "kind": kind, "value": value, "raw": value,
                "verified": kind in verified, "first_seen": OPENED + timedelta(days=record_id),
                "last_seen": OPENED + timedelta(days=record_id), "usable": True, "why_not": None,
            })  # fmt: skip

    def project(self, **settings: Any) -> Any:
        """What the identity room asks of a project."""
        return SimpleNamespace(
            identity=Identity(place=PLACE, **settings), folder=self.folder, warehouse=self.folder / "warehouse",
            engine=SimpleNamespace(memory="500MB", threads=2),
        )  # fmt: skip

    @contextmanager
    def drafted(self) -> Iterator[Draft]:
        engine = open_engine(self._engine, memory="1GB", temporary=self.folder / "temporary")
        with Warehouse(self.folder / "warehouse", engine).draft(now=self.now) as draft:
            self._put(draft, "customer_records", list(self.records.values()))
            self._put(draft, "identifiers", self.identifiers)
            yield draft
        engine.close()

    def run(self, **settings: Any) -> dict[str, list[dict[str, Any]]]:
        """The tables of the room after one run, which is published; the next one is a day later."""
        with self.drafted() as draft:
            identity.resolve(draft, self.project(**settings), progress=lambda *_: None)
            names = ("record_persons", "persons", "links", "refused_links", "review_pairs", "person_changes")
            draft.read(*names)
            made = {name: draft.engine.rows(f"SELECT * FROM {name}") for name in names}
            self.changed = not draft.unchanged()
            draft.publish({})
        self.now += timedelta(days=1)
        return made

    def _put(self, draft: Draft, name: str, rows: list[dict[str, Any]]) -> None:
        columns = schema(CONTRACTS[name].columns)
        full = [{column: row.get(column) for column in columns.names} for row in rows]
        draft.put(name, lambda: pa.Table.from_pylist(full, schema=columns), settings=repr(full))


def together(made: dict[str, list[dict[str, Any]]]) -> set[frozenset[int]]:
    """The records of each person."""
    of: dict[int, set[int]] = {}
    for row in made["record_persons"]:
        of.setdefault(row["person_id"], set()).add(row["record_id"])
    return {frozenset(records) for records in of.values()}


def person_of(made: dict[str, list[dict[str, Any]]], record_id: int) -> int:
    """The person a record speaks of."""
    (person,) = [row["person_id"] for row in made["record_persons"] if row["record_id"] == record_id]
    return person


def refused(made: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], str]:
    """The guard that refused each value."""
    return {(row["kind"], row["value"]): row["rule"] for row in made["refused_links"]}
