"""Heat maps: cohorts, recency by frequency, overlaps. A table whose cells darken with their value.

A table and not a picture: each number is read aloud with its row and column, and copies into a spreadsheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .svg import join, picture, short

STEPS = 9


@dataclass(frozen=True)
class HeatCell:
    """One cell: its text, how dark it is (0 to 1), and a smaller second line."""

    text: str
    level: float | None = None
    note: str = ""


@dataclass(frozen=True)
class HeatRow:
    """One row: its label, a note beside it, and its cells; None is a cell that cannot exist yet."""

    label: str
    cells: tuple[HeatCell | None, ...]
    note: str = ""


def heat(
    caption: str, corner: Sequence[str], columns: Sequence[str], rows: Sequence[HeatRow], *, long: bool = False
) -> Markup:
    """A table of shaded numbers; `corner` names the label column, and the note column when there is one.

    `long` labels are words that may wrap, not months.
    """
    names = [Markup('<th scope="col" class="label">{}</th>').format(name) for name in corner]
    names += [Markup('<th scope="col">{}</th>').format(name) for name in columns]
    body = join(_row(row, len(corner) > 1) for row in rows)
    return Markup(
        '<table class="{}"><caption class="aside">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format("heat long" if long else "heat", caption, join(names), body)


def scale(title: str, low: str, high: str) -> Markup:
    """The key of a heat map: from the palest to the darkest, with the value at each end."""
    boxes = join(
        Markup('<rect class="heat-{n}" x="{x}%" width="{w}%" height="10"/>').format(
            n=n, x=short(100 * n / (STEPS + 1)), w=short(100 / (STEPS + 1))
        )
        for n in range(STEPS + 1)
    )
    return Markup('<p class="scale"><span>{}</span>{}<span>{}</span></p>').format(
        low, picture(title, boxes, height=10, css="ramp"), high
    )


def _row(row: HeatRow, noted: bool) -> Markup:
    note = Markup('<td class="note">{}</td>').format(row.note) if noted else Markup("")
    cells = join(_cell(cell) for cell in row.cells)
    return Markup('<tr><th scope="row">{}</th>{}{}</tr>').format(row.label, note, cells)


def _cell(cell: HeatCell | None) -> Markup:
    if cell is None:
        return Markup('<td class="void"></td>')
    css = "" if cell.level is None else f"heat-{round(min(max(cell.level, 0.0), 1.0) * STEPS)}"
    note = Markup("<small>{}</small>").format(cell.note) if cell.note else Markup("")
    return Markup('<td class="{}">{}{}</td>').format(css, cell.text, note)
