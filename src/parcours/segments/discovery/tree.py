"""Turns found segments into rules that people can read and apply: a small decision tree, told as conditions.

The tree is a classification tree (Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984),
grown no larger than it must be to agree with the segments; its borders are rounded to figures people would choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parcours.model.value import minor_digits
from parcours.rules import Subject
from parcours.segments.discovery.clusters import Labels
from parcours.segments.discovery.scaling import Floats

MOST_LEAVES, DEEPEST = 60, 8
LEARNED_FROM = 20_000  # customers; more say the same and take longer
SMALLEST_LEAF = 0.004
CAUGHT = 0.75  # rules find so many of each segment at least, else small ones would be told by none
MOVED = 0.004  # rounding a border may carry so many of the customers across it


@dataclass(frozen=True)
class Asked:
    """A variable that rules may look at: its type and unit, whether anybody lacks it and nobody is below zero."""

    subject: Subject
    middle: float
    ever_unknown: bool
    none_below_zero: bool = False


@dataclass(frozen=True)
class Border:
    """Up to this figure on one side, above it on the other; `written` is the figure as a rule writes it."""

    variable: str
    figure: float
    written: Any
    unknown_low: bool
    whole: bool = False
    unknown: bool = False  # whether it is unknown for anybody who gets there


@dataclass(frozen=True)
class Tree:
    """A leaf (the number of its segment), or a border with what lies on each side."""

    segment: int = -1
    border: Border | None = None
    low: Tree | None = None
    high: Tree | None = None


Step = tuple[Border, bool]  # a border and whether one is above it


@dataclass(frozen=True)
class Grown:
    """A tree, for how many of the customers held back it agrees with the segments, and how many ways in it tells."""

    tree: Tree
    agrees: float
    ways: int


def grow(
    columns: Mapping[str, Floats],
    labels: Labels,
    asked: Mapping[str, Asked],
    *,
    currency: str,
    agreement: float,
    seed: int,
) -> Grown:
    """The smallest tree that agrees with the segments for a share of the customers, or the best that is allowed.

    How large it must be is seen on a third of the customers, held back from learning; it is then learned from all.
    """
    names = [name for name in columns if name in asked]
    random = np.random.default_rng(seed)
    rows = random.permutation(len(labels))[:LEARNED_FROM]
    kept = {name: columns[name][rows] for name in names}
    filled = np.column_stack([_filled(kept[name], asked[name].middle) for name in names])
    back = len(rows) // 3
    size, agrees = _size(filled, labels[rows], back, agreement, seed)
    learned = _fit(filled, labels[rows], size, seed)
    of = [(name, asked[name], filled[:, n], np.isnan(kept[name])) for n, name in enumerate(names)]
    tree = joined(_read(learned, 0, of, currency, np.ones(len(rows), bool)))
    told = [ways(tree, segment, asked) for segment in {found for found, _ in leaves(tree)}]
    return Grown(tree, agrees, sum(map(len, told)))


def _fit(filled: Floats, labels: Labels, size: int, seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    few = DecisionTreeClassifier(
        max_leaf_nodes=size, max_depth=DEEPEST, min_samples_leaf=SMALLEST_LEAF, random_state=seed
    )
    return few.fit(filled, labels)


def _size(filled: Floats, labels: Labels, back: int, agreement: float, seed: int) -> tuple[int, float]:
    """With how many leaves the tree agrees for so many of the first `back` customers, and for how many it does.

    A tree grown best split first holds all smaller ones: its first 2n - 1 nodes are the tree of n leaves.
    """
    largest = _fit(filled[back:], labels[back:], MOST_LEAVES, seed).tree_
    told = np.argmax(largest.value[:, 0, :], axis=1)
    classes = np.unique(labels[back:])
    ends = largest.apply(filled[:back].astype(np.float32))
    parents = np.zeros(largest.node_count, np.int64)
    for children in (largest.children_left, largest.children_right):
        parents[children[children >= 0]] = np.flatnonzero(children >= 0)
    found: list[tuple[float, float, int]] = []
    for size in range(largest.n_leaves, 1, -1):
        while (beyond := ends >= 2 * size - 1).any():
            ends = np.where(beyond, parents[ends], ends)
        right = classes[told[ends]] == labels[:back]
        caught = min((float(right[labels[:back] == each].mean()) for each in np.unique(labels[:back])), default=0.0)
        found.append((float(right.mean()), caught, size))
    enough = [(size, agrees) for agrees, caught, size in found if agrees >= agreement and caught >= CAUGHT]
    if enough:
        return min(enough)
    agrees, _, size = max(found, key=lambda one: (one[0], one[1], -one[2]), default=(0.0, 0.0, 2))
    return size, agrees


def _filled(column: Floats, middle: float) -> Floats:
    return np.where(np.isnan(column), middle, column)


_Column = tuple[str, Asked, Floats, NDArray[np.bool_]]


def _read(learned: Any, node: int, of: Sequence[_Column], currency: str, here: NDArray[np.bool_]) -> Tree:
    """A learned tree from one of its nodes on; `here` are the customers who get there."""
    fitted = learned.tree_
    if fitted.children_left[node] < 0:
        return Tree(segment=int(learned.classes_[int(np.argmax(fitted.value[node][0]))]))
    name, asked, column, unknown = of[fitted.feature[node]]
    border = rounded(name, asked, float(fitted.threshold[node]), column, currency)
    border = replace(border, unknown=asked.ever_unknown and bool((unknown & here).any()))
    above = column > border.figure
    low = _read(learned, fitted.children_left[node], of, currency, here & ~above)
    return Tree(border=border, low=low, high=_read(learned, fitted.children_right[node], of, currency, here & above))


def joined(tree: Tree) -> Tree:
    """The tree without borders that have the same segment on both sides."""
    if tree.border is None or tree.low is None or tree.high is None:
        return tree
    low, high = joined(tree.low), joined(tree.high)
    return low if low == high and low.border is None else replace(tree, low=low, high=high)


def rounded(name: str, asked: Asked, figure: float, column: Floats, currency: str) -> Border:
    """The border at the roundest figure that carries next to nobody across."""
    if asked.subject.type == "boolean":
        return Border(name, 0.5, True, asked.middle <= 0.5)
    whole = asked.subject.type == "integer" and asked.subject.unit != "money"
    for value, written in _figures(asked.subject, figure, currency):
        across = np.mean((column > min(value, figure)) & (column <= max(value, figure)))
        if across <= MOVED:
            return Border(name, value, written, asked.middle <= value, whole)
    value, written = list(_figures(asked.subject, figure, currency))[-1]
    return Border(name, value, written, asked.middle <= value, whole)


def _figures(subject: Subject, figure: float, currency: str) -> Iterator[tuple[float, Any]]:
    """Figures from the roundest to the most exact, each with the way a rule writes it."""
    if subject.unit == "money":
        scale = 10 ** minor_digits(currency)
        for value in _significant(figure / scale, minor_digits(currency)):
            yield round(value * scale), f"{Decimal(str(value)).normalize():f} {currency}"
    elif subject.unit == "share":
        for digits in (0, 1, 2, 4):
            percent = round(figure * 100, digits)
            yield float(Decimal(str(percent)) / 100), f"{Decimal(str(percent)).normalize():f} %"
    elif subject.type == "integer":
        yield from ((float(value), int(value)) for value in _significant(np.floor(figure), 0))
        yield float(np.floor(figure)), int(np.floor(figure))
    else:
        yield from ((float(value), _plain(value)) for value in _significant(figure, 4))
        yield figure, figure


def _significant(figure: float, decimals: int) -> Iterator[float]:
    """A figure with one, two, three ... leading digits, and no more decimals than there are."""
    if not figure:
        yield 0.0
        return
    size = int(np.floor(np.log10(abs(figure))))
    for digits in range(1, max(size, 0) + decimals + 2):
        yield round(figure, min(digits - 1 - size, decimals))


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


def placed(tree: Tree, columns: Mapping[str, Floats]) -> NDArray[np.int64]:
    """The number of the segment that the rules put each customer in; unknown goes where the usual customer goes."""
    rows = len(next(iter(columns.values())))
    found = np.full(rows, tree.segment, dtype=np.int64)
    if tree.border is None or tree.low is None or tree.high is None:
        return found
    above = _above(tree.border, columns[tree.border.variable])
    for side, branch in ((~above, tree.low), (above, tree.high)):
        found[side] = placed(branch, {name: column[side] for name, column in columns.items()})
    return found


def _above(border: Border, column: Floats) -> NDArray[np.bool_]:
    return np.where(np.isnan(column), not border.unknown_low, column > border.figure)


def leaves(tree: Tree, path: tuple[Step, ...] = ()) -> Iterator[tuple[int, tuple[Step, ...]]]:
    """Every leaf: its segment and the steps that lead to it."""
    if tree.border is None or tree.low is None or tree.high is None:
        yield tree.segment, path
        return
    yield from leaves(tree.low, (*path, (tree.border, False)))
    yield from leaves(tree.high, (*path, (tree.border, True)))


def rule(tree: Tree, segment: int, asked: Mapping[str, Asked]) -> dict[str, Any]:
    """Who is in a segment, in the project's rule language: any of some ways in, each a list of conditions."""
    found = [conditions(way, asked) for way in ways(tree, segment, asked)]
    told = [{"all": way} if len(way) != 1 else way[0] for way in found]
    return told[0] if len(told) == 1 else {"any": told}


