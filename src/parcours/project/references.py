"""Checks what definitions say of each other: attributes, segments, columns and tables that must exist, and circles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ruamel.yaml.comments import CommentedMap

from parcours.model import CONTRACTS
from parcours.model.value import Place, Title
from parcours.project.definitions import (
    Attribute,
    Audience,
    PersonExpected,
    ProjectTest,
    Score,
    Segment,
    SegmentExpected,
    Source,
)
from parcours.project.faults import Faults
from parcours.project.known import Checks, Describes, Gives, Known
from parcours.project.nodes import place_of
from parcours.rules.fit import fit
from parcours.rules.rule import attributes_used, segments_used
from parcours.rules.subject import Subject, columns_of

OF_A_PERSON = ("person_id", "household_id", "known", "first_seen", "last_seen", "segments")

_STAGES = {
    "rfm_r": Title({"en": "Recency (1 to 5)", "fr": "Récence (1 à 5)"}),
    "rfm_f": Title({"en": "Frequency (1 to 5)", "fr": "Fréquence (1 à 5)"}),
    "rfm_m": Title({"en": "Amount (1 to 5)", "fr": "Montant (1 à 5)"}),
    "rfm_cell": Title({"en": "RFM group", "fr": "Groupe RFM"}),
    "life_cycle": Title({"en": "Life cycle", "fr": "Cycle de vie"}),
    "rhythm_days": Title({"en": "Rhythm, in days", "fr": "Rythme, en jours"}),
}
# What rules may ask of every customer, beside the attributes of the project.
OF_EVERY_CUSTOMER = {
    "known": Subject("known", "boolean"),
    **{
        name: replace(subject, title=_STAGES.get(name))
        for name, subject in columns_of("stages").items()
        if name != "person_id"
    },
}


@dataclass
class Found:
    """The definitions read so far, by name; `lines` keeps what each kind was read from, for faults found later.

    `broken_...` are the names of definitions whose own faults are told: what refers to them is not wrong for it.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    audiences: dict[str, Audience] = field(default_factory=dict)
    tests: dict[str, ProjectTest] = field(default_factory=dict)
    broken_attributes: set[str] = field(default_factory=set)
    broken_segments: set[str] = field(default_factory=set)
    lines: dict[tuple[str, str], CommentedMap] = field(default_factory=dict)  # by ("source", name)


def check(found: Found, known: Known, faults: Faults) -> dict[str, Subject]:
    """Notes every reference to something that does not exist, once all files have been read.

    Gives every attribute as rules look at it, and reads the values of segments' rules accordingly.
    """
    for source in found.sources.values():
        _check_kind(source.kind, found.lines.get(("source", source.name)), source.place, known, faults)
        _check_identifiers(source.tables, known, faults)
    for attribute in list(found.attributes.values()):
        lines = found.lines.get(("attribute", attribute.name))
        if _check_kind(attribute.kind, lines, attribute.place, known, faults):
            found.broken_attributes.add(attribute.name)
    _check_circles("attribute", found.attributes, lambda one: getattr(one.kind, "uses", ()), faults)
    subjects = _check_rules(found, known, faults)
    _check_circles("segment", found.segments, lambda one: segments_used(one.who), faults)
    attributes = {*found.attributes, *found.broken_attributes, *OF_EVERY_CUSTOMER}
    segments = {*found.segments, *found.broken_segments}
    for audience in found.audiences.values():
        _check_audience(audience, attributes, segments, known, faults)
    for test in found.tests.values():
        _check_test(test, attributes, segments, faults)
    return subjects


def _check_kind(kind: Any, lines: CommentedMap | None, at: Place, known: Known, faults: Faults) -> bool:
    """Notes what a kind complains about, at the line of the setting; whether it did."""
    complaints = list(kind.check(known)) if isinstance(kind, Checks) else []
    for complaint in complaints:
        inside = lines is not None and complaint.setting in lines
        place = place_of(lines, complaint.setting, at.file) if inside else at  # type: ignore[arg-type]
        faults.add(place, complaint.message, complaint.hint)
    return bool(complaints)


