"""Measurement: what the figures say of customers, sales, segments and the data itself."""

from parcours.measurement import discovered, due, foresight, levers, overview, priorities, proven, sheets
from parcours.measurement.figures import Figures

__all__ = ["Figures", "discovered", "due", "foresight", "levers", "overview", "priorities", "proven", "sheets"]
