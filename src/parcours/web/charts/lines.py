"""Lines and stacked areas over time, with their names written at their ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .svg import MOST_SERIES, clip, join, path, picture, short, stretched, ticks

HEIGHT, TOP, FOOT = 236, 10, 26
PLOT = HEIGHT - TOP - FOOT
LABEL_GAP, LONGEST_LABEL, MARK = 18, 17, 9


@dataclass(frozen=True)
class Series:
    """One line: its name, its values, and a band around it when it is uncertain."""

    name: str
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Axis:
    """The labels under a chart, and how a value of the other axis is written."""

    labels: tuple[str, ...]
    write: Callable[[float], str]
    every: int = 1


def lines(title: str, series: Sequence[Series], axis: Axis, desc: str = "") -> Markup:
    """Up to four lines from zero up, each with its own dash, and its band when it has one."""
    _check(series)
    marks = ticks(max((max(s.values + s.high, default=0) for s in series), default=0))
    shapes = [
        shape
        for n, one in enumerate(series, start=1)
        for shape in (_band(one, n, marks[-1]), path(_points(one.values, marks[-1]), f"line line-{n}"))
    ]
    ends = [_y(one.values[-1], marks[-1]) for one in series if one.values]
    names = _end_labels([s.name for s in series if s.values], ends, _dash)
    return _plot(title, shapes, names, marks, axis, desc)


def stacked(title: str, series: Sequence[Series], axis: Axis, desc: str = "") -> Markup:
    """Up to four areas on top of one another: the whole, and what it is made of."""
    _check(series)
    base = [0.0] * len(axis.labels)
    # Months in which more came back than was sold cannot be drawn as an area: they touch the ground.
    tops = []
    for one in series:
        tops.append([low + max(value, 0) for low, value in zip(base, one.values, strict=True)])
        base = tops[-1]
    marks = ticks(max(base, default=0))
    floors = [[0.0] * len(axis.labels), *tops[:-1]]
    shapes = [
        path(_points(top, marks[-1]) + _points(low, marks[-1])[::-1], f"area tone-{n}", closed=True)
        for n, (top, low) in enumerate(zip(tops, floors, strict=True), start=1)
    ]
    middles = [_y((top[-1] + low[-1]) / 2, marks[-1]) for top, low in zip(tops, floors, strict=True)]
    names = _end_labels([one.name for one in series], middles, _box)
    return _plot(title, shapes, names, marks, axis, desc)


def sparkline(title: str, values: Sequence[float], height: int = 34) -> Markup:
    """A small line without axes: only the shape of the last months."""
    if len(values) < 2:
        return Markup("")
    top = max(*values, 0) or 1
    room = height - 6
    points = [(100 * n / (len(values) - 1), room * (1 - max(value, 0) / top)) for n, value in enumerate(values)]
    area = path([*points, (100, room), (0, room)], "spark-area", closed=True)
    line = path(points, "line line-1")
    dot = Markup('<circle class="tone-1" cx="100%" cy="{}" r="3"/>').format(short(points[-1][1] + 3))
    return picture(title, stretched(area, line, top=3, height=room), dot, height=height, css="spark")


def _check(series: Sequence[Series]) -> None:
    if len(series) > MOST_SERIES:
        raise ValueError(f"{len(series)} series in one chart: at most {MOST_SERIES} can be told apart")


def _y(value: float, highest: float) -> float:
    return PLOT * (1 - value / highest)


def _points(values: Sequence[float], highest: float) -> list[tuple[float, float]]:
    last = max(len(values) - 1, 1)
    return [(100 * n / last, _y(value, highest)) for n, value in enumerate(values)]


def _band(one: Series, tone: int, highest: float) -> Markup:
    if not one.low:
        return Markup("")
    around = _points(one.high, highest) + _points(one.low, highest)[::-1]
    return path(around, f"band tone-{tone}", closed=True)


def _plot(
    title: str,
    shapes: Sequence[Markup],
    names: Markup,
    marks: Sequence[float],
    axis: Axis,
    desc: str,
) -> Markup:
    grid = join(_gridline(mark, marks[-1], axis.write) for mark in marks)
    drawn = stretched(*shapes, top=TOP, height=PLOT)
    return picture(title, grid, drawn, _below(axis), names, height=HEIGHT, css="plot", desc=desc)


def _gridline(mark: float, highest: float, write: Callable[[float], str]) -> Markup:
    return Markup(
        '<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="tick" x="0" dx="-8" y="{y}" dy="4" text-anchor="end">{text}</text>'
    ).format(y=short(TOP + _y(mark, highest)), text=write(mark))


def _below(axis: Axis) -> Markup:
    last = max(len(axis.labels) - 1, 1)
    # Labels are chosen backwards from the newest, which is the one a reader looks for.
    kept = [n for n in range(len(axis.labels)) if (len(axis.labels) - 1 - n) % axis.every == 0]
    return join(
        Markup('<text class="tick{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
            "" if (len(kept) - 1 - place) % 4 == 0 else " second",
            short(100 * n / last),
            HEIGHT - 6,
            "middle" if n else "start",
            axis.labels[n],
        )
        for place, n in enumerate(kept)
    )


def _end_labels(names: Sequence[str], heights: Sequence[float], mark: Callable[[int, float], Markup]) -> Markup:
    placed = _apart([TOP + height for height in heights])
    return join(
        Markup(
            '<g transform="translate(9 0)">{mark}'
            '<text class="name" x="100%" dx="{gap}" y="{y}" dy="4">{name}</text></g>'
        ).format(
            mark=mark(n, y), gap=2 * MARK + 4 if mark is _dash else MARK + 5, y=short(y), name=clip(name, LONGEST_LABEL)
        )
        for n, (name, y) in enumerate(zip(names, placed, strict=True), start=1)
    )


def _box(tone: int, y: float) -> Markup:
    return Markup('<rect class="tone-{}" x="100%" y="{}" width="{}" height="{}" rx="2"/>').format(
        tone, short(y - MARK / 2), MARK, MARK
    )


def _dash(tone: int, y: float) -> Markup:
    # Two points at 100% cannot differ in x: the mark is drawn as a nested picture of its own size.
    return Markup(
        '<svg x="100%" y="{}" width="{}" height="4" overflow="visible" aria-hidden="true">'
        '<line class="line line-{}" x1="0" x2="100%" y1="2" y2="2"/></svg>'
    ).format(short(y - 2), 2 * MARK, tone)


def _apart(wished: Sequence[float]) -> list[float]:
    """Heights of labels moved just enough that none covers another, and all stay inside."""
    order = sorted(range(len(wished)), key=lambda n: wished[n])
    placed = list(wished)
    floor = float(TOP)
    for n in order:
        placed[n] = floor = max(placed[n], floor)
        floor += LABEL_GAP
    ceiling = float(TOP + PLOT)
    for n in reversed(order):
        placed[n] = min(placed[n], ceiling)
        ceiling = placed[n] - LABEL_GAP
    return placed
