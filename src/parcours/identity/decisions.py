"""What people decided by hand: these two are one customer, those two are not.

The file is a CSV of `do` (force, forbid), `left`, `right`, `why`; left and right are an identifier (`crm_id=K031`) or
a customer record (`crm/K031`, the source and its key).
"""

from __future__ import annotations

import csv
import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from parcours.engine import sql
from parcours.engine.protocol import Engine

log = logging.getLogger(__name__)
_QUERIES = sql.load(__package__, "decisions.sql")
FORCE, FORBID = "force", "forbid"
_NAMED = re.compile(r"([^=/:]+)[=/:](.*)")


class DecisionFault(ValueError):
    """A line of a file of decisions or labels that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class Decision:
    """One line: what was decided of two identifiers or records, and of which records these are."""

    do: str
    left: str
    right: str
    why: str
    line: int
    left_records: tuple[int, ...] = field(default=(), compare=False)
    right_records: tuple[int, ...] = field(default=(), compare=False)

    @property
    def edge(self) -> tuple[int, int]:
        """The first record of each side."""
        return self.left_records[0], self.right_records[0]


def read(path: Path) -> list[Decision]:
    """The decisions of a file. Raises DecisionFault for a line that says neither force nor forbid, or names no two."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_decision(row, line, path.name) for line, row in enumerate(rows, start=2)]


def _decision(row: dict[str, str], line: int, file: str) -> Decision:
    do, left, right = ((row.get(column) or "").strip() for column in ("do", "left", "right"))
    if do not in (FORCE, FORBID):
        raise DecisionFault(f"{file}:{line}: 'do' is {do!r}: write force or forbid")
    if not left or not right:
        raise DecisionFault(f"{file}:{line}: 'left' and 'right' must each name someone, as in crm_id=K031")
    return Decision(do, left, right, (row.get("why") or "").strip(), line)


def resolved(engine: Engine, made: Iterable[Decision]) -> list[Decision]:
    """The decisions with the records they speak of; those that name nobody are left out, and logged.

    Reads identifiers and customer_records.
    """
    known = list(made)
    found = records_of(engine, {each.left for each in known} | {each.right for each in known})
    full = [
        replace(each, left_records=found.get(each.left, ()), right_records=found.get(each.right, ())) for each in known
    ]
    for each in full:
        if not (each.left_records and each.right_records):
            log.warning("decision of line %d left out: nobody is known by one of its sides", each.line)
    return [each for each in full if each.left_records and each.right_records]


def records_of(engine: Engine, names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The records each name speaks of, customer records first: `kind=value`, `kind:value` or `source/key`."""
    parts = {name: _split(name) for name in sorted(names)}
    asked = pa.table({
        "name": pa.array(list(parts), pa.string()),
        "what": pa.array([what for what, _ in parts.values()], pa.string()),
        "value": pa.array([value for _, value in parts.values()], pa.string()),
    })  # fmt: skip
    engine.register("asked", asked)
    found: dict[str, list[int]] = defaultdict(list)
    for row in engine.rows(_QUERIES["records_of"]):
        found[row["name"]].append(row["record_id"])
    engine.forget("asked")
    return {name: tuple(records) for name, records in found.items()}


def _split(name: str) -> tuple[str, str]:
    parts = _NAMED.match(name)
    return (parts[1].strip(), parts[2].strip()) if parts else ("", name)
