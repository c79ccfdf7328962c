"""Reads what people did (`did:`) and what they did after something else (`sequence:`) from a YAML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeAlias

from parcours.model.value import Duration
from parcours.rules.facts import FACTS
from parcours.rules.fit import nearest
from parcours.rules.node import Node
from parcours.rules.rule import SAME_DAY, Activity, Deed, Done, Followed, Happened, Rule, Window
from parcours.rules.subject import columns_of

Where: TypeAlias = Callable[[Node, str], Rule]

TIMES = ("at_least", "at_most", "exactly")
_WINDOW = ("within", "longer_ago_than", "between", "since", "until")
_SEQUENCE = ("first", "then", "then_not", "within", "since", "same")


def read_done(node: Node, where: Where) -> Happened:
    """Reads `{event: product_viewed, within: 14 days, at_least: 2, where: {...}}`, or only the name of an event."""
    node = _as_event(node)
    node.only((*FACTS, *_WINDOW, *TIMES, "where"))
    return _happened(Done(_deed(node, where), _window(node)), node)


def read_followed(node: Node, where: Where) -> Happened:
    """Reads `{first: {...}, then: {...}, then_not: {...}, within: 7 days, since: 30 days, same: product_id}`."""
    if "first" not in node or not ("then" in node or "then_not" in node):
        node.wrong("a sequence has a `first`, and a `then` or a `then_not`.")
    node.only((*_SEQUENCE, *TIMES))
    first = _step(node["first"], where)
    then = _step(node["then"], where) if "then" in node else None
    then_not = _step(node["then_not"], where) if "then_not" in node else None
    followed = Followed(first, then, then_not, _within(node), _since(node))
    same = _same(node["same"], followed) if "same" in node else None
    return _happened(Followed(first, then, then_not, followed.within, followed.window, same), node)


def _as_event(node: Node) -> Node:
    if isinstance(node.value, str):
        return node.as_({"event": node.value})
    if not isinstance(node.value, Mapping):
        node.wrong(f"{node.shown} is nothing people do.", "Write for example `{event: product_viewed}`.")
    return node


def _step(node: Node, where: Where) -> Deed:
    node = _as_event(node)
    node.only((*FACTS, "where"))
    return _deed(node, where)


def _deed(node: Node, where: Where) -> Deed:
    named = [word for word in FACTS if word in node]
    if len(named) != 1:
        node.wrong(f"exactly one of {', '.join(FACTS)} says what was done.", "Write for example `order: any`.")
    (fact,) = named
    name = node[fact].word()
    return Deed(fact, name, where(node["where"], FACTS[fact].table) if "where" in node else None)


def _within(node: Node) -> Duration | str | None:
    if "within" not in node:
        return None
    return SAME_DAY if node["within"].value == SAME_DAY else node["within"].length()


def _since(node: Node) -> Window:
    if "since" not in node:
        return Window()
    since = node["since"]
    return Window(since=since.day()) if isinstance(since.value, date) else Window(within=since.length())


def _same(node: Node, followed: Followed) -> str:
    for deed in followed.deeds:
        columns = columns_of(FACTS[deed.fact].table)
        if node.value not in columns:
            node.wrong(f"{FACTS[deed.fact].table} has no column {node.value!r}.", nearest(str(node.value), columns))
    return str(node.value)


def _window(node: Node) -> Window:
    since, until = (node[word].day() if word in node else None for word in ("since", "until"))
    if "between" in node:
        days = node["between"]
        if not isinstance(days.value, list) or len(days.value) != 2:
            days.wrong("`between` takes the first and the last day: [2026-01-01, 2026-01-31].")
        since, until = days[0].day(), days[1].day()
    within, longer = (node[word].length() if word in node else None for word in ("within", "longer_ago_than"))
    return Window(within, longer, since, until)


def _happened(activity: Activity, node: Node) -> Happened:
    least, most = (node[word].times() if word in node else None for word in ("at_least", "at_most"))
    if "exactly" in node:
        least = most = node["exactly"].times()
    if least is None:
        least = 1 if most is None else 0
    if most is not None and least > most:
        node.wrong(f"nobody does it at least {least} and at most {most} times.")
    if least == 0 and most is None:
        node.wrong("everybody did it at least 0 times.", "Write 1, or leave `at_least` out.")
    return Happened(activity, least, most, place=node.place)
