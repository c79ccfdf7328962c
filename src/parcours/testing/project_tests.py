"""Runs the retailer's own tests: the rows they made up go the whole way, from a file to segments, in a warehouse of
their own that is thrown away; a test without rows is held against what the project last published."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from parcours import flow
from parcours.engine import Version
from parcours.model import CONTRACTS
from parcours.model.value import Money, Place, Share, minor_digits
from parcours.project import Project, definition_files
from parcours.project.definitions import (
    ColumnMapping,
    Given,
    IdentifierMapping,
    Mapping,
    PersonExpected,
    PersonsExpected,
    ProjectTest,
    SegmentExpected,
    Source,
)
from parcours.project.explain import find
from parcours.rules import Subject, attributes_used, columns_of, segments_used
from parcours.rules.expressions import parse
from parcours.rules.value import typed

SOURCE = "given"
_FILE = "given.jsonl"
_ORDER = "_row"
_TABLE = "_table"


@dataclass(frozen=True)
class TestResult:
    """What came of one test: nothing in `failures` is a test that holds."""

    __test__ = False  # pytest looks for classes of this name

    name: str
    place: Place
    failures: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.failures


def run_tests(project: Project, names: tuple[str, ...] = ()) -> Iterator[TestResult]:
    """Runs the project's tests, or those named, one after the other."""
    for test in project.tests.values():
        if not names or test.name in names or Path(test.place.file).stem in names:
            yield run_test(test, project)


def run_test(test: ProjectTest, project: Project) -> TestResult:
    """Runs one test."""
    began = time.monotonic()
    with _version(test, project) as (version, rejected):
        failures = rejected or [said for each in test.expected for said in _check(each, version, project)]
        if failures and not test.given and test.as_of not in (None, flow.as_of_day(version)):
            failures.append(f"what is published is as of {flow.as_of_day(version)}, the test speaks of {test.as_of}")
    return TestResult(test.name, test.place, tuple(failures), time.monotonic() - began)


@contextmanager
def _version(test: ProjectTest, project: Project) -> Iterator[tuple[Version, list[str]]]:
    """The published state to look at, and what is wrong with the rows that were given."""
    if not test.given:
        with flow.published(project) as version:
            yield version, []
        return
    assert test.as_of is not None
    with tempfile.TemporaryDirectory(prefix="parcours-test-") as folder:
        trial = _trial(test, project, Path(folder))
        noon = datetime.combine(test.as_of, datetime.min.time(), ZoneInfo(project.zone)) + timedelta(hours=12)
        flow.run(trial, now=noon, as_of=test.as_of, progress=_silent)
        with flow.published(trial) as version:
            yield version, _rejected(version, test)


def _silent(*_: Any, **__: Any) -> None:
    """A test shows no progress of its own."""


def _trial(test: ProjectTest, project: Project, folder: Path) -> Project:
    """The project with the given rows as its only source.

    Its files come along: what a room reads for itself (stages.yaml) is what the retailer wrote.
    """
    for file in definition_files(project.folder):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.folder / file, folder / file)
    rows = [row for given in test.given for row in _rows(given, project)]
    (folder / _FILE).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    kind = flow.kinds()["source"]["files"](path=_FILE, format="jsonl")
    source = Source(
        name=SOURCE, kind=kind, tables={given.table: _mapping(given) for given in test.given}, place=test.place
    )
    identity = replace(project.identity, links_file=None, labels_file=None)
    attributes, segments = _needed(test, project)
    return replace(
        project,
        folder=folder,
        warehouse=folder / "warehouse",
        sources={SOURCE: source},
        identity=identity,
        attributes={name: one for name, one in project.attributes.items() if name in attributes},
        segments={name: one for name, one in project.segments.items() if name in segments},
        audiences={},
        tests={},
    )


def _needed(test: ProjectTest, project: Project) -> tuple[set[str], set[str]]:
    """The attributes and segments a test speaks of, and those they are made of: the rest need not be worked out."""
    attributes: set[str] = set()
    segments: set[str] = set()
    for each in test.expected:
        if isinstance(each, PersonExpected):
            attributes.update(each.attributes)
            segments.update(each.in_segments, each.not_in_segments)
        elif isinstance(each, SegmentExpected):
            segments.add(each.segment)
    segments = _closed(segments, lambda name: segments_used(project.segments[name].who))
    attributes.update(used for name in segments for used in attributes_used(project.segments[name].who))
    known = {name for name in attributes if name in project.attributes}
    return _closed(known, lambda name: getattr(project.attributes[name].kind, "uses", ())), segments


