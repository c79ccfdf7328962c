"""Charts as markup: pure functions from data to SVG, or to a table where a table reads better.

They take text that is already written in the reader's language and return safe markup without a script, an
inline style or an id, so that any number of them fit on one page under a strict content policy. Colours are
classes of `static/tokens.css`. Colour never speaks alone: there is always a label, an order or a dash beside it.
"""

from .bars import Bar, bar, bars, split
from .funnel import Rung, funnel
from .grids import HeatCell, HeatRow, heat, scale
from .lines import Axis, Series, lines, sparkline, stacked
from .svg import MOST_SERIES, picture, ticks

__all__ = [
    "MOST_SERIES",
    "Axis",
    "Bar",
    "HeatCell",
    "HeatRow",
    "Rung",
    "Series",
    "bar",
    "bars",
    "funnel",
    "heat",
    "lines",
    "picture",
    "scale",
    "sparkline",
    "split",
    "stacked",
    "ticks",
]
