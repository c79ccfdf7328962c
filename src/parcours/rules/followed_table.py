"""How often something was followed, or not, by something else: one window function over the rows of both."""

from __future__ import annotations

from sqlglot import exp, select

from parcours.model.value import Duration
from parcours.rules.fact_rows import bounds, column, facts, looked_at, of_persons, reach, test
from parcours.rules.facts import AFTER_ALL, FACTS, Fact, earliest, rows_first, rows_next
from parcours.rules.moment import Moment, whole_days
from parcours.rules.rule import SAME_DAY, Deed, Done, Followed, Rule, Window

# Steps in the order in which rows of one instant stand, the last first: what comes at the same instant is not after.
FIRST, THEN, THEN_NOT = 2, 1, 0


def followed(sequence: Followed, moment: Moment) -> exp.Select:
    """How often each person did the first and then, or then not, the other: person_id and the sequence's column."""
    steps = [_step(sequence, sequence.first, rows_first(sequence, moment), FIRST, moment)]
    for deed, step in ((sequence.then, THEN), (sequence.then_not, THEN_NOT)):
        if deed is not None:
            steps.append(_step(sequence, deed, rows_next(sequence, deed, moment), step, moment))
    ordered = select("s.person_id", "s.happened", "s.step").from_(exp.union(*steps, distinct=False).subquery("s"))
    checks: list[exp.Expression | str] = [f"o.step = {FIRST}"]
    if sequence.then is not None:
        ordered = ordered.select(exp.alias_(_next(sequence, THEN), "next_then"))
        checks.append(_comes(sequence, "next_then"))
    if sequence.then_not is not None:
        ordered = ordered.select(exp.alias_(_next(sequence, THEN_NOT), "next_not"))
        checks.append(exp.Not(this=exp.paren(_comes(sequence, "next_not"))))
    count = exp.alias_(exp.Count(this=exp.Star()), sequence.column, quoted=True)
    return select("o.person_id", count).from_(ordered.subquery("o")).where(*checks).group_by("o.person_id")


def _step(sequence: Followed, deed: Deed, rule: Rule, step: int, moment: Moment) -> exp.Select:
    """The rows of one deed of a sequence: whose, when, and which step they are."""
    fact = FACTS[deed.fact]
    number = exp.alias_(exp.Literal.number(step), "step")
    happened = _in_day(fact, moment) if sequence.within == SAME_DAY else column("f", fact.time)
    columns = [exp.alias_(happened, "happened"), exp.alias_(column("f", fact.date), "day"), number]
    if sequence.same:
        columns.append(exp.alias_(reach(fact.table)(sequence.same), "same_value"))
    plain = bounds(fact.table, [Done(deed, Window(since=earliest(sequence.window, moment)))], moment)
    rows = facts(fact.table, looked_at([rule])).select("f.record_id", *columns, append=False)
    chosen = [exp.column(column, table="c") for column in ("happened", "day", "step")]
    if sequence.same:
        chosen.append(exp.column("same_value", table="c"))
    return of_persons(rows.where(*plain, test(fact.table, rule, moment))).select("r.person_id", *chosen)


def _in_day(fact: Fact, moment: Moment) -> exp.Expression:
    """When a row of a day stands among those of the same day; `rules/counting.py` says why."""
    time, midnight = column("f", fact.time), exp.cast(column("f", fact.date), "timestamp")
    local = exp.Anonymous(this="local_time", expressions=[time, exp.Literal.string(moment.zone)])
    after_all = exp.Add(this=time.copy(), expression=_interval(AFTER_ALL))
    return exp.case().when(exp.EQ(this=local, expression=midnight), after_all).else_(time.copy())


def _next(sequence: Followed, step: int) -> exp.Expression:
    """When the step next comes after each row, on the same day where the sequence says so.

    Rows run backwards in time, and first steps before others of the same instant: so the rows before one in this order
    are those strictly later. (On Spark a window from the start is one pass; one up to the end is a pass for each row.)
    """
    by: list[exp.Expression] = [exp.column("person_id", table="s")]
    if sequence.same:
        by.append(exp.column("same_value", table="s"))
    this_step = exp.EQ(this=exp.column("step", table="s"), expression=exp.Literal.number(step))
    when = exp.Case(ifs=[exp.If(this=this_step, true=exp.column("happened", table="s"))])
    if sequence.within == SAME_DAY:
        by.append(exp.column("day", table="s"))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=exp.column(name, table="s"), desc=True, nulls_first=False) for name in ("happened", "step")
        ]
    )
    frame = exp.WindowSpec(
        kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=exp.Literal.number(1), end_side="PRECEDING"
    )
    return exp.Window(this=exp.Min(this=when), partition_by=by, order=order, spec=frame)


def _comes(sequence: Followed, column: str) -> exp.Expression:
    """Whether the next step comes, and in time; true or false, never null."""
    known = exp.Not(this=exp.Is(this=exp.column(column, table="o"), expression=exp.null()))
    if not isinstance(sequence.within, Duration):
        return known
    deadline = exp.Add(this=exp.column("happened", table="o"), expression=_interval(sequence.within))
    in_time = exp.LTE(this=exp.column(column, table="o"), expression=deadline)
    return exp.Coalesce(this=in_time, expressions=[exp.false()])


def _interval(length: Duration) -> exp.Expression:
    number, unit = (length.days, "DAY") if whole_days(length) else (length.seconds, "SECOND")
    return exp.Interval(this=exp.Literal.string(str(number)), unit=exp.var(unit))
