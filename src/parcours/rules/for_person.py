"""The second reader: whether a rule holds for one person, in plain Python, for decisions by the second."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from parcours.rules.counting import Facts, count_for_person
from parcours.rules.meaning import Known, Meaning, OneOf, Range, Text, YearDays, meaning
from parcours.rules.moment import Moment
from parcours.rules.rule import Activity, AllOf, AnyOf, Compare, Happened, InSegment, Not, Rule


@dataclass(frozen=True)
class Individual:
    """What is known of one person: attribute values, counts of activities, facts, and segments they are in.

    `values` maps attributes (and the columns of activities) to values, absent or None when unknown. Where `facts` are
    given (canonical rows by table), activities are counted from them; else they are read from `values`.
    """

    values: Mapping[str, Any]
    facts: Facts | None = None
    segments: Collection[str] = field(default=())

    def count(self, activity: Activity, moment: Moment) -> int:
        """How often the person did it, up to a moment."""
        if self.facts is None:
            return int(self.values.get(activity.column) or 0)
        return count_for_person(activity, self.facts, moment, holds_for_row)


def for_person(
    rule: Rule,
    values: Mapping[str, Any],
    as_of: Moment | datetime | date,
    *,
    facts: Facts | None = None,
    segments: Collection[str] = (),
) -> bool:
    """Whether a rule holds for a person of these attribute values (None or absent is unknown)."""
    return holds(rule, Individual(values, facts, segments), Moment.of(as_of))


def holds(rule: Rule, person: Individual, moment: Moment) -> bool:
    """Whether a rule holds for a person at a moment."""
    match rule:
        case AllOf(rules):
            return all(holds(each, person, moment) for each in rules)
        case AnyOf(rules):
            return any(holds(each, person, moment) for each in rules)
        case Not(inner):
            return not holds(inner, person, moment)
        case InSegment(segment):
            return segment in person.segments
        case Happened():
            return rule.holds(person.count(rule.activity, moment))
        case Compare(subject):
            value = person.values.get(subject)
            return passes(meaning(rule, type_of(value), moment), value) if value is not None else _unknown(rule)


def holds_for_row(rule: Rule, row: Mapping[str, Any], moment: Moment) -> bool:
    """Whether a rule that only compares columns holds for one row of a table."""
    return holds(rule, Individual(row), moment)


def row_test(rule: Rule, moment: Moment) -> Callable[[Mapping[str, Any]], bool]:
    """`holds_for_row` for many rows at one moment: what a comparison means then is worked out once."""
    match rule:
        case AllOf(rules):
            every = [row_test(each, moment) for each in rules]
            return lambda row: all(test(row) for test in every)
        case Compare(subject):
            unknown, meanings = _unknown(rule), dict[type, Meaning]()

            def test(row: Mapping[str, Any]) -> bool:
                value = row.get(subject)
                if value is None:
                    return unknown
                found = meanings.get(type(value))
                if found is None:
                    found = meanings[type(value)] = meaning(rule, type_of(value), moment)
                return passes(found, value)

            return test
    return lambda row: holds_for_row(rule, row, moment)


def _unknown(rule: Compare) -> bool:
    return rule.op == "known" and not rule.value


def passes(test: Meaning, value: Any) -> bool:
    """One plain test of a value that is known."""
    match test:
        case Known(wanted):
            return wanted
        case OneOf(values, negated):
            return (value in values) is not negated
        case Range():
            return _inside(test, value) is not test.negated
        case Text("contains", text):
            return text in value
        case Text("starts_with", text):
            return value.startswith(text)
        case Text(_, text):
            return value.endswith(text)
        case YearDays(stretches):
            return any(first <= value.month * 100 + value.day <= last for first, last in stretches)


def _inside(test: Range, value: Any) -> bool:
    if test.low is not None and (value <= test.low if test.low_open else value < test.low):
        return False
    return not (test.high is not None and (value >= test.high if test.high_open else value > test.high))


def type_of(value: Any) -> str:
    """The type word of a Python value."""
    for kind, word in _TYPES:
        if isinstance(value, kind):
            return word
    raise TypeError(f"no attribute holds {value!r}")


# A boolean is an integer to Python, and an instant is a date: the narrower type is asked first.
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "text"), (datetime, "time"), (date, "date"))
