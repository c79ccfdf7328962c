"""Decisions: what is offered to whom, within what merchants allow."""

from __future__ import annotations

from parcours.decisions.build import build
from parcours.decisions.came import came

__all__ = ["build", "came"]
