"""Scores: what is foreseen of each customer, learned from history and checked against what then happened."""

from __future__ import annotations

from parcours.scores.build import build
from parcours.scores.recommendations.merchandising import check

__all__ = ["build", "check"]
