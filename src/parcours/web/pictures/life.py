"""Where customers stand: their stage of life, how lately and how often they bought."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.figures import Band, Cell, Figures, SegmentSize, share
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.pictures.sales import of_sales
from parcours.web.words import Words

MOST_MOVES = 12


def stages(f: Figures, w: Words) -> Markup:
    """How many people are at each stage of their life as customers."""
    whole, most = sum(one.people for one in f.stages), largest(one.people for one in f.stages)
    rows = [
        charts.Bar(
            stage_name(one, w),
            one.people / most,
            (
                w.number(one.people),
                w.percent(share(one.people, whole)),
                w.percent(of_sales(f, one.revenue)),
                w.signed(one.entered),
                w.signed(None if one.left is None else -one.left),
            ),
            note=one.why.in_(w.language) if one.why else "",
        )
        for one in f.stages
    ]
    head = [w.say(key) for key in ("stages.head", "people", "share", "of_sales", "segments.entered", "segments.left")]
    return charts.bars(w.say("stages.title"), head, rows)


def moves(f: Figures, w: Words) -> Markup:
    """From which stage to which people went since the count before, most first."""
    names = {one.name: stage_name(one, w) for one in f.stages} | {None: w.say("moves.nobody")}
    shown, most = f.moves[:MOST_MOVES], largest(move.people for move in f.moves)
    whole = sum(move.people for move in f.moves)
    rows = [
        charts.Bar(
            w.say("moves.step", before=names[move.before], after=names[move.after]),
            move.people / most,
            (w.number(move.people), w.percent(share(move.people, whole))),
        )
        for move in shown
    ]
    head = [w.say(key) for key in ("moves.head", "people", "share")]
    return charts.bars(w.say("moves.title"), head, rows)


def stage_name(one: SegmentSize, w: Words) -> str:
    """What people call a stage."""
    return one.title.in_(w.language) if one.title else w.name("stage", one.name)


def rfm(f: Figures, w: Words) -> Markup:
    """Customers by how lately and how often they bought; darker where more of the money is."""
    bands, cells = f.rfm, {(cell.frequency, cell.recency): cell for cell in f.rfm.cells}
    whole, most = sum(cell.revenue for cell in bands.cells) or 1, largest(cell.revenue for cell in bands.cells)

    def shown(often: int, lately: int) -> charts.HeatCell:
        cell = cells.get((often, lately)) or Cell(lately, often, 0, 0)
        return charts.HeatCell(w.number(cell.customers), cell.revenue / most, w.percent(cell.revenue / whole))

    rows = [
        charts.HeatRow(_band(w, "often", band), tuple(shown(often, n) for n in range(len(bands.recency))))
        for often, band in reversed(list(enumerate(bands.frequency)))
    ]
    columns = [_band(w, "lately", band) for band in bands.recency]
    grid = charts.heat(w.say("rfm.title"), (w.say("rfm.corner"),), columns, rows)
    return grid + charts.scale(w.say("rfm.scale"), w.percent(0), w.percent(most / whole))


def _band(w: Words, kind: str, band: Band) -> str:
    """The name of a band: 1, 2 to 3, 4 or more."""
    if band.high is None:
        return w.count(f"{kind}.from", band.low)
    if band.low == band.high:
        return w.count(f"{kind}.just", band.low)
    return w.count(f"{kind}.between", band.high, low=w.number(band.low))
