"""What a slot shows a table of people is what it shows each of them alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decisions.shop import NOW, slot

from parcours.decisions.deciding.decide import Decided, decide
from parcours.decisions.deciding.known import Person, Shop
from parcours.decisions.deciding.over_table import NOTHING, Crowd, DecidedAll, decide_all, why_not
from parcours.decisions.learned import Learned, learned
from parcours.decisions.learning.delay import BUCKETS
from parcours.project.slot import Slot
from parcours.rules import Moment
from parcours.rules.for_person import for_person

NAMES = ("a", "b", "c", "d", "e")
COUNTRIES = (None, "FR", "BE", "CH")
HOWS = ("chosen", "held_back", "fallback")
names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
whom = st.sampled_from(["", "{in_segment: vips}", "{orders: {at_least: 2}}", "{not: {in_segment: vips}}", "{hour: 12}",
                        "{weather: rain}"])  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    choices = st.sampled_from(["in_order", "thompson", "{kind: thompson, explore: 0 %}",
                               "{kind: thompson, explore: 30 %, half_life: 7 days}"])  # fmt: skip
    rules = st.lists(st.tuples(whom, names, names, names), max_size=3)
    written = st.tuples(st.lists(whom, min_size=len(NAMES), max_size=len(NAMES)), rules, choices, st.integers(1, 3),
                        st.sampled_from(["0 %", "30 %"]), st.booleans(), names, st.integers(0, 10**6))  # fmt: skip
    return written.map(_text)


def _text(said: Any) -> str:
    who, rules, choice, show, holdout, dated, standing, number = said
    variants = [f"  {name}: {{content: {{n: {number}}}{f', who: {rule}' if rule else ''}"
                f"{', from: 2026-03-11' if dated and name == 'b' else ''}}}"
                for name, rule in zip(NAMES, who)]  # fmt: skip
    arranged = [f"  - {{{f'when: {when}, ' if when else ''}first: [{', '.join(first)}], only: [{', '.join(only)}],"
                f" never: [{', '.join(never)}]}}"
                for when, first, only, never in rules if first or only or never]  # fmt: skip
    return "\n".join(["slot: any", "variants:", *variants, *(["rules:", *arranged] if arranged else []),
                      f"choose: {choice}", f"show: {show}", f"holdout: {holdout}",
                      f"fallback: [{', '.join(standing)}]"]) + "\n"  # fmt: skip


people = st.lists(
    st.tuples(st.integers(1, 2**62), st.one_of(st.none(), st.integers(0, 4)), st.booleans(), st.booleans()),
    min_size=1, max_size=12, unique_by=lambda each: each[0],
)  # fmt: skip
counts = st.one_of(st.none(), st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), min_size=len(NAMES),
                                       max_size=len(NAMES)))  # fmt: skip


def known(slot: Slot, shown: list[tuple[int, float]] | None) -> Learned | None:
    if shown is None:
        return None
    now = NOW.timestamp()
    rows = [{"arm": arm, "hour": int(now // 3600) - 30, "shown": much, "rewarded": int(much * share),
             "total": float(int(much * share)), "squares": float(int(much * share)), "guard_rewarded": 0,
             "guard_total": 0.0, "guard_squares": 0.0} for arm, (much, share) in zip(NAMES, shown)]  # fmt: skip
    return learned(slot, rows, np.zeros(BUCKETS), now=now)


def crowd(found: list[Person], slot: Slot) -> Crowd:
    def holds(rule: Any, one: Person) -> bool:
        return rule is None or for_person(rule, one.values, one.moment, segments=one.segments if one.may_use else ())

    return Crowd(
        np.array([one.number for one in found], np.int64),
        np.array([one.may_use for one in found], bool),
        np.array([[holds(variant.who, one) for variant in slot.variants.values()] for one in found], bool),
        np.array([[holds(rule.when, one) for rule in slot.rules] for one in found], bool).reshape(len(found), -1),
    )


def row(all_: DecidedAll, at: int) -> tuple[list[str], str]:
    return [NAMES[place] for place in all_.shown[at] if place != NOTHING], HOWS[all_.how[at]]


def alone(decided: Decided) -> tuple[list[str], str]:
    return [each.candidate.key for each in decided.picked], decided.how


@settings(max_examples=150, deadline=None)
@given(texts(), people, counts)
def test_a_table_of_people_is_shown_what_each_is_shown_alone(
    text: str, asked: list[tuple[int, int | None, bool, bool]], shown: list[tuple[int, float]] | None
) -> None:
    one, moment = slot(text), Moment.of(NOW, "Europe/Paris")
    here = {"hour": 13, "weekday": "tuesday"}
    found = [Person(number, moment, {"orders": orders}, here, ("vips",) if vip else (), may_use=may)
             for number, orders, vip, may in asked]  # fmt: skip
    told = known(one, shown)
    made = decide_all(crowd(found, one), one, told, day=moment.day)
    for at, person in enumerate(found):
        decided = decide(person, one, Shop(), told)
        assert row(made, at) == alone(decided)
        chance = decided.picked[0].propensity
        assert made.propensity[at] == pytest.approx(np.nan if chance is None else chance, abs=1e-9, nan_ok=True)
        rule = any(each.by_rule for each in decided.picked)
        assert made.learns[at] == (decided.how == "chosen" and one.choose.learns and not rule)


def test_what_a_rule_puts_first_stays_first_where_what_it_names_before_is_gone() -> None:
    one = slot("slot: s\nholdout: 0 %\nvariants: {a: {}, b: {}, c: {from: 2026-04-01}, d: {from: 2026-04-01}}\n"
               "rules: [{first: [c, d, b]}]\n")  # fmt: skip
    decided = decide(Person(1, Moment.of(NOW, "UTC")), one, Shop())
    assert alone(decided) == (["b"], "chosen")


def test_a_choice_or_candidates_of_one_person_only_are_named() -> None:
    assert why_not(slot("slot: s\nvariants: {a: {}}\nchoose: thompson\n")) is None
    assert why_not(slot("slot: s\ncandidates: viewed\n")) == "viewed"
    assert why_not(slot("slot: s\nvariants: {a: {}}\nfilters: [not_in_cart, at_most]\n")) == "at_most"
    assert why_not(slot("slot: s\nvariants: {a: {}}\nchoose: ranked\n")) == "ranked"
