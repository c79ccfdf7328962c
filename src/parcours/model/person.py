"""A person the retailer knows, or a visitor known only by a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parcours.model.table import table


@table("persons", key=("person_id",))
@dataclass(frozen=True)
class Person:
    """A person, made by identity from the records that speak of them."""

    person_id: int
    household_id: int | None
    known: bool
    records: int
    first_seen: datetime | None
    last_seen: datetime | None
    merged_into: int | None


@table("record_persons", key=("record_id",))
@dataclass(frozen=True)
class RecordPerson:
    """Which person a record speaks of."""

    record_id: int
    person_id: int
    household_id: int | None


@table("links", key=("record_id", "kind", "value", "by"))
@dataclass(frozen=True)
class Link:
    """Why a record belongs to a person: the evidence, its weight and by which method."""

    person_id: int
    record_id: int
    kind: str
    value: str
    by: str
    weight: float
    evidence: str | None
    since: datetime | None


@table("refused_links", key=("kind", "value"))
@dataclass(frozen=True)
class RefusedLink:
    """A shared identifier that was not allowed to join people, and by which guard."""

    kind: str
    value: str
    records: int
    rule: str
    detail: str | None


@table("review_pairs", key=("left_record", "right_record"))
@dataclass(frozen=True)
class ReviewPair:
    """Two records that may be one person: a human decides."""

    left_record: int
    right_record: int
    probability: float
    evidence: str | None


@table("person_changes", key=("person_id", "change", "other_person_id"))
@dataclass(frozen=True)
class PersonChange:
    """What a run changed about people: new, merged, split."""

    person_id: int
    change: str
    other_person_id: int | None
    at: datetime


def show(person_id: int) -> str:
    """A person's id as people see it: `per_` and 16 hexadecimal digits."""
    return f"per_{person_id:016x}"


def parse(text: str) -> int:
    """The person id behind `per_...`. Raises ValueError for anything else."""
    if not (text.startswith("per_") and len(text) == 20):
        raise ValueError(f"{text!r} is not a person id: it looks like per_0123456789abcdef")
    return int(text[4:], 16)
