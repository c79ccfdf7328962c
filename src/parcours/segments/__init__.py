"""Segments: who is in each, since when, why, who entered and left; the RFM grid and the life cycle."""

from __future__ import annotations

from parcours.segments.evaluate import evaluate, titles_of
from parcours.segments.explain import Explanation, why
from parcours.segments.order import levels
from parcours.segments.settings import StageSettings, check, stage_settings

__all__ = ["Explanation", "StageSettings", "check", "evaluate", "levels", "stage_settings", "titles_of", "why"]
