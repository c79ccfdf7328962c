"""How well records were joined, measured against pairs that people know to be the same or not."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from parcours.engine import Tables, sql
from parcours.identity.decisions import DecisionFault, records_of

_QUERIES = sql.load(__package__, "evaluation.sql")
_SAME = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Label:
    """A pair of records or identifiers that somebody knows: one customer, or two."""

    left: str
    right: str
    same: bool
    line: int


@dataclass(frozen=True)
class Evaluation:
    """What joining got right: counted over the labelled pairs whose both sides are known.

    `wrongly_joined` and `wrongly_apart` are the labels it got wrong; `nobody` those that name nobody we know.
    """

    rightly_joined: int
    rightly_apart: int
    wrongly_joined: tuple[Label, ...]
    wrongly_apart: tuple[Label, ...]
    nobody: tuple[Label, ...]

    @property
    def precision(self) -> float | None:
        """Of the pairs that were joined, the share that are the same; None when none was joined."""
        joined = self.rightly_joined + len(self.wrongly_joined)
        return self.rightly_joined / joined if joined else None

    @property
    def recall(self) -> float | None:
        """Of the pairs that are the same, the share that were joined; None when none is."""
        same = self.rightly_joined + len(self.wrongly_apart)
        return self.rightly_joined / same if same else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None when there is nothing to measure."""
        pairs = 2 * self.rightly_joined + len(self.wrongly_joined) + len(self.wrongly_apart)
        return 2 * self.rightly_joined / pairs if pairs else None


def labels(path: Path) -> list[Label]:
    """The labels of a CSV of `left`, `right`, `same` (yes or no), which names as the links file does.

    Raises DecisionFault for a line that says neither yes nor no.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_label(row, line, path.name) for line, row in enumerate(rows, start=2)]


def evaluate(version: Tables, known: Iterable[Label]) -> Evaluation:
    """Holds the persons of a version against what is known. A side of several records counts by its first."""
    version.read("identifiers", "customer_records", "record_persons")
    known = list(known)
    found = records_of(version.engine, {name for label in known for name in (label.left, label.right)})
    named = [label for label in known if label.left in found and label.right in found]
    person = _persons(version, {found[name][0] for label in named for name in (label.left, label.right)})
    joined = {label: person.get(found[label.left][0]) == person.get(found[label.right][0]) for label in named}
    return Evaluation(
        rightly_joined=sum(joined[label] and label.same for label in named),
        rightly_apart=sum(not joined[label] and not label.same for label in named),
        wrongly_joined=tuple(label for label in named if joined[label] and not label.same),
        wrongly_apart=tuple(label for label in named if not joined[label] and label.same),
        nobody=tuple(label for label in known if label not in joined),
    )


def _label(row: dict[str, str], line: int, file: str) -> Label:
    left, right, same = ((row.get(column) or "").strip() for column in ("left", "right", "same"))
    if same.lower() not in _SAME:
        raise DecisionFault(f"{file}:{line}: 'same' is {same!r}: write yes or no")
    if not left or not right:
        raise DecisionFault(f"{file}:{line}: 'left' and 'right' must each name someone, as in crm_id=K031")
    return Label(left, right, _SAME[same.lower()], line)


def _persons(version: Tables, records: set[int]) -> dict[int, int]:
    version.engine.register("wanted", pa.table({"record_id": pa.array(sorted(records), pa.int64())}))
    rows = version.engine.rows(_QUERIES["persons_of"])
    version.engine.forget("wanted")
    return {row["record_id"]: row["person_id"] for row in rows}
