"""Decisions: what is offered to whom, within what merchants allow."""

from __future__ import annotations

from parcours.decisions.build import build
from parcours.decisions.came import came
from parcours.decisions.deciding.over_table import why_not
from parcours.decisions.table import Asked, decided
from parcours.decisions.table_log import keeping, rows

__all__ = ["Asked", "build", "came", "decided", "keeping", "rows", "why_not"]
