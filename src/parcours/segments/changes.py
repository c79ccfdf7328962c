"""Who entered and left each segment since the day before, and the first condition that tipped it.

A rule that was false and is true has, somewhere, a condition that turned: going down from the top, at each step into
the first part that changed, one arrives at it. The same holds the other way round, so one reading serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp, select

from parcours.engine.types import SQL
from parcours.model.value import Title
from parcours.project.definitions import Segment
from parcours.rules import Rule, in_words, over_table
from parcours.rules.rule import AllOf, AnyOf, Not, parts, segment_column
from parcours.segments.membership import STATE, People, looked_at, stacked

MOVED = "membership_moved"

# Why somebody entered or left when no condition of the rule turned.
OTHERWISE = {
    "en": {"new": "new in the customer base", "gone": "no longer in the customer base", "rule": "the rule was changed"},
    "fr": {"new": "nouveau dans la base", "gone": "n'est plus dans la base", "rule": "la règle a changé"},
}


@dataclass(frozen=True)
class Comparison:
    """The people of one day beside those of an earlier one, and the segments that were counted on both."""

    segments: Mapping[str, Segment]
    names: list[str]  # the order of the columns of the state
    now: People
    before: People
    language: str
    titles: Mapping[str, Title | str]

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """The segments counted on both days, by name, with their place in the state."""
        return sorted(((n, name) for n, name in enumerate(self.names) if name in self.segments), key=lambda p: p[1])


def moved(compared: Comparison) -> exp.Select:
    """One row a person who entered or left anything: the state, and what rules look at as it was (b_) and is (n_)."""
    turned = exp.or_(*[_turned(n) for n, _ in compared.numbered])
    rows = select("m.*", exp.alias_(exp.column("person_id", "n"), "n_person"),
                  exp.alias_(exp.column("person_id", "b"), "b_person")).from_(exp.to_table(STATE).as_("m"))  # fmt: skip
    wanted = looked_at(compared.segments.values())
    for side, people in (("n", compared.now), ("b", compared.before)):
        values = people.values(wanted)
        rows = rows.join(values.subquery(side), on=f"{side}.person_id = m.person_id", join_type="left")
        known = [column.alias for column in values.selects if column.alias in wanted]
        rows = rows.select(*[exp.alias_(_quoted(side, name), f"{side}_{name}", quoted=True) for name in known])
    return rows.where(turned)


def changes(compared: Comparison) -> exp.Query:
    """Segment, person, entered or left, the day, and the condition that tipped it, in words."""
    today = exp.cast(exp.Literal.string(compared.now.moment.day.isoformat()), "date")
    rows = []
    for n, name in compared.numbered:
        entered = exp.Case().when(exp.column(f"in_{n}"), exp.Literal.string("entered"))
        rows.append(
            select(
                exp.alias_(exp.Literal.string(name), "segment"),
                "person_id",
                exp.alias_(entered.else_(exp.Literal.string("left")), "change"),
                exp.alias_(today.copy(), "at"),
                exp.alias_(_reason(compared, name, n), "reason"),
            )
            .from_(MOVED)
            .where(_turned(n))
        )
    return stacked(rows, "membership_changes")


def _turned(n: int) -> exp.Expression:
    return exp.paren(exp.NEQ(this=exp.column(f"in_{n}"), expression=exp.paren(_was_in(n), copy=False)), copy=False)


def _reason(compared: Comparison, name: str, n: int) -> exp.Expression:
    said = OTHERWISE.get(compared.language, OTHERWISE["en"])
    reason = exp.Case().when(_missing("n_person"), exp.Literal.string(said["gone"]))
    tipped = _tipped(compared.segments[name].who, compared, _reader(compared, "n"), _reader(compared, "b"))
    new = exp.Case().when(_missing("b_person"), exp.Literal.string(said["new"]))
    return reason.else_(exp.func("coalesce", tipped, new.else_(exp.Literal.string(said["rule"]))))


Reading = Callable[[Rule], exp.Expression]


def _tipped(
    rule: Rule, compared: Comparison, now: Reading, before: Reading, *, negated: bool = False
) -> exp.Expression:
    """The words of the first condition that turned; null when none did. Below a `not`, of its opposite."""
    if isinstance(rule, Not):
        return _tipped(rule.rule, compared, now, before, negated=not negated)
    found = exp.Case()
    if not isinstance(rule, AllOf | AnyOf):
        told = in_words(Not(rule) if negated else rule, compared.language, compared.titles)
        return found.when(_differs(rule, now, before), exp.Literal.string(told), copy=False)
    for each in parts(rule):
        inner = _tipped(each, compared, now, before, negated=negated)
        found = found.when(_differs(each, now, before), inner, copy=False)
    return found


def _differs(rule: Rule, now: Reading, before: Reading) -> exp.Expression:
    return exp.NEQ(this=exp.paren(now(rule), copy=False), expression=exp.paren(before(rule), copy=False))


def _reader(compared: Comparison, side: str) -> Reading:
    """Reads a rule over the columns of one side; what that side has not, or had of another type, is unknown."""
    people, types = (compared.now if side == "n" else compared.before), compared.now.types()
    held = {column.alias for column in people.values(looked_at(compared.segments.values())).selects}
    held = {name for name in held if people.types().get(name) == types.get(name)}
    places = {segment_column(name): n for n, name in enumerate(compared.names)}

    def column(name: str) -> exp.Expression:
        if name in places:
            n = places[name]
            return exp.column(f"in_{n}") if side == "n" else exp.paren(_was_in(n), copy=False)
        if name not in held:
            return exp.cast(exp.null(), SQL[types.get(name, "integer")])
        return exp.column(f"{side}_{name}", quoted=True)

    return lambda rule: over_table(rule, types, people.moment, column=column)


def _was_in(n: int) -> exp.Expression:
    return exp.Not(this=_missing(f"since_{n}"))


def _missing(column: str) -> exp.Expression:
    return exp.Is(this=exp.column(column), expression=exp.null())


def _quoted(table: str, name: str) -> exp.Expression:
    return exp.column(name, table=table, quoted=True)
