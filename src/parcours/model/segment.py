"""Who is in a segment, who entered and left; and the stage of life each customer is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("memberships", key=("segment", "person_id"))
@dataclass(frozen=True)
class Membership:
    """That a person is in a segment, and since when."""

    segment: str
    person_id: int
    since: date


@table("membership_changes", key=("segment", "person_id", "at"), time="at")
@dataclass(frozen=True)
class MembershipChange:
    """That a person entered or left a segment on a day, and which condition tipped it.

    The first count of a segment makes no changes: nobody entered, it was only then that we looked. At most one row a
    segment, person and day; rows of earlier days stay.
    """

    segment: str
    person_id: int
    change: str
    at: date
    reason: str | None


@table("segment_counts", key=("segment",))
@dataclass(frozen=True)
class SegmentCount:
    """How many people are in a segment."""

    segment: str
    people: int
    at: date


@table("segment_overlaps", key=("segment", "other"))
@dataclass(frozen=True)
class SegmentOverlap:
    """How many people are in two segments at once; each pair that has any stands here both ways round."""

    segment: str
    other: str
    people: int


@table("stages", key=("person_id",))
@dataclass(frozen=True)
class Stage:
    """Where a customer stands: recency, frequency and money scored 1 (lowest fifth) to 5, the cell of the RFM grid that
    makes, and the stage of life by the customer's own rhythm. Who never bought has no row.
    """

    person_id: int
    rfm_r: int
    rfm_f: int
    rfm_m: int
    rfm_cell: str | None
    life_cycle: str
    rhythm_days: float


@table("stage_bounds", key=("measure", "score"))
@dataclass(frozen=True)
class StageBound:
    """From which value on a measure has a score: the fifths of the customer base, and the base's own rhythm."""

    measure: str
    score: int
    at_least: int
