"""A funnel: how many go on from each step to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .svg import join, path, picture, stretched

HEIGHT = 62


@dataclass(frozen=True)
class Rung:
    """One step: its label, its count, how it is written, and a word about those who came this far."""

    label: str
    count: int
    text: str
    note: str = ""


def funnel(caption: str, rungs: Sequence[Rung]) -> Markup:
    """Steps from top to bottom, each as wide as its count, narrowing to the next."""
    widest = max((rung.count for rung in rungs), default=0) or 1
    widths = [100 * rung.count / widest for rung in rungs]
    after = [*widths[1:], widths[-1]] if widths else []
    body = join(_rung(rung, width, then) for rung, width, then in zip(rungs, widths, after, strict=True))
    return Markup('<table class="funnel"><caption class="aside">{}</caption><tbody>{}</tbody></table>').format(
        caption, body
    )


def _rung(rung: Rung, width: float, then: float) -> Markup:
    bend = HEIGHT * 0.62
    outline = [
        (50 - width / 2, 0),
        (50 + width / 2, 0),
        (50 + width / 2, bend),
        (50 + then / 2, HEIGHT),
        (50 - then / 2, HEIGHT),
        (50 - width / 2, bend),
    ]
    shape = stretched(path(outline, "tone-1 rung", closed=True), top=0, height=HEIGHT)
    drawing = picture(f"{rung.label}: {rung.text}", shape, height=HEIGHT, css="step")
    return Markup(
        '<tr><th scope="row">{}</th><td class="drawn">{}</td><td><b>{}</b><small>{}</small></td></tr>'
    ).format(rung.label, drawing, rung.text, rung.note)
