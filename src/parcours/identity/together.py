"""Who is one person, by the second: what the last publication says, and what was sent together since.

The batch's rules (graph.sql) read for the few people around somebody: kinds of identifiers, strongest first; a value
that more known customers hold than may joins none of them (those that only a browser tells apart are one); a kind that
is not enough alone needs a second one. It is worked out from all that was said whenever somebody is read, so the order
in which it arrived makes no difference, and two who log in on one browser at the same time cannot disturb each other.
Names that tell people apart, likeness, links made by hand, and whose a value is that is not enough alone, are the
batch's to judge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parcours.identity.recognised import Rules, founded

Node = tuple[str, int]  # ("person", id), ("record", record) or ("key", key: what is sent under this value alone)
PERSON, RECORD, KEY = "person", "record", "key"


@dataclass(frozen=True)
class Told:
    """What was said of some values: by messages, by the last publication, and whom it knows."""

    said: Sequence[tuple[int, int, str, bool, bool, float]] = ()  # record, key, kind, verified, described, at
    led: Sequence[tuple[int, int | None, str, bool]] = ()  # key, person, kind, shared
    people: Mapping[int, tuple[bool, float | None]] = field(default_factory=dict)  # known, first seen
    alone: Mapping[int, float] = field(default_factory=dict)  # key, since when something is sent under it alone


@dataclass(frozen=True)
class Together:
    """One person: their id, the people whom the publication has apart, and the values that are theirs.

    What is sent under one of `subjects` is theirs; what is sent under one of `contested` is when it names one of
    `keys` too. `new` are those subjects of which the publication knows nothing. `founder` is the value that founded
    a person of whom no publication tells.
    """

    person_id: int
    people: tuple[int, ...]
    keys: frozenset[int]
    subjects: frozenset[int]
    contested: frozenset[int]
    new: frozenset[int]
    founder: int | None


def together(start: Iterable[int], told: Told, rules: Rules, *, person: int | None = None) -> Together:
    """The person to whom a value leads, or (`person`) who a published one is now."""
    if (published := _published(start, told, person)) is not None:
        return published
    groups, refused = joined(told, rules)
    first = (PERSON, person) if person is not None else (KEY, next(iter(start)))
    return _gathered(first, groups, refused, told)


def _published(start: Iterable[int], told: Told, person: int | None) -> Together | None:
    """The person of a publication as it tells of them, where nothing was said since and all values are theirs alone.

    It is what the rules below come to, for a value that one holds joins nobody."""
    keys = frozenset(key for key, *_ in told.led)
    people = {owner for _, owner, _, _ in told.led} | ({person} if person is not None else set())
    if told.said or len(people) != 1 or any(shared for *_, shared in told.led) or not keys.issuperset(start):
        return None
    (only,) = people
    return Together(only, (only,), keys, keys, frozenset(), frozenset(), None) if only is not None and keys else None


def joined(told: Told, rules: Rules) -> tuple[Groups, set[int]]:
    """Whom what was said joins, and the values that may not join all who hold them."""
    groups = Groups()
    holders, kinds = _holders(told, groups)
    facts = _Facts(told, rules)
    refused = {key for key, _, _, shared in told.led if shared}
    weak: dict[str, dict[int, set[Node]]] = {}
    for kind in sorted({*kinds.values()}, key=lambda name: (rules.kind(name).rank, name)):
        keys = [key for key in sorted(holders) if kinds[key] == kind and key not in refused]
        joining, weak[kind] = _judge(keys, kind, holders, groups, facts)
        refused |= weak[kind].keys()
        for key in joining:
            groups.join(holders[key])
    _join_by_two(weak, groups)
    return groups, refused


class Groups:
    """Sets of nodes that are joined."""

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}

    def root(self, node: Node) -> Node:
        above = self._above.setdefault(node, node)
        while above != node:
            node, above = above, self._above[above]
        return node

    def join(self, nodes: Iterable[Node]) -> None:
        first, *rest = sorted({self.root(node) for node in nodes})
        for node in rest:
            self._above[node] = first

    def nodes(self) -> list[Node]:
        return list(self._above)


class _Facts:
    """What is known of each node: whether a source describes the customer, and its best kind of identifier."""

    def __init__(self, told: Told, rules: Rules) -> None:
        self.told, self.rules = told, rules
        self._described = {(PERSON, person) for person, (known, _) in told.people.items() if known}
        self._best: dict[Node, int] = {}
        self._marks: dict[Node, set[int]] = defaultdict(set)
        for key, person, kind, shared in told.led:
            if person is not None and not shared and not rules.kind(kind).anonymous:
                self._marks[PERSON, person].add(key)
        for record, key, kind, _, described, _ in told.said:
            node = (RECORD, record)
            if not rules.kind(kind).anonymous:
                self._marks[node].add(key)
            self._best[node] = min(self._best.get(node, 1000), rules.kind(kind).rank)
            if described:
                self._described.add(node)

    def known(self, groups: Groups, below: int) -> set[Node]:
        """The groups that are known customers: described, or by a kind of a rank below this."""
        found = {groups.root(node) for node in self._described}
        return found | {groups.root(node) for node, best in self._best.items() if best < below}

    def customers(self, key: int, known: set[Node], groups: Groups) -> int:
        """How many customers these groups that hold a value are: those that only a browser tells apart are one."""
        marks: dict[Node, set[int]] = {root: set() for root in known}
        for node, keys in self._marks.items():
            if (root := groups.root(node)) in marks:
                marks[root] |= keys
        return len({frozenset(keys - {key}) for keys in marks.values()})


def _holders(told: Told, groups: Groups) -> tuple[dict[int, set[Node]], dict[int, str]]:
    """Which nodes hold each value, and its kind."""
    holders: dict[int, set[Node]] = defaultdict(set)
    kinds: dict[int, str] = {}
    for record, key, kind, *_ in told.said:
        holders[key] |= {(RECORD, record), (KEY, key)}
        kinds[key] = kind
    for key, person, kind, shared in told.led:
        kinds[key] = kind
        holders[key].add((KEY, key))
        if person is not None:
            holders[key].add((PERSON, person))
            if shared:  # whom the publication gives what is sent under this value alone
                groups.join([(KEY, key), (PERSON, person)])
    for nodes in holders.values():
        for node in nodes:
            groups.root(node)
    return holders, kinds


def _judge(
    keys: Iterable[int], kind: str, holders: Mapping[int, set[Node]], groups: Groups, facts: _Facts
) -> tuple[list[int], dict[int, set[Node]]]:
    """The values that join all who hold them, and those that may not, with their holders' groups."""
    may = facts.rules.kind(kind).rules
    known = facts.known(groups, facts.rules.kind(kind).known_below)
    joining: list[int] = []
    refused: dict[int, set[Node]] = {}
    for key in keys:
        roots = {groups.root(node) for node in holders[key] if node[0] != KEY}
        people = len(roots & known)
        if people > may.limit and not facts.rules.kind(kind).anonymous:
            many = facts.customers(key, roots & known, groups) > may.limit
        else:
            many = people > may.limit
        unverified = may.verified_only and not any(v for _, k, _, v, _, _ in facts.told.said if k == key)
        if len(roots) > 1 and (many or unverified):
            refused[key] = set()
        elif len(roots) > 1 and not may.joins_alone and people != 1:
            refused[key] = roots
        else:
            joining.append(key)
    return joining, refused


