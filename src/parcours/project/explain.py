"""Explains a person (why these records are one, what is known, why in which segment) and a segment (who, and why).

Answers come from the last published version, so that what is explained is what was used. They hold personal data: they
are shown to whoever asked, and written nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import phonenumbers
from sqlglot import exp

from parcours.engine import Version, sql
from parcours.model import person as person_ids
from parcours.project import coupons, foreseen
from parcours.project.definitions import Project, Segment
from parcours.project.foreseen import Foreseen
from parcours.project.identity import KINDS
from parcours.rules import Reason, in_words
from parcours.rules.words import Titles

TABLES = ("persons", "record_persons", "customer_records", "identifiers", "links", "refused_links", "person_changes",
          "profiles", "stages", "memberships", "membership_changes", "segment_counts")  # fmt: skip
SEEN = "identifiers_seen"  # one row for each source that gave an identifier, where `identifiers` has one in all

Row = dict[str, Any]


class InSegment(Protocol):
    """Whether a person is in a segment, since when, each condition with what the person has, and which tipped it."""

    @property
    def segment(self) -> str: ...
    @property
    def inside(self) -> bool: ...
    @property
    def since(self) -> date | None: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...
    @property
    def tipped(self) -> str | None: ...
    @property
    def tipped_at(self) -> date | None: ...


Why = Callable[[str, int], InSegment]  # of a segment and a person; KeyError when the person has no profile


@dataclass(frozen=True)
class PersonExplained:
    """All that is known of a person, and why.

    `profile` holds the attributes and, for who ever bought, the place in the RFM grid and the stage of life. Each link
    has the `sources` that speak of its record and, where it goes with another record, `records`: what both are called
    in their sources.
    """

    person: str
    asked: str
    merged_into: str | None
    household: tuple[str, ...]
    known: bool
    records: list[Row]
    identifiers: list[Row]
    links: list[Row]
    refused: list[Row]
    changes: list[Row]
    profile: Row
    segments: list[InSegment]  # those the person is in come first
    foreseen: Foreseen
    coupons: list[Row] = field(default_factory=list)  # the offers their household was given last


@dataclass(frozen=True)
class SegmentExplained:
    """A segment in words, how many are in it, and who entered and left last."""

    segment: str
    title: str
    words: str
    why: str
    people: int
    persons: int
    changes: list[Row]
    audiences: tuple[str, ...]


class Nobody(LookupError):
    """There is nobody, or no segment, of that name; the message says so."""


def find(version: Version, project: Project, asked: str) -> list[int]:
    """The persons behind `per_...`, an email, a phone number, a card, or `kind:value`. Empty: nobody."""
    version.read(*TABLES)
    if asked.startswith("per_"):
        try:
            number = person_ids.parse(asked)
        except ValueError:
            return []
        return [number] if _rows(version, "person", person=number) else []
    kind, value = _kind_of(asked)
    ways = _written(value, project.country)
    found = _rows(version, "find", value_is_one=exp.or_(_one_of("value", ways), _one_of("raw", ways)), kind=kind)
    return [row["person_id"] for row in found]


def person(version: Version, project: Project, number: int, *, why: Why) -> PersonExplained:
    """A person explained; `why` explains one segment. Raises Nobody when there is none of that number."""
    version.read(*TABLES)
    _read_seen(version)
    found = _rows(version, "person", person=number)
    if not found:
        raise Nobody(f"there is no person {person_ids.show(number)}.")
    one = found[0]
    same = one["household_id"] is not None and one["merged_into"] is None
    others = _rows(version, "same_household", person=number, household=one["household_id"]) if same else []
    profile = _rows(version, "profile", person=number) if version.has("profiles") else []
    stage = _rows(version, "stage", person=number)
    records = _rows(version, "records", person=number)
    return PersonExplained(
        person=person_ids.show(number),
        asked=person_ids.show(number),
        merged_into=None if one["merged_into"] is None else person_ids.show(one["merged_into"]),
        household=tuple(person_ids.show(other["person_id"]) for other in others),
        known=bool(one["known"]),
        records=records,
        identifiers=_rows(version, "identifiers", person=number),
        links=_links(version, number, records),
        refused=_rows(version, "refused", person=number),
        changes=[_shown(change) for change in _rows(version, "changes", person=number)],
        profile={**(stage[0] if stage else {}), **profile[0]} if profile else {},
        segments=_segments(project, number, why) if profile else [],
        foreseen=foreseen.of_person(version, number),
        coupons=coupons.of_person(version, number),
    )


def segment(version: Version, project: Project, name: str, *, titles: Titles, language: str) -> SegmentExplained:
    """A segment explained; `titles` are what attributes and segments are called. Raises Nobody when there is none."""
    if name not in project.segments:
        raise Nobody(f"no segment {name!r}.")
    one = project.segments[name]
    version.read(*TABLES)
    (counted,) = _rows(version, "segment", segment=name)
    return SegmentExplained(
        segment=name,
        title=_title(one, language),
        words=in_words(one.who, language, titles),
        why=one.why.in_(language) if one.why else "",
        people=int(counted["people"]),
        persons=version.table("profiles").rows if version.has("profiles") else 0,
        changes=_rows(version, "segment_changes", segment=name),
        audiences=tuple(each.name for each in project.audiences.values() if each.segment == name),
    )


def review(version: Version) -> list[Row]:
    """The pairs of records that a human should look at, the most probable first, each side as its source has it."""
    version.read("review_pairs", "record_persons", "customer_records")
    pairs = _rows(version, "review")
    records = sorted({pair[side] for pair in pairs for side in ("left_record", "right_record")})
    if not records:
        return []
    rows = _rows(version, "some_records", record_is_one=_one_of("record_id", records))
    said = {row["record_id"]: {key: value for key, value in row.items() if key != "record_id"} for row in rows}
    return [
        {**pair, "left": said.get(pair["left_record"], {}), "right": said.get(pair["right_record"], {})}
        for pair in pairs
    ]


def _read_seen(version: Version) -> None:
    """Makes `seen` readable: by which source each record was given each identifier."""
    name = SEEN if version.has(SEEN) else "identifiers"
    version.read_parts(name, list(version.table(name).parts) if version.has(name) else [], as_name="seen")


def _links(version: Version, number: int, records: list[Row]) -> list[Row]:
    """The links of a person, each with the sources of its record, and the names of both records where it goes with
    another one."""
    sources: dict[int, list[str]] = {}
    for row in _rows(version, "record_sources", person=number):
        sources.setdefault(row["record_id"], []).append(row["source"])
    called = {row["record_id"]: f"{row['source']} {row['record_key']}" for row in records}
    found = []
    for row in _rows(version, "links", person=number):
        pair = (row["record_id"], int(row["value"])) if row["kind"] == "record" else ()
        names = [called.get(record, str(record)) for record in pair]
        found.append({**row, "sources": sources.get(row["record_id"], []), "records": names})
    return found


def _segments(project: Project, number: int, why: Why) -> list[InSegment]:
    """Every segment, those first in which the person is."""
    return sorted((why(name, number) for name in project.segments), key=lambda each: not each.inside)


def _kind_of(asked: str) -> tuple[str, str]:
    """`email:ann@example.com` says the kind; anything else is a value of any kind."""
    kind, colon, value = asked.partition(":")
    return (kind, value) if colon and kind in KINDS else ("", asked)


def _written(value: str, country: str) -> list[str]:
    """The ways an identifier may be kept: as asked, in small letters, as an international phone number."""
    ways = {value, value.strip(), value.strip().lower()}
    try:
        number = phonenumbers.parse(value, country)
        ways.add(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        pass
    return sorted(ways)


def _shown(change: Row) -> Row:
    other = change["other_person_id"]
    return {**change, "other_person_id": None if other is None else person_ids.show(other)}


def _title(one: Segment, language: str) -> str:
    return one.title.in_(language) if one.title else one.name


def _one_of(column: str, values: Sequence[Any]) -> exp.Expression:
    return exp.column(column).isin(*values)


def _rows(version: Version, query: str, **values: Any) -> list[Row]:
    return version.engine.rows(_QUERIES[query].bind(**values))


_QUERIES = sql.load(__package__, "explain.sql")
