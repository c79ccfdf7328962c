"""Bars: one measure compared over a few things, with the numbers beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .svg import MOST_SERIES, join, picture, short


@dataclass(frozen=True)
class Bar:
    """One row: its label, how long its bar is (0 to 1), and the numbers written beside it."""

    label: str
    share: float
    cells: tuple[str, ...]
    note: str = ""
    tone: int = 1


def bar(share: float, title: str, *, tone: int = 1, height: int = 8) -> Markup:
    """One horizontal bar; 1 fills its place. A bar of something is never invisible."""
    width = min(max(share, 0.0), 1.0) * 100
    filled = Markup('<rect class="tone-{}" width="{}%" height="{}" rx="3"/>').format(
        tone, short(max(width, 0.4) if share > 0 else 0), height
    )
    track = Markup('<rect class="track" width="100%" height="{}" rx="3"/>').format(height)
    return picture(title, track, filled, height=height, css="bar")


def bars(caption: str, head: Sequence[str], rows: Sequence[Bar]) -> Markup:
    """A table with a bar under each label: it reads aloud, and copies into a spreadsheet."""
    top = join(Markup('<th scope="col">{}</th>').format(name) for name in head)
    body = join(_row(row, head) for row in rows)
    return Markup(
        '<table class="bars"><caption class="aside">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(caption, top, body)


def _row(row: Bar, head: Sequence[str]) -> Markup:
    numbers = join(Markup("<td>{}</td>").format(cell) for cell in row.cells)
    note = Markup(" <small>{}</small>").format(row.note) if row.note else Markup("")
    said = f"{row.label}: {row.cells[0]}" if row.cells else row.label
    return Markup('<tr><th scope="row"><span>{}</span>{}{}</th>{}</tr>').format(
        row.label, note, bar(row.share, said, tone=row.tone), numbers
    )


def split(title: str, parts: Sequence[tuple[str, str, float]]) -> Markup:
    """A whole cut into parts, each (label, number, share), from left to right."""
    if len(parts) > MOST_SERIES:
        raise ValueError(f"{len(parts)} parts in one bar: at most {MOST_SERIES} can be told apart")
    at, cuts = 0.0, []
    for tone, (_, _, share) in enumerate(parts, start=1):
        cuts.append(
            Markup('<rect class="tone-{} cut" x="{}%" width="{}%" height="28"/>').format(
                tone, short(at), short(share * 100)
            )
        )
        at += share * 100
    desc = ", ".join(f"{label}: {number}" for label, number, _ in parts)
    return picture(title, *cuts, height=28, css="split", desc=desc) + _legend(parts)


def _legend(parts: Sequence[tuple[str, str, float]]) -> Markup:
    items = join(
        Markup('<li class="key-{}"><b>{}</b> {}</li>').format(tone, number, label)
        for tone, (label, number, _) in enumerate(parts, start=1)
    )
    return Markup('<ul class="legend">{}</ul>').format(items)
