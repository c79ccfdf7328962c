"""Groups of records that hold two people: cut where the evidence is weakest.

A group is rebuilt from its links, strongest first (Kruskal's forest). A link that would bring together records which
must stay apart, or make a person larger than anybody is, is refused; everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

RECORD = "record"
KEPT_APART, TOO_LARGE = "kept_apart", "too_large"

Node = tuple[str, str]


@dataclass(frozen=True, order=True)
class Tie:
    """One reason to keep a record in a group: it holds a value, or (kind `record`) goes with another record.

    Lower ranks are stronger.
    """

    rank: float
    kind: str
    value: str
    record: int

    @property
    def node(self) -> tuple[str, str]:
        """What the record is tied to."""
        return self.kind, self.value


@dataclass(frozen=True)
class Split:
    """A group rebuilt: the first record of each record's new group, and the ties that were refused and why."""

    groups: dict[int, int]
    refused: dict[Tie, str]


def split(
    records: Collection[int],
    ties: Iterable[Tie],
    apart: Sequence[tuple[Collection[int], Collection[int]]],
    *,
    customer_records: Collection[int] = (),
    largest: int,
) -> Split:
    """Rebuilds one group so that no pair of sets in `apart` meets and no person has over `largest` customer records.

    The order of the arguments' items does not matter.
    """
    forest = _Forest(largest)
    for record in sorted(records):
        sides = {(number, 0) for number, (left, _) in enumerate(apart) if record in left}
        sides |= {(number, 1) for number, (_, right) in enumerate(apart) if record in right}
        forest.add((RECORD, str(record)), sides, 1 if record in customer_records else 0)
    refused = {}
    for tie in sorted(ties):
        # a value is a node of its own, so that each record is tied to it by itself
        forest.add(tie.node, set(), 0)
        why = forest.join((RECORD, str(tie.record)), tie.node)
        if why:
            refused[tie] = why
    return Split(_first_of_each({record: forest.root((RECORD, str(record))) for record in records}), refused)


def _first_of_each(roots: dict[int, Node]) -> dict[int, int]:
    first: dict[Node, int] = {}
    for record, root in sorted(roots.items()):
        first.setdefault(root, record)
    return {record: first[root] for record, root in roots.items()}


class _Forest:
    """Sets of nodes that know which sides they hold and how many customer records."""

    def __init__(self, largest: int) -> None:
        self._above: dict[Node, Node] = {}
        self._sides: dict[Node, set[tuple[int, int]]] = {}
        self._size: dict[Node, int] = {}
        self._largest = largest

    def add(self, node: Node, sides: set[tuple[int, int]], size: int) -> None:
        if node not in self._above:
            self._above[node], self._sides[node], self._size[node] = node, sides, size

    def root(self, node: Node) -> Node:
        while self._above[node] != node:
            self._above[node] = self._above[self._above[node]]
            node = self._above[node]
        return node

    def join(self, left: Node, right: Node) -> str:
        """Joins two sets; else says why not."""
        a, b = self.root(left), self.root(right)
        if a == b:
            return ""
        if any((number, 1 - side) in self._sides[b] for number, side in self._sides[a]):
            return KEPT_APART
        if self._size[a] + self._size[b] > self._largest:
            return TOO_LARGE
        self._above[b] = a
        self._sides[a] |= self._sides.pop(b)
        self._size[a] += self._size.pop(b)
        return ""