def _check_identifiers(tables: Mapping[str, Any], known: Known, faults: Faults) -> None:
    kinds = list(known.identifier_kinds)
    for mapping in tables.values():
        for kind, identifier in mapping.identifiers.items():
            if kind not in kinds:
                hint = f"A kind of your own is declared in identity.yaml, as in 'identifiers: {{{kind}: {{}}}}'."
                faults.unknown(identifier.place, "kind of identifier", kind, kinds, hint=hint)


def _check_rules(found: Found, known: Known, faults: Faults) -> dict[str, Subject]:
    """Each rule against what it looks at: names must exist, values must be of the type they are compared with."""
    subjects, unsure = _subjects(found, known)
    segments = [*found.segments, *found.broken_segments]
    for name, segment in found.segments.items():
        if unsure.intersection(attributes_used(segment.who)):
            continue  # the attribute's own fault is told; what it would have been is not known
        who = fit(segment.who, subjects, faults.found, currency=known.currency, segments=segments)
        found.segments[name] = replace(segment, who=who)
    return subjects


def _subjects(found: Found, known: Known) -> tuple[dict[str, Subject], set[str]]:
    """Every attribute as rules look at it, and those that are not known well enough to compare."""
    unsure = set(found.broken_attributes)
    given: dict[str, Gives] = {}
    waiting = [one for one in found.attributes.values() if one.name not in unsure and isinstance(one.kind, Describes)]
    while ready := [one for one in waiting if all(used in given for used in one.kind.uses)]:
        given |= {one.name: one.kind.result(given) for one in ready}
        waiting = [one for one in waiting if one.name not in given]
    unsure |= found.attributes.keys() - given.keys()
    subjects = {
        name: Subject(name, gives.type, gives.unit, found.attributes[name].title) for name, gives in given.items()
    }
    return {**OF_EVERY_CUSTOMER, **subjects}, unsure


def _check_circles(
    what: str, definitions: Mapping[str, Any], used: Callable[[Any], Iterable[str]], faults: Faults
) -> None:
    """What is defined, through others, by itself has no value and no end."""
    uses = {name: [each for each in used(one) if each in definitions] for name, one in definitions.items()}
    for circle in circles(uses):
        way = " -> ".join([*circle, circle[0]])
        faults.add(
            definitions[circle[0]].place, f"{what} {circle[0]!r} is defined by itself: {way}.", "Break the circle."
        )


def circles(uses: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """The circles of a graph of names, each beginning with its smallest name."""
    graph = {name: set(others) for name, others in uses.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as error:
            circle = list(reversed(error.args[1][1:]))
            turn = circle.index(min(circle))
            yield circle[turn:] + circle[:turn]
            graph[circle[0]].discard(circle[1] if len(circle) > 1 else circle[0])


def _check_audience(audience: Audience, attributes: set[str], segments: set[str], known: Known, faults: Faults) -> None:
    if audience.segment not in segments:
        faults.unknown(audience.place, "segment", audience.segment, segments)
    columns = {*OF_A_PERSON, *known.identifier_kinds, *CONTRACTS["customer_records"].columns, *attributes}
    for column in audience.columns:
        if column.of not in columns:
            faults.unknown(column.place, "attribute", column.of, sorted(columns))


def _check_test(test: ProjectTest, attributes: set[str], segments: set[str], faults: Faults) -> None:
    for expected in test.expected:
        if isinstance(expected, SegmentExpected):
            named: tuple[str, ...] = (expected.segment,)
        elif isinstance(expected, PersonExpected):
            named = expected.in_segments + expected.not_in_segments
            for attribute in expected.attributes:
                if attribute not in attributes:
                    faults.unknown(expected.place, "attribute", attribute, attributes)
        else:
            continue
        for segment in named:
            if segment not in segments:
                faults.unknown(expected.place, "segment", segment, segments)
