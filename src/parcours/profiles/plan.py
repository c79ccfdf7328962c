"""What a project's profiles are made of: the passes over the facts, and how each attribute is worked out from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from sqlglot import exp, select

from parcours.engine.sql import literal
from parcours.engine.types import SQL
from parcours.profiles.facts import FACT_TABLES
from parcours.profiles.numbers import or_zero
from parcours.profiles.over_facts import Result
from parcours.profiles.passes import Pass, SequencePass
from parcours.profiles.people import OWNERS
from parcours.profiles.selection import Selection
from parcours.profiles.sheet import Sheet
from parcours.project.definitions import Attribute, Segment
from parcours.rules.facts import FACTS, rows_done
from parcours.rules.moment import Moment
from parcours.rules.rule import Activity, Done, Followed, activities

PREFIX = "profile_"  # of the tables that hold passes
# What the next run must know of this one to work out only what changed: how each pass was made, and for which day.
MEMORY = "profile_passes"
# How many people a join of all passes takes at once: some hundred attributes of them fit in a gigabyte.
PIECE = 400_000


@dataclass(frozen=True)
class Plan:
    """The passes, by name, and every column of a profile as an expression over their columns."""

    passes: Mapping[str, Pass]
    attributes: Mapping[str, exp.Expression]
    activities: Mapping[str, exp.Expression]
    results: Mapping[str, Result]
    uses: Mapping[str, tuple[str, ...]]

    def profile(self, above: int | None = None, up_to: int | None = None) -> exp.Query:
        """One row a person profiled: person_id, known, the attributes, then the counts that segments ask for.

        Only those whose id is above one number and up to another, where these are given.
        """
        own = [name for name in self.attributes if not self.uses[name]]
        rows = select("o.person_id", "o.known").from_(_between(OWNERS, "o", above, up_to))
        rows = rows.select(*[self._column(name) for name in own])
        rows = rows.select(*[exp.alias_(tree.copy(), name, quoted=True) for name, tree in self.activities.items()])
        for name in self.passes:
            columns = _between(PREFIX + name, PREFIX + name, above, up_to)
            rows = rows.join(columns, on=f"{PREFIX}{name}.person_id = o.person_id", join_type="left")
        for level in self._levels():
            rows = select("b.*", *[self._column(name) for name in level]).from_(rows.subquery("b"))
        order = [exp.column(name, quoted=True) for name in (*self.attributes, *self.activities)]
        return select("person_id", "known", *order).from_(rows.subquery("profile"))

    def _column(self, name: str) -> exp.Expression:
        word = SQL[self.results[name].type]
        return exp.alias_(exp.cast(self.attributes[name].copy(), word), name, quoted=True)

    def _levels(self) -> Iterable[list[str]]:
        """Attributes worked out from others, in steps such that each step needs only those before."""
        order: TopologicalSorter[str] = TopologicalSorter(self.uses)
        order.prepare()
        while order.is_active():
            ready = sorted(order.get_ready(), key=list(self.uses).index)
            level = [name for name in ready if self.uses[name]]
            if level:
                yield level
            order.done(*ready)


def _between(table: str, alias: str, above: int | None, up_to: int | None) -> exp.Expression:
    """A table by person, or the stretch of it between two persons."""
    bounds = ((exp.GT, above), (exp.LTE, up_to))
    asked = [test(this=exp.column("person_id"), expression=literal(at)) for test, at in bounds if at is not None]
    return select("*").from_(table).where(*asked).subquery(alias) if asked else exp.to_table(table).as_(alias)


def results_of(attributes: Mapping[str, Attribute]) -> dict[str, Result]:
    """The type and unit of every attribute, in their order."""
    found: dict[str, Result] = {}
    for name in in_order(attributes):
        found[name] = attributes[name].kind.result(found)
    return {name: found[name] for name in attributes}


def in_order(attributes: Mapping[str, Attribute]) -> list[str]:
    """The attributes such that each comes after those it is worked out from. Raises CycleError for a circle."""
    uses = {
        name: [used for used in attribute.kind.uses if used in attributes] for name, attribute in attributes.items()
    }
    return list(TopologicalSorter(uses).static_order())


def make(attributes: Mapping[str, Attribute], segments: Iterable[Segment], moment: Moment) -> Plan:
    """The plan of the profiles of one day."""
    results = results_of(attributes)
    sheet = Sheet(moment, {name: result.type for name, result in results.items()})
    columns = {name: attribute.kind.over_table(sheet) for name, attribute in attributes.items()}
    asked = list(dict.fromkeys(activity for segment in segments for activity in activities(segment.who)))
    counts = _activities(asked, sheet)
    uses = {name: attribute.kind.uses for name, attribute in attributes.items()}
    return Plan(sheet.passes, columns, counts, results, uses)


def _activities(asked: list[Activity], sheet: Sheet) -> dict[str, exp.Expression]:
    """What segments ask whether people did: counted in the same passes as the attributes."""
    counts: dict[str, exp.Expression] = {}
    followed = [each for each in asked if isinstance(each, Followed)]
    if followed:
        sheet.passes["sequences"] = SequencePass(followed, sheet.moment)
    for each in asked:
        column = sheet.count(_done(each)) if isinstance(each, Done) else exp.column(each.column, quoted=True)
        counts[each.column] = exp.cast(or_zero(column), "bigint")
    return counts


def _done(activity: Done) -> Selection:
    return Selection(FACT_TABLES[FACTS[activity.deed.fact].table], (rows_done(activity),))
