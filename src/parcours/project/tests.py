"""Reads tests/*.yaml: the retailer's own tests, small tables given and what must come of them.

    test: a good customer who stops buying is slipping away
    as_of: 2026-03-01
    given:
      orders:
        - {email: ann@example.com, order_time: 2025-11-03 10:00, net_amount: 520 EUR}
    expect:
      - person: ann@example.com
        attributes: {orders: 1, spend_365d: 520 EUR, last_order: 2025-11-03}
        in: [lapsing_vips]
      - segment: lapsing_vips
        people: 1
      - persons: 1

Without `given` the expectations are held against what the project last published.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from parcours.model.kind import setting
from parcours.model.value import Place
from parcours.project.definitions import Given, PersonExpected, PersonsExpected, ProjectTest, SegmentExpected
from parcours.project.reader import Reader, Wrong, plain
from parcours.project.sources import landable

_KEYS = ("test", "given", "expect")


@dataclass(frozen=True)
class PersonLines:
    """What may be expected of one person."""

    person: str = setting(doc="Any identifier: an email, a phone number, a card, `per_...`.")
    attributes: dict[str, Any] = setting(default_factory=dict, doc="Attributes and their values; `null` is unknown.")
    in_segments: tuple[str, ...] = setting((), key="in", doc="Segments the person must be in.")
    not_in_segments: tuple[str, ...] = setting((), key="not_in", doc="Segments the person must not be in.")
    same_as: tuple[str, ...] = setting((), doc="Identifiers of the same person.")
    different_from: tuple[str, ...] = setting((), doc="Identifiers of somebody else.")


@dataclass(frozen=True)
class SegmentLines:
    """What may be expected of a segment."""

    segment: str = setting(doc="The segment.")
    people: int = setting(doc="How many people are in it.")


@dataclass(frozen=True)
class PersonsLines:
    """How many persons there must be."""

    persons: int = setting(doc="How many persons there are in all.")


EXPECTATIONS: dict[str, tuple[type, type]] = {
    "person": (PersonLines, PersonExpected),
    "segment": (SegmentLines, SegmentExpected),
    "persons": (PersonsLines, PersonsExpected),
}


def read_test(node: CommentedMap, identifiers: Iterable[str], reader: Reader) -> ProjectTest | None:
    """One test; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    own, _ = reader.settings(ProjectTest, node, at, skip=_KEYS)
    given = _given(node, set(identifiers), reader)
    expected = _expected(node, at, reader)
    name = node.get("test")
    if not isinstance(name, str) or not name.strip():
        place = reader.place(node, "test") if "test" in node else at
        reader.faults.add(place, "'test' is missing.", "Its first line says what must be true: 'test: a sentence'.")
    if given and "as_of" not in node:
        reader.faults.add(at, "'as_of' is missing.", "A test that gives its rows says the day: 'as_of: 2026-03-01'.")
    if len(reader.faults.found) > before or not isinstance(name, str):
        return None
    return ProjectTest(name=name.strip(), given=given, expected=expected, place=at, **own)


def _given(node: CommentedMap, identifiers: set[str], reader: Reader) -> tuple[Given, ...]:
    written = node.get("given")
    if written is None:
        return ()
    if not isinstance(written, CommentedMap):
        reader.faults.add(reader.place(node, "given"), "'given' must name tables.", "As in 'given: {orders: [...]}'.")
        return ()
    read = [_table(table, written, identifiers, reader) for table in written]
    return tuple(table for table in read if table)


def _table(table: str, written: CommentedMap, identifiers: set[str], reader: Reader) -> Given | None:
    at, rows, known = reader.place(written, table), written[table], landable()
    if table not in known:
        reader.faults.unknown(at, "table", table, known, hint=f"There is {', '.join(known)}.")
        return None
    if not isinstance(rows, CommentedSeq) or not all(isinstance(row, CommentedMap) for row in rows):
        reader.faults.add(at, f"{table!r} must be a list of rows.", "As in '- {email: ann@example.com, ...}'.")
        return None
    columns = {*known[table], *identifiers}
    whole = True
    for row in rows:
        for column in row:
            if column not in columns:
                reader.faults.no_column(reader.place(row, column), table, column, columns)
                whole = False
            elif isinstance(row[column], dict | list):
                reader.faults.add(reader.place(row, column), f"{column!r} must be one value.")
                whole = False
    if not whole:
        return None
    lines = tuple(reader.place(rows, position).line for position in range(len(rows)))
    return Given(table=table, rows=tuple(plain(row) for row in rows), lines=lines, place=at)


def _expected(node: CommentedMap, at: Place, reader: Reader) -> tuple[Any, ...]:
    written = node.get("expect")
    if not isinstance(written, CommentedSeq) or not written:
        place = reader.place(node, "expect") if "expect" in node else at
        reader.faults.add(place, "'expect' must list what must be true.", "As in '- {persons: 2}'.")
        return ()
    read: list[Any] = []
    for position, item in enumerate(written):
        with suppress(Wrong):
            read.append(_expectation(item, reader.place(written, position), reader))
    return tuple(read)


def _expectation(item: Any, at: Place, reader: Reader) -> Any:
    words = [word for word in EXPECTATIONS if isinstance(item, CommentedMap) and word in item]
    if len(words) != 1:
        hint = "Begin with 'person', 'segment' or 'persons'."
        reader.faults.add(at, "an expectation speaks of one person, one segment or the number of persons.", hint)
        raise Wrong
    lines, made = EXPECTATIONS[words[0]]
    read: Any = reader.dataclass(lines, item, at)
    return made(**vars(read), place=at)
