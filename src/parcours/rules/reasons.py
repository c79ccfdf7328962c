"""Why a rule holds, or does not, for one person: each condition, what the person has, and which of them decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from parcours.rules.counting import Facts
from parcours.rules.for_person import Individual, holds
from parcours.rules.moment import Moment
from parcours.rules.phrases import PHRASES
from parcours.rules.rule import AllOf, AnyOf, Compare, Happened, InSegment, Not, Rule, parts
from parcours.rules.words import Titles, Words


@dataclass(frozen=True)
class Reason:
    """One condition of a rule for one person: what it asks, whether it is met, and what the person has.

    `decisive` conditions are those without which the answer would be open: all that failed, or all that were needed.
    """

    rule: Rule
    asks: str
    met: bool
    has: str
    decisive: bool


def reasons(
    rule: Rule,
    values: Mapping[str, Any],
    as_of: Moment | datetime | date,
    language: str,
    *,
    titles: Titles | None = None,
    facts: Facts | None = None,
    segments: Collection[str] = (),
) -> tuple[Reason, ...]:
    """Every condition of a rule for one person, in the order they were written."""
    words = Words(language if language in PHRASES else "en", titles or {})
    return tuple(_reasons(rule, Individual(values, facts, segments), Moment.of(as_of), words, decisive=True))


def why(
    rule: Rule,
    values: Mapping[str, Any],
    as_of: Moment | datetime | date,
    language: str,
    *,
    titles: Titles | None = None,
    facts: Facts | None = None,
    segments: Collection[str] = (),
) -> str:
    """Why the person is in or out: a sentence, then a line for each condition that decided, with the person's value."""
    words = Words(language if language in PHRASES else "en", titles or {})
    inside = holds(rule, Individual(values, facts, segments), Moment.of(as_of))
    found = reasons(rule, values, as_of, language, titles=titles, facts=facts, segments=segments)
    lines = [
        f"{'✓' if each.met else '✗'} {words.say('has', x=each.asks, v=each.has)}" for each in found if each.decisive
    ]
    return "\n".join([words.say("why_in" if inside else "why_out"), *lines])


def _reasons(rule: Rule, person: Individual, moment: Moment, words: Words, *, decisive: bool) -> Iterator[Reason]:
    match rule:
        case AllOf() | AnyOf():
            met = holds(rule, person, moment)
            # All hold, or none of the alternatives does: then every one counted. Else those that tipped it.
            tipped = met if isinstance(rule, AnyOf) else not met
            for part in parts(rule):
                counts = decisive and (not tipped or holds(part, person, moment) is met)
                yield from _reasons(part, person, moment, words, decisive=counts)
        case Not(Happened() | InSegment() | Compare()):
            yield _reason(rule, rule.rule, person, moment, words, decisive)
        case Not(inner):
            yield from _reasons(inner, person, moment, words, decisive=decisive)
        case _:
            yield _reason(rule, rule, person, moment, words, decisive)


def _reason(rule: Rule, leaf: Rule, person: Individual, moment: Moment, words: Words, decisive: bool) -> Reason:
    asks = words.rule(rule)
    has = _has(leaf, person, moment, words)
    return Reason(rule, asks[:1].upper() + asks[1:], holds(rule, person, moment), has, decisive)


def _has(leaf: Rule, person: Individual, moment: Moment, words: Words) -> str:
    """What the person has of what a condition asks about."""
    if isinstance(leaf, Compare):
        return words.like(person.values.get(leaf.subject), leaf.value, leaf.subject)
    if isinstance(leaf, InSegment):
        return words.say("member" if leaf.segment in person.segments else "not_member")
    assert isinstance(leaf, Happened)
    return words.count(person.count(leaf.activity, moment))
