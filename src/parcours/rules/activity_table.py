"""How often everybody did something: the first reader's half of activities, as one query over the canonical tables.

It reads each fact table once for all counts, keeps to the days and names asked for, counts by record before it looks up
whose record it is, and finds what follows what by one window function; so fifty million events are no trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from sqlglot import exp, select

from parcours.rules.fact_rows import bounds, column, facts, looked_at, needs_products, of_persons, test
from parcours.rules.facts import FACTS, rows_done
from parcours.rules.followed_table import followed
from parcours.rules.moment import Moment
from parcours.rules.rule import Activity, Deed, Done, Followed


def activity_sql(activity: Activity, as_of: Moment | datetime | date, zone: str = "UTC") -> exp.Select:
    """Who did one thing how often: (person_id, value), one row a person who did it at all."""
    counted = activities_sql([activity], as_of, zone)
    return select("person_id", exp.alias_(exp.column(activity.column, quoted=True), "value")).from_(
        counted.subquery("counted")
    )


def activities_sql(activities: Sequence[Activity], as_of: Moment | datetime | date, zone: str = "UTC") -> exp.Select:
    """Who did what how often: person_id and one column of counts an activity (0 or more), for all who did any.

    Reads the fact tables (`tables_read`) and record_persons. An empty list gives no rows.
    """
    moment = Moment.of(as_of, zone)
    names = list(dict.fromkeys(activity.column for activity in activities))
    branches = [_widened(branch, made, names) for branch, made in _branches(activities, moment)]
    if not branches:
        return select(exp.alias_(exp.cast(exp.null(), "bigint"), "person_id")).where(exp.false())
    stacked = branches[0] if len(branches) == 1 else exp.union(*branches, distinct=False)
    sums = [exp.alias_(exp.cast(exp.Sum(this=column("s", name)), "bigint"), name, quoted=True) for name in names]
    return select("s.person_id", *sums).from_(stacked.subquery("s")).group_by("s.person_id")


def tables_read(activities: Iterable[Activity]) -> tuple[str, ...]:
    """The canonical tables that counting these activities reads."""
    found: dict[str, None] = {}
    for activity in activities:
        for deed, columns in _columns(activity):
            table = FACTS[deed.fact].table
            found |= dict.fromkeys(["record_persons", table])
            if needs_products(table, columns):
                found["products"] = None
    return tuple(found)


def _columns(activity: Activity) -> Iterator[tuple[Deed, list[str]]]:
    """The deeds of an activity, each with the columns of its rows that are looked at."""
    deeds = (activity.deed,) if isinstance(activity, Done) else activity.deeds
    same = [activity.same] if isinstance(activity, Followed) and activity.same else []
    for deed in deeds:
        yield deed, [*looked_at([rows_done(Done(deed))]), *same]


def _branches(activities: Sequence[Activity], moment: Moment) -> Iterable[tuple[exp.Select, list[str]]]:
    """One query a fact table for all its counts, and one a sequence: each with the columns it makes."""
    by_table: dict[str, dict[str, Done]] = {}
    for activity in activities:
        if isinstance(activity, Done):
            by_table.setdefault(FACTS[activity.deed.fact].table, {})[activity.column] = activity
    for table, done in by_table.items():
        yield _counts(table, list(done.values()), moment), list(done)
    sequences = {each.column: each for each in activities if isinstance(each, Followed)}
    for name, sequence in sequences.items():
        yield followed(sequence, moment), [name]


def _widened(branch: exp.Select, made: list[str], names: list[str]) -> exp.Select:
    """A branch with every column, 0 in those of other branches, so that branches can be stacked and summed."""
    zero = exp.cast(exp.Literal.number(0), "bigint")
    columns = [column("b", name) if name in made else exp.alias_(zero.copy(), name, quoted=True) for name in names]
    return select("b.person_id", *columns).from_(branch.subquery("b"))


def _counts(table: str, done: list[Done], moment: Moment) -> exp.Select:
    tests = {each.column: test(table, rows_done(each), moment) for each in done}
    counts = [exp.alias_(_count_if(test), name, quoted=True) for name, test in tests.items()]
    by_record = facts(table, looked_at(rows_done(each) for each in done)).select("f.record_id", *counts, append=False)
    by_record = by_record.where(*bounds(table, done, moment), "f.record_id IS NOT NULL").group_by("f.record_id")
    if len(done) == 1:
        by_record = by_record.where(next(iter(tests.values())).copy())
    sums = [exp.alias_(exp.Sum(this=column("c", name)), name, quoted=True) for name in tests]
    return of_persons(by_record).select("r.person_id", *sums).group_by("r.person_id")


def _count_if(test: exp.Expression) -> exp.Expression:
    one = exp.Case(ifs=[exp.If(this=test, true=exp.Literal.number(1))])
    return exp.Count(this=one)
