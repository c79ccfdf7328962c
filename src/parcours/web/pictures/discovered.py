"""Segments found in the data: their sizes and priorities, why so many, what they are made of, who moved."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.discovered import Asked, Discovered, Moved, Tried
from parcours.measurement.figures import Figures, share
from parcours.measurement.sheets import SheetFigures
from parcours.web import charts, sheets
from parcours.web.pictures.counted import largest
from parcours.web.words import NONE, Words

LEVEL = 3  # of the heading of a sheet in the report


def names(f: Figures, w: Words) -> dict[str, str]:
    """What each segment found is called."""
    return sheets.names_of(_of(f).sheets, w.language)


def priority(code: str, w: Words) -> str:
    """Grow, secure or leave, in words."""
    return sheets.say(f"priority.{code}", w.language)


def found(f: Figures, w: Words) -> Markup:
    """The segments found, each with its weight in customers and in revenue, and what to do with it."""
    called, most = names(f, w), largest(one.people for one in _of(f).sheets)
    rows = [
        charts.Bar(
            called[one.segment],
            one.people / most,
            (w.number(one.people), w.percent(one.weight), w.percent(one.revenue_weight), _badge(one, w)),
            note=one.segment,
        )
        for one in _of(f).sheets
    ]
    head = [w.say(key) for key in ("found.head", "people", "of_people", "of_sales", "sums.priority")]
    return charts.bars(w.say("found.title"), head, rows)


def _badge(one: SheetFigures, w: Words) -> str:
    if one.priority is None:
        return NONE
    return Markup('<span class="badge {}">{}</span>').format(one.priority.priority, priority(one.priority.priority, w))


def tried(f: Figures, w: Words) -> Markup:
    """Each number of segments that was tried, how stable it was, and why it was taken or not."""
    rows = [_tried(one, w) for one in _of(f).tried]
    head = [w.say(f"tried.{key}") for key in ("head", "stability", "apart", "smallest")]
    return charts.bars(w.say("tried.title"), head, rows)


def _tried(one: Tried, w: Words) -> charts.Bar:
    cells = (w.part_of(round(one.stability or 0, 2)), w.part_of(round(one.silhouette or 0, 2)), w.percent(one.smallest))
    said = w.say(f"tried.why.{one.why}")
    return charts.Bar(
        w.count("tried.segments", one.segments), one.stability or 0, cells, note=said, tone=2 if one.chosen else 1
    )


def asked(f: Figures, w: Words) -> Markup:
    """What segments are made of, how well each part separates them, who asked for it and why."""
    rows = [_asked(one, w) for one in _of(f).variables]
    head = [w.say(f"asked.{key}") for key in ("head", "separation", "weight")]
    return charts.bars(w.say("asked.title"), head, rows)


def _asked(one: Asked, w: Words) -> charts.Bar:
    title = one.title.in_(w.language) if one.title else w.name("attribute", one.name)
    wish = [part for part in (one.asked_by, one.because) if part]
    notes = [": ".join(wish)] if wish else []
    notes += [] if one.used else [w.say(f"asked.why.{one.why}")]
    separation = one.separation if one.used else None
    return charts.Bar(title, separation or 0, (w.percent(separation, 0), w.part_of(one.weight)), note=" – ".join(notes))


def migration(f: Figures, w: Words) -> Markup:
    """Who was where in the run before, and where they are now: a row a segment before, a column a segment now."""
    moves, called = _of(f).moves, names(f, w)
    before = _sorted({one.before for one in moves if one.before})
    after = _sorted({one.after for one in moves if one.after})
    held = {(one.before, one.after): one for one in moves}
    rows = [_row(held, one, after, called, w) for one in (*before, None)]
    columns = [*after, w.say("migration.gone")]
    corner = (w.say("migration.corner"), w.say("people"))
    return charts.heat(w.say("migration.title"), corner, columns, rows, long=True)


def _row(
    held: dict[tuple[str | None, str | None], Moved], before: str | None, after: list[str], called: dict[str, str],
    w: Words,
) -> charts.HeatRow:  # fmt: skip
    found_ = [held.get((before, to)) for to in (*after, None)]
    whole = sum(one.people for one in found_ if one)
    cells = [
        charts.HeatCell(w.number(one.people), share(one.people, whole), w.percent(share(one.people, whole), 0))
        if one else charts.HeatCell("0", 0.0) if before or to else None
        for one, to in zip(found_, (*after, None))
    ]  # fmt: skip
    label = f"{before} {called.get(before, '')}".strip() if before else w.say("migration.new")
    return charts.HeatRow(label, tuple(cells), w.number(whole))


def sheet(one: SheetFigures, f: Figures, w: Words) -> Markup:
    """The sheet of a segment, as a page of the report."""
    return sheets.body(one, w.language, names=names(f, w), level=LEVEL)


def _sorted(segments: set[str]) -> list[str]:
    return sorted(segments, key=lambda name: (len(name), name))


def _of(f: Figures) -> Discovered:
    return f.discovered or Discovered()
