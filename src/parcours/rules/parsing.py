"""Reads a rule from what a YAML file held: every mistake becomes a fault with its line, and reading goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parcours.model.value import Fault
from parcours.rules.fit import fit, nearest
from parcours.rules.node import Mistaken, Node, PlaceOf
from parcours.rules.operators import OPERATORS
from parcours.rules.parsing_activity import TIMES, read_done, read_followed
from parcours.rules.rule import AllOf, AnyOf, Compare, Happened, InSegment, Not, Rule, walk
from parcours.rules.subject import columns_of


def parse(value: Any, place_of: PlaceOf, faults: list[Fault]) -> Rule | None:
    """Reads a rule from plain dicts, lists and scalars; None when it has faults, which are added to `faults`.

    `place_of` gives the place of a node by its path from the rule's root: `("all", 1, "spend_365d", "at_least")`.
    Names of attributes and segments are checked later, by `fit`, when they are known.
    """
    try:
        return _rule(Node(value, (), place_of, faults))
    except Mistaken:
        return None


def _rule(node: Node) -> Rule:
    if isinstance(node.value, list):
        return _all(node)
    if not node.is_mapping:
        node.wrong(f"{node.shown} is not a condition.", "Write for example `orders: {at_least: 2}`.")
    rules = _each(node)
    return rules[0] if len(rules) == 1 else AllOf(rules, place=node.place)


def _each(node: Node) -> tuple[Rule, ...]:
    """The conditions in a mapping or a list; all are read before the first mistake stops anything."""
    rules: list[Rule] = []
    entries = list(node.entries())
    for key, inner in entries:
        try:
            rules.append(_entry(key, inner) if key else _rule(inner))
        except Mistaken:
            continue
    if len(rules) < len(entries):
        raise Mistaken
    return tuple(rules)


def _entry(key: str, node: Node) -> Rule:
    return _WORDS[key](node) if key in _WORDS else _comparison(key, node)


def _several(node: Node) -> tuple[Rule, ...]:
    if not isinstance(node.value, dict | list) or not node.value:
        node.wrong("a list of conditions stands here, with one condition at least.")
    return _each(node)


def _all(node: Node) -> Rule:
    return AllOf(_several(node), place=node.place)


def _any(node: Node) -> Rule:
    return AnyOf(_several(node), place=node.place)


def _not(node: Node) -> Rule:
    if isinstance(node.value, list) and len(node.value) != 1:
        node.wrong("`not` takes one condition.", "For none of several, write `not: {any: [...]}`.")
    return Not(_rule(node), place=node.place)


def _in_segment(node: Node) -> Rule:
    names = node.value if isinstance(node.value, list) else [node.value]
    if not names or not all(isinstance(name, str) and name for name in names):
        node.wrong("`in_segment` takes the name of a segment, or a list of names.")
    rules = tuple(InSegment(str(name), place=node.place) for name in names)
    return rules[0] if len(rules) == 1 else AnyOf(rules, place=node.place)


def _not_in_segment(node: Node) -> Rule:
    return Not(_in_segment(node), place=node.place)


def _did(node: Node) -> Rule:
    return read_done(node, _where)


def _did_not(node: Node) -> Rule:
    if any(word in node for word in TIMES):
        node.wrong("`did_not` counts nothing.", "Write `did: {..., at_most: 2}`.")
    return Not(_did(node), place=node.place)


def _sequence(node: Node) -> Rule:
    return read_followed(node, _where)


_WORDS: dict[str, Callable[[Node], Rule]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "did": _did,
    "did_not": _did_not,
    "sequence": _sequence,
    "in_segment": _in_segment,
    "not_in_segment": _not_in_segment,
}

# Words of the language, which no attribute may be called.
RESERVED = tuple(_WORDS)


def _comparison(subject: str, node: Node) -> Rule:
    if node.is_mapping:
        rules = tuple(_operation(subject, op, inner) for op, inner in node.entries())
        return rules[0] if len(rules) == 1 else AllOf(rules, place=node.place)
    if isinstance(node.value, list):
        return Compare(subject, "in", node.scalars(), place=node.place)
    if node.value is None or node.value == {}:
        node.wrong(f"what about {subject!r}?", f"For no value, write `{subject}: {{known: false}}`.")
    return Compare(subject, "is", node.scalar(), place=node.place)


def _operation(subject: str, op: str, node: Node) -> Rule:
    if op not in OPERATORS:
        node.wrong(f"no comparison {op!r}.", nearest(op, OPERATORS))
    return Compare(subject, op, _TAKES[OPERATORS[op].takes](node), place=node.place)


def _two(node: Node) -> Any:
    if not isinstance(node.value, list) or len(node.value) != 2:
        node.wrong("`between` takes the lowest and the highest: `[10, 20]`.")
    return node.scalars()


def _yes_no(node: Node) -> bool:
    if not isinstance(node.value, bool):
        node.wrong(f"`known` takes true or false, not {node.shown}.")
    return bool(node.value)


_TAKES: dict[str, Callable[[Node], Any]] = {
    "one": Node.scalar,
    "many": lambda node: (node if isinstance(node.value, list) else node.as_([node.value])).scalars(),
    "two": _two,
    "length": Node.length,
    "text": Node.word,
    "yes_no": _yes_no,
}


def _where(node: Node, table: str) -> Rule:
    """A condition on the columns of rows themselves: fitted at once, since the columns of our tables are known."""
    rule = _rule(node)
    if any(isinstance(each, Happened | InSegment) for each in walk(rule)):
        node.wrong("`where` compares columns only.")
    faults: list[Fault] = []
    fitted = fit(rule, columns_of(table), faults, what=f"column of {table}")
    node.faults.extend(faults)
    if faults:
        raise Mistaken
    return fitted
