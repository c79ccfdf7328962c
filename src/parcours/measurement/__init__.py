"""Measurement: what the figures say of customers, sales, segments and the data itself."""

from parcours.measurement import levers, overview, priorities, sheets
from parcours.measurement.figures import Figures

__all__ = ["Figures", "levers", "overview", "priorities", "sheets"]
