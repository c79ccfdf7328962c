"""What every chart is drawn with: a titled picture, a stretched drawing area, and round tick marks."""

from collections.abc import Iterable, Sequence
from math import floor, log10

from markupsafe import Markup, escape

MOST_SERIES = 4


def picture(title: str, *body: Markup, height: int, css: str, desc: str = "") -> Markup:
    """One picture with its title, and a longer description for those who cannot see it.

    It has no viewBox: it is as wide as its place on the page, and its text keeps its size on a phone.
    """
    more = Markup("<desc>{}</desc>").format(desc) if desc else Markup("")
    return Markup(
        '<svg class="{css}" role="img" width="100%" height="{height}"><title>{title}</title>{more}{body}</svg>'
    ).format(css=css, height=height, title=title, more=more, body=join(body))


def stretched(*shapes: Markup, top: float, height: float) -> Markup:
    """A drawing area 100 wide, stretched to the picture; its strokes keep their thickness."""
    return Markup(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 100 {}" preserveAspectRatio="none"'
        ' aria-hidden="true" overflow="visible">{}</svg>'
    ).format(short(top), short(height), short(height), join(shapes))


def join(pieces: Iterable[Markup]) -> Markup:
    """Pieces of markup one after the other."""
    return Markup("").join(pieces)


def path(points: Sequence[tuple[float, float]], css: str, *, closed: bool = False) -> Markup:
    """A line through these points, or the area inside them."""
    steps = " ".join(f"{short(x)},{short(y)}" for x, y in points)
    shape = "polygon" if closed else "polyline"
    return Markup('<{} class="{}" points="{}"/>').format(Markup(shape), css, steps)


def short(value: float) -> str:
    """A coordinate with two decimals at most: the eye sees no more, and the file stays small."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clip(text: str, longest: int) -> str:
    """A label that fits beside a chart."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def ticks(highest: float, most: int = 4) -> tuple[float, ...]:
    """Round values from zero to just above the highest, with few enough steps to read."""
    if highest <= 0:
        return (0.0, 1.0)
    size = 10.0 ** floor(log10(highest / most))
    step = next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * most >= highest * (1 - 1e-9))
    # A first step larger than the whole would leave an empty chart: at least one step is always needed.
    count = max(1, -int(-highest * (1 - 1e-9) // step))
    return tuple(step * n for n in range(count + 1))


__all__ = ["MOST_SERIES", "clip", "escape", "join", "path", "picture", "short", "stretched", "ticks"]