def _closed(names: set[str], uses: Callable[[str], Iterable[str]]) -> set[str]:
    """Names, and all names that they use, and so on."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(uses(name))
    return found


def _rows(given: Given, project: Project) -> Iterator[dict[str, Any]]:
    subjects = columns_of(given.table)
    for number, row in zip(given.lines, given.rows):
        values = {
            f"{given.table}__{column}": _written(value, subjects.get(column), project, row)
            for column, value in {**_usual(given.table, number), **row}.items()
        }
        yield {_TABLE: given.table, _ORDER: number, **values}


def _usual(table: str, number: int) -> dict[str, Any]:
    """What a row need not say: a name for itself."""
    names = {"orders": ("order_id",), "order_lines": ("order_id",), "customer_records": ("record_key",)}
    return dict.fromkeys(names.get(table, ()), f"row {number}")


def _written(value: Any, subject: Subject | None, project: Project, row: dict[str, Any]) -> Any:
    """A value as a source would deliver it: money in whole units, days and times as text."""
    if subject is not None and subject.unit == "money" and isinstance(value, str):
        money = Money.parse(value)
        return money.minor / 10 ** minor_digits(money.currency)
    if isinstance(value, datetime | date):
        day = value.isoformat()
        return f"{day}T00:00:00" if subject is not None and subject.type == "time" and len(day) == 10 else day
    if subject is not None and subject.type == "time" and isinstance(value, str):
        return datetime.fromisoformat(value).isoformat()
    return value


def _mapping(given: Given) -> Mapping:
    """Each column of the given rows is the column of that name; the rest are identifiers."""
    contract = CONTRACTS[given.table].columns
    written = {column: None for row in given.rows for column in (*_usual(given.table, 0), *row)}
    # An email of a customer record is both what the record says and what it is recognised by.
    identifying = ("email", "phone") if given.table == "customer_records" else ()
    return Mapping(
        table=given.table,
        columns={
            name: ColumnMapping(source=f"{given.table}__{name}", place=given.place)
            for name in written
            if name in contract
        },
        identifiers={
            name: IdentifierMapping(source=f"{given.table}__{name}", verified=True, place=given.place)
            for name in written
            if name not in contract or name in identifying
        },
        key=(_ORDER,),
        when=parse(f"{_TABLE} = '{given.table}'"),
        place=given.place,
    )


def _rejected(version: Version, test: ProjectTest) -> list[str]:
    version.read("rejected")
    rows = version.engine.rows("SELECT column_name, reason FROM rejected ORDER BY line, column_name, reason")
    return [f"a given row was rejected: {_without_table(row['column_name'])}{row['reason']}" for row in rows]


def _without_table(column: str | None) -> str:
    return f"{column.rpartition('__')[2]}: " if column else ""


# -- what must be true


def _check(expected: Any, version: Version, project: Project) -> list[str]:
    if isinstance(expected, SegmentExpected):
        return _check_segment(expected, version)
    if isinstance(expected, PersonsExpected):
        version.read("persons")
        found = _count(version, "persons", exp.column("merged_into").is_(exp.null()))
        return [] if found == expected.persons else [f"{expected.persons} persons were expected, there are {found}"]
    assert isinstance(expected, PersonExpected)
    people = find(version, project, expected.person)
    if len(people) != 1:
        many = "there is nobody" if not people else f"there are {len(people)} persons"
        return [f"{expected.person}: {many} of this identifier"]
    return list(_check_person(expected, people[0], version, project))


def _check_segment(expected: SegmentExpected, version: Version) -> list[str]:
    version.read("memberships")
    found = _count(version, "memberships", exp.column("segment").eq(expected.segment))
    if found == expected.people:
        return []
    return [f"{expected.segment}: {expected.people} people were expected, there are {found}"]


def _check_person(expected: PersonExpected, person: int, version: Version, project: Project) -> Iterator[str]:
    version.read("profiles", "stages", "memberships")
    is_she = exp.column("person_id").eq(exp.Literal.number(person))
    profile: dict[str, Any] = {}
    for table in ("stages", "profiles"):
        for row in version.engine.rows(exp.select("*").from_(table).where(is_she.copy())):
            profile |= row
    for name, value in expected.attributes.items():
        subject = project.subjects[name]
        if not _same(profile.get(name), value, subject):
            has = _shown(profile.get(name), subject, project)
            yield f"{expected.person}: {name} was expected to be {_asked(value)}, it is {has}"
    rows = version.engine.rows(exp.select("segment").from_("memberships").where(is_she.copy()))
    inside = {row["segment"] for row in rows}
    for name in expected.in_segments:
        if name not in inside:
            yield f"{expected.person}: not in {name}"
    for name in expected.not_in_segments:
        if name in inside:
            yield f"{expected.person}: in {name}"
    for other in expected.same_as:
        if find(version, project, other) != [person]:
            yield f"{expected.person}: not the same person as {other}"
    for other in expected.different_from:
        if person in find(version, project, other):
            yield f"{expected.person}: the same person as {other}"


def _same(has: Any, asked: Any, subject: Subject) -> bool:
    """Whether a value is the one asked for; a number need agree only in the decimals that were written."""
    if has is None or asked is None:
        return has is None and asked is None
    if subject.type in ("integer", "number"):
        try:
            wanted = typed(asked, subject.type, "" if isinstance(asked, int | float) else subject.unit)
        except ValueError:
            return False
        return _equal(float(has), wanted)
    if isinstance(has, datetime) and len(str(asked)) == 10:
        return has.date().isoformat() == str(asked)
    return str(has) == str(asked) if not isinstance(has, bool) else has is asked


def _equal(has: float, wanted: Any) -> bool:
    if isinstance(wanted, Money):
        return has == wanted.minor
    if isinstance(wanted, Share):
        return abs(has - wanted.value) < 0.0005
    if hasattr(wanted, "seconds"):
        return has == wanted.seconds / 86400
    decimals = len(str(wanted).partition(".")[2]) if isinstance(wanted, float) else 6
    return round(has, decimals) == wanted


def _shown(has: Any, subject: Subject, project: Project) -> str:
    if has is None:
        return "unknown"
    return str(Money(has, project.currency)) if subject.unit == "money" else _asked(has)


def _asked(value: Any) -> str:
    if value is None:
        return "unknown"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _count(version: Version, table: str, condition: exp.Expression) -> int:
    query = exp.select(exp.Count(this=exp.Star()).as_("n")).from_(table).where(condition)
    return int(version.engine.rows(query)[0]["n"])
