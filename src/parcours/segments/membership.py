"""Who is in which segment, as queries: every rule in one reading of the profiles, beside who was in it before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, select

from parcours.engine.sql import literal
from parcours.model import CONTRACTS
from parcours.project.definitions import Segment
from parcours.rules import Moment, activities, attributes_used, over_table, segment_column
from parcours.segments.order import levels

STATE = "membership_state"


@dataclass(frozen=True)
class People:
    """The tables that hold what rules look at on one day, and the types of their columns."""

    profiles: str
    stages: str
    columns: Mapping[str, str]
    moment: Moment

    def values(self, wanted: Iterable[str]) -> exp.Select:
        """One row a person: person_id and the columns asked for, as far as there are such columns."""
        staged = set(CONTRACTS["stages"].columns)
        chosen = [
            exp.alias_(_column("s" if name in staged and name not in self.columns else "p", name), name, quoted=True)
            for name in wanted
            if name in self.columns or name in staged
        ]
        stages = exp.to_table(self.stages).as_("s")
        people = select("p.person_id", *chosen).from_(exp.to_table(self.profiles).as_("p"))
        return people.join(stages, on="s.person_id = p.person_id", join_type="left")

    def types(self) -> dict[str, str]:
        """The type word of everything rules may look at."""
        return {**CONTRACTS["stages"].columns, **self.columns}


def looked_at(segments: Iterable[Segment]) -> list[str]:
    """The columns that the rules of these segments look at."""
    found = {name: None for segment in segments for name in attributes_used(segment.who)}
    found |= {activity.column: None for segment in segments for activity in activities(segment.who)}
    return list(found)


def inside(segments: Mapping[str, Segment], people: People) -> exp.Select:
    """One row a person: person_id and, for each segment, a boolean column named by `segment_column`.

    Segments that look into others are worked out after them, from their columns: each rule is worked out once.
    """
    rows = people.values(looked_at(segments.values()))
    types = people.types()
    for names in levels(segments):
        rules = {name: over_table(segments[name].who, types, people.moment) for name in names}
        columns = [exp.alias_(tree, segment_column(name), quoted=True) for name, tree in rules.items()]
        rows = select("b.*", *columns).from_(rows.subquery("b"))
    return select("w.person_id", *[_column("w", segment_column(name)) for name in segments]).from_(rows.subquery("w"))


def state(segments: Mapping[str, Segment], people: People, before: str | None) -> exp.Select:
    """One row a person: for the nth segment `in_n`, whether they are in it, and `since_n`, since when they were before.

    `before` is the table of memberships to compare with. A person who has been merged into another was, before, the
    other one; `since_n` is null for who was not in it.
    """
    names = list(segments)
    now = inside(segments, people).subquery("n")
    if before is None:
        columns = [exp.alias_(_column("n", segment_column(name)), f"in_{n}") for n, name in enumerate(names)]
        nothing = [exp.alias_(exp.cast(exp.null(), "date"), f"since_{n}") for n in range(len(names))]
        return select("n.person_id", *columns, *nothing).from_(now)
    person = exp.alias_(exp.func("coalesce", exp.column("person_id", "n"), exp.column("person_id", "b")), "person_id")
    columns = [exp.alias_(_or_false(_column("n", segment_column(name))), f"in_{n}") for n, name in enumerate(names)]
    since = [exp.column(f"since_{n}", "b") for n in range(len(names))]
    both = select(person, *columns, *since).from_(now)
    was = _was(names, before).subquery("b")
    return both.join(was, on="b.person_id = n.person_id", join_type="full")


def _was(names: Sequence[str], before: str) -> exp.Select:
    """One row a person who was in any segment: since when they were in the nth."""
    living = exp.func("coalesce", exp.column("merged_into", "p"), exp.column("person_id", "m"))
    since = [
        exp.alias_(exp.Min(this=exp.Case().when(_is("m", "segment", name), exp.column("since", "m"))), f"since_{n}")
        for n, name in enumerate(names)
    ]
    gone = select("person_id", "merged_into").from_("persons").where("merged_into IS NOT NULL").subquery("p")
    rows = select(exp.alias_(living, "person_id"), *since).from_(exp.to_table(before).as_("m"))
    return rows.join(gone, on="p.person_id = m.person_id", join_type="left").group_by(living.copy())


def memberships(names: Sequence[str], moment: Moment) -> exp.Query:
    """Who is in which segment, and since when: `since` is that day for who was not in it before."""
    today = literal(moment.day)
    rows = [
        select(_named(name), "person_id", exp.alias_(exp.func("coalesce", exp.column(f"since_{n}"), today), "since"))
        .from_(STATE)
        .where(exp.column(f"in_{n}"))
        for n, name in sorted(enumerate(names), key=lambda pair: pair[1])
    ]
    return stacked(rows, "memberships")


def patterns(names: Sequence[str]) -> exp.Select:
    """Each combination of segments that anybody is in, and how many people are in just that one."""
    columns = [exp.column(f"in_{n}") for n in range(len(names))]
    counted = select(*columns, exp.alias_(exp.Count(this=exp.Star()), "people")).from_(STATE)
    return counted.group_by(*[column.copy() for column in columns]) if columns else counted


def stacked(rows: Sequence[exp.Select], table: str) -> exp.Query:
    """Several queries under each other; none is an empty table."""
    if not rows:
        nothing = [exp.alias_(exp.null(), name) for name in CONTRACTS[table].columns]
        return select(*nothing).where(exp.false())
    return rows[0] if len(rows) == 1 else exp.union(*rows, distinct=False)


def _named(name: str) -> exp.Expression:
    return exp.alias_(exp.Literal.string(name), "segment")


def _is(table: str, column: str, text: str) -> exp.Expression:
    return exp.EQ(this=exp.column(column, table), expression=exp.Literal.string(text))


def _or_false(column: exp.Expression) -> exp.Expression:
    return exp.Coalesce(this=column, expressions=[exp.false()])


def _column(table: str, name: str) -> exp.Expression:
    return exp.column(name, table=table, quoted=True)
