"""One person's profile, read from their own facts: by the second, and to explain where each value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp, select

from parcours.engine import Tables, sql
from parcours.engine.sql import literal
from parcours.model import CONTRACTS
from parcours.model.value import Title
from parcours.profiles.facts import DIMENSIONS, FACT_TABLES, reach, subjects
from parcours.profiles.person import PersonFacts
from parcours.profiles.plan import MEMORY, in_order
from parcours.profiles.selection import Row
from parcours.project.definitions import Attribute, Project
from parcours.rules.moment import Moment


@dataclass(frozen=True)
class Explained:
    """An attribute of one person: its value, what kind of value it is, and how many facts it was worked out from."""

    name: str
    title: Title
    value: Any
    type: str
    unit: str
    kind: str
    facts: int
    uses: tuple[str, ...] = ()


def for_person(
    attributes: Mapping[str, Attribute], rows: Mapping[str, Sequence[Row]], moment: Moment
) -> dict[str, Any]:
    """Every attribute of one person at a moment, from the rows that speak of them (by table, see `PersonFacts`)."""
    return _read(attributes, PersonFacts(rows, moment))


def explain(version: Tables, project: Project, person_id: int, *, as_of: date | None = None) -> list[Explained]:
    """Every attribute of one person with the number of facts it comes from, read anew from those facts.

    The day is that of the profiles in `version`, or any other. Raises LookupError when there are no profiles.
    """
    moment = Moment.of(as_of or _day_of(version), project.zone)
    facts = PersonFacts(facts_of(version, project, person_id), moment)
    values = _read(project.attributes, facts)
    found = []
    for name, attribute in project.attributes.items():
        result = attribute.kind.result({})
        title = attribute.title or Title.of(name)
        found.append(
            Explained(
                name,
                title,
                values[name],
                result.type,
                result.unit,
                attribute.kind_name,
                attribute.kind.facts_used(facts),
                attribute.kind.uses,
            )
        )
    return found


def _day_of(version: Tables) -> date:
    """The day of which the profiles of a version speak."""
    if not version.has(MEMORY):
        raise LookupError("there are no profiles: run the project first")
    version.read_parts(MEMORY, ["all"])
    rows = version.engine.rows(select("as_of").from_(MEMORY).limit(1))
    if not rows:
        raise LookupError("there are no profiles: the project has no attributes")
    day: date = rows[0]["as_of"]
    return day


def facts_of(version: Tables, project: Project, person_id: int) -> dict[str, list[Row]]:
    """The rows that speak of one person, of every table that attributes look at."""
    tables = sorted(
        {
            attribute.kind.table
            for attribute in project.attributes.values()
            if getattr(attribute.kind, "table", None) in FACT_TABLES
        }
    )
    version.read("record_persons", *tables, *(table for table, _ in DIMENSIONS.values()))
    records = select("record_id").from_("record_persons").where(exp.column("person_id").eq(literal(person_id)))
    ids = [row["record_id"] for row in version.engine.rows(sql.Query(records))]
    return {table: _rows(version, table, ids, project.zone) for table in tables} if ids else {}


def _rows(version: Tables, table: str, records: list[int], zone: str) -> list[Row]:
    chosen = [exp.alias_(reach(table, name, zone), name, quoted=True) for name in subjects(table)]
    row = FACT_TABLES[table].row
    if row is not None:
        chosen.append(exp.column(row, table="f"))
    rows = exp.select(*chosen).from_(exp.to_table(table).as_("f"))
    for alias, (dimension, key) in DIMENSIONS.items():
        if key in CONTRACTS[table].columns:
            rows = rows.join(exp.to_table(dimension).as_(alias), on=f"{alias}.{key} = f.{key}", join_type="left")
    rows = rows.where(exp.In(this=exp.column("record_id", table="f"), expressions=[literal(one) for one in records]))
    return list(version.engine.rows(sql.Query(rows)))


def _read(attributes: Mapping[str, Attribute], facts: PersonFacts) -> dict[str, Any]:
    for name in in_order(attributes):
        facts.values[name] = attributes[name].kind.for_person(facts)
    return {name: facts.values[name] for name in attributes}