def _join_by_two(weak: Mapping[str, Mapping[int, set[Node]]], groups: Groups) -> None:
    """Joins groups that share two kinds of values of which neither is enough alone."""
    shared: dict[tuple[Node, Node], set[str]] = defaultdict(set)
    for kind, values in weak.items():
        for nodes in values.values():
            roots = sorted({groups.root(node) for node in nodes})
            for at, left in enumerate(roots):
                for right in roots[at + 1 :]:
                    shared[left, right].add(kind)
    for pair, kinds in sorted(shared.items()):
        if len(kinds) > 1:
            groups.join(pair)


def _gathered(first: Node, groups: Groups, refused: set[int], told: Told) -> Together:
    mine = groups.root(first)
    nodes = [node for node in groups.nodes() if groups.root(node) == mine]
    records = {number for what, number in nodes if what == RECORD}
    people = sorted((number for what, number in nodes if what == PERSON),
                    key=lambda person: _age(told.people.get(person), person))  # fmt: skip
    held = {key for record, key, *_ in told.said if record in records}
    subjects = {number for what, number in nodes if what == KEY}
    keys = frozenset(subjects | {key for key in held if key not in refused})
    record, founder = (0, None) if people else _founder(subjects, records, told)
    person = people[0] if people else founded(record)
    new = frozenset(subjects - {key for key, person, _, _ in told.led if person is not None})
    return Together(person, tuple(people), keys, frozenset(subjects), frozenset(held & refused), new, founder)


def _age(known: tuple[bool, float | None] | None, person: int) -> tuple[bool, bool, float, int]:
    """Of several people the known one that was seen first keeps the name."""
    is_known, first = known or (False, None)
    return not is_known, first is None, first or 0.0, person


def _founder(subjects: set[int], records: set[int], told: Told) -> tuple[int, int]:
    """The record that founded somebody, as the batch finds it, and a value of it that leads to them.

    What is sent under one value alone is the record of that value's number. What described them has another number in
    the batch: the value stands for it.
    """
    said = [(at, key if described else record, key)
            for record, key, _, _, described, at in told.said if record in records and key in subjects]  # fmt: skip
    alone = [(told.alone[key], key, key) for key in subjects if key in told.alone]
    if not said and not alone:
        return min(subjects), min(subjects)
    _, record, key = min(said + alone)
    return record, key
