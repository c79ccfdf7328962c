"""Segments: how large, what they bring, who came and went, and whom they share."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.figures import Figures, SegmentSize, share
from parcours.web import charts
from parcours.web.pictures.sales import of_sales
from parcours.web.words import Words

MOST_OVERLAPS = 8


def segments(f: Figures, w: Words, *, own: bool) -> Markup:
    """The size of each segment, what it brings, and who came and went: the retailer's own, or those ready-made."""
    shown = [one for one in f.segments if one.own is own]
    if not shown:
        return Markup("")
    title = w.say("segments.own" if own else "segments.ready")
    keys = ("segments.head", "people", "of_people", "of_sales", "segments.entered", "segments.left")
    return charts.bars(title, [w.say(key) for key in keys], [_row(one, f, w) for one in shown])


def overlaps(f: Figures, w: Words) -> Markup:
    """Of the people of each segment, the part that is in each other segment too."""
    kept = f.segments[:MOST_OVERLAPS]
    both = {frozenset((pair.one, pair.other)): pair.people for pair in f.overlaps}

    def shared(row: SegmentSize, column: SegmentSize) -> charts.HeatCell | None:
        if row is column:
            return None
        part = share(both.get(frozenset((row.name, column.name)), 0), row.people) or 0
        return charts.HeatCell(w.percent(part, 0), part)

    rows = [
        charts.HeatRow(
            f"{place}. {segment_name(row, w)}",
            tuple(shared(row, column) for column in kept),
            w.number(row.people),
        )
        for place, row in enumerate(kept, start=1)
    ]
    columns = [str(place) for place in range(1, len(kept) + 1)]
    grid = charts.heat(w.say("overlaps.title"), (w.say("segments.head"), w.say("people")), columns, rows, long=True)
    return grid + charts.scale(w.say("overlaps.scale"), w.percent(0, 0), w.percent(1, 0))


def segment_name(one: SegmentSize, w: Words) -> str:
    """What people call a segment."""
    return one.title.in_(w.language) if one.title else one.name


def _row(one: SegmentSize, f: Figures, w: Words) -> charts.Bar:
    part = share(one.people, f.headline.people)
    return charts.Bar(
        segment_name(one, w),
        part or 0,
        (
            w.number(one.people),
            w.percent(part),
            w.percent(of_sales(f, one.revenue)),
            w.signed(one.entered),
            w.signed(None if one.left is None else -one.left),
        ),
        note=one.why.in_(w.language) if one.why and one.own else "",
    )
