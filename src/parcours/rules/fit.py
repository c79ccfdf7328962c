"""Checks a rule against what it looks at: does each name exist, has its type this comparison, can the value be read?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from parcours.model.value import Duration, Fault, Money
from parcours.rules.facts import FACTS
from parcours.rules.moment import whole_days
from parcours.rules.operators import OPERATORS
from parcours.rules.rule import AllOf, AnyOf, Compare, Done, Happened, InSegment, Not, Rule, Scalar
from parcours.rules.subject import Subject, columns_of
from parcours.rules.value import typed


def fit(
    rule: Rule,
    subjects: Mapping[str, Subject],
    faults: list[Fault],
    *,
    currency: str = "",
    segments: Collection[str] | None = None,
    what: str = "attribute",
) -> Rule:
    """The rule with its values read by the type of what they are compared with.

    Adds a fault, with the line and the nearest name, for each condition that cannot be read; those stay as they were.
    Money must be in `currency`, and segments among `segments`, where these are given. Activities do not change.
    """
    return _Fitting(subjects, faults, currency, segments, what).rule(rule)


@dataclass(frozen=True)
class _Fitting:
    subjects: Mapping[str, Subject]
    faults: list[Fault]
    currency: str
    segments: Collection[str] | None
    what: str

    def rule(self, rule: Rule) -> Rule:
        match rule:
            case AllOf(rules) | AnyOf(rules):
                return replace(rule, rules=tuple(self.rule(each) for each in rules))
            case Not(inner):
                return replace(rule, rule=self.rule(inner))
            case Compare():
                return self.compare(rule)
            case InSegment(name) if self.segments is not None and name not in self.segments:
                self.fault(rule, f"no segment {name!r}.", nearest(name, self.segments))
            case Happened():
                self.activity(rule)
        return rule

    def compare(self, rule: Compare) -> Compare:
        subject = self.subjects.get(rule.subject)
        if subject is None:
            self.fault(rule, f"no {self.what} {rule.subject!r}.", nearest(rule.subject, self.subjects))
            return rule
        operator = OPERATORS[rule.op]
        if subject.type not in operator.types:
            have = ", ".join(each.name for each in OPERATORS.values() if subject.type in each.types)
            self.fault(rule, f"{rule.subject!r} is a {subject.type}, which has no {rule.op!r}.", f"It has: {have}.")
            return rule
        return self.values(rule, subject) if operator.takes in ("one", "many", "two") else self.length(rule, subject)

    def values(self, rule: Compare, subject: Subject) -> Compare:
        given = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        try:
            read = tuple(self.value(each, subject) for each in given)
        except ValueError as error:
            self.fault(rule, f"{rule.subject}: {error}.")
            return rule
        if rule.op == "between" and _comparable(read[0]) > _comparable(read[1]):
            self.fault(rule, f"{rule.subject}: between takes the lowest first, and {given[0]} is above {given[1]}.")
        return replace(rule, value=read if isinstance(rule.value, tuple) else read[0])

    def value(self, raw: Any, subject: Subject) -> Scalar:
        read = typed(raw, subject.type, subject.unit)
        if isinstance(read, Money) and self.currency and read.currency != self.currency:
            raise ValueError(f"{raw} is not in {self.currency}, the currency of this project")
        if subject.type == "integer" and isinstance(read, float) and not read.is_integer():
            raise ValueError(f"{raw} is compared with a whole number")
        return read

    def length(self, rule: Compare, subject: Subject) -> Compare:
        if subject.type == "date" and isinstance(rule.value, Duration) and not whole_days(rule.value):
            self.fault(rule, f"{rule.subject!r} is a day without hours: {rule.op} takes whole days.")
        return rule

    def activity(self, rule: Happened) -> None:
        """Conditions inside activities were read with their table's columns; only the currency was not known there."""
        activity = rule.activity
        for deed in (activity.deed,) if isinstance(activity, Done) else activity.deeds:
            if deed.where is not None:
                replace(self, subjects=columns_of(FACTS[deed.fact].table), segments=None).rule(deed.where)

    def fault(self, rule: Rule, message: str, hint: str = "") -> None:
        self.faults.append(Fault(rule.place, message, hint))


def _comparable(value: Any) -> Any:
    return value.minor if isinstance(value, Money) else getattr(value, "value", getattr(value, "seconds", value))


def nearest(name: str, names: Collection[str]) -> str:
    """A hint with the existing name that looks most like a wrong one."""
    close = get_close_matches(name, list(names), n=1, cutoff=0.65)
    return f"Did you mean {close[0]!r}?" if close else ""