Box = dict[str, tuple[float, float]]  # above the first figure, up to the second


def ways(tree: Tree, segment: int, asked: Mapping[str, Asked]) -> list[tuple[Step, ...]]:
    """The ways into a segment, each without the steps that keep nobody of another segment out, none inside another."""
    others = [_box(path) for found, path in leaves(tree) if found != segment]
    found = [_widened(_nearest(path), others, asked) for leaf, path in leaves(tree) if leaf == segment]
    kept: list[tuple[Step, ...]] = []
    for way in sorted(found, key=len):
        if not any(_inside(_box(way), _box(wider)) for wider in kept):
            kept.append(way)
    return kept


def _nearest(path: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that count: of each variable the highest figure one is above and the lowest one is not."""
    box = _box(path)
    found = {(s[0].variable, s[1]): s for s in path if s[0].figure == box[s[0].variable][0 if s[1] else 1]}
    return tuple(found.values())


def _widened(way: tuple[Step, ...], others: Sequence[Box], asked: Mapping[str, Asked]) -> tuple[Step, ...]:
    for step in way:
        without = tuple(each for each in way if each is not step)
        if without and not any(_meet(_box(without), other) for other in others):
            # more people get there now, so that the unknown may be among them
            way = tuple((replace(each, unknown=asked[each.variable].ever_unknown), above) for each, above in without)
            return _widened(way, others, asked)
    return way


def _box(path: Sequence[Step]) -> Box:
    box: Box = {}
    for border, above in path:
        low, high = box.get(border.variable, (-np.inf, np.inf))
        box[border.variable] = (max(low, border.figure), high) if above else (low, min(high, border.figure))
    return box


def _meet(one: Box, other: Box) -> bool:
    everywhere = (-np.inf, np.inf)
    pairs = ((one.get(name, everywhere), other.get(name, everywhere)) for name in {**one, **other})
    return all(max(a[0], b[0]) < min(a[1], b[1]) for a, b in pairs)


def _inside(small: Box, large: Box) -> bool:
    everywhere = (-np.inf, np.inf)
    return all(
        low <= small.get(name, everywhere)[0] and small.get(name, everywhere)[1] <= high
        for name, (low, high) in large.items()
    )


def conditions(path: Sequence[Step], asked: Mapping[str, Asked]) -> list[dict[str, Any]]:
    """The steps as conditions: for each variable only the nearest borders, both in one where that says the same."""
    names = list(dict.fromkeys(border.variable for border, _ in path))
    return [
        one for name in names for one in _of_variable(name, [s for s in path if s[0].variable == name], asked[name])
    ]


def _of_variable(name: str, steps: Sequence[Step], asked: Asked) -> list[dict[str, Any]]:
    lowest = max((step for step in steps if step[1]), key=lambda step: step[0].figure, default=None)
    highest = min((step for step in steps if not step[1]), key=lambda step: step[0].figure, default=None)
    near = [step for step in (lowest, highest) if step is not None]
    if any(_with_unknown(step) for step in near):
        return [_condition(step) for step in near]
    told = {key: value for step in near for key, value in _written(step).items()}
    if asked.none_below_zero and told == {"at_most": 0}:
        told = {"is": 0}
    return [{name: told}]


def _with_unknown(step: Step) -> bool:
    border, above = step
    return border.unknown and border.unknown_low is not above


def _condition(step: Step) -> dict[str, Any]:
    """One condition; the side on which the unknown belong is told as not being on the other."""
    border, above = step
    if _with_unknown(step):
        return {"not": {border.variable: _written((border, not above))}}
    return {border.variable: _written(step)}


def _written(step: Step) -> dict[str, Any]:
    border, above = step
    if border.written is True:
        return {"is": above}
    if border.whole and above:
        return {"at_least": border.written + 1}
    return {"more_than" if above else "at_most": border.written}
