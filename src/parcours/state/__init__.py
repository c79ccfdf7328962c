"""State: what happens by the second, kept in PostgreSQL: one that comes with Parcours, or the retailer's own server."""

from __future__ import annotations

from parcours.state.database import Database, StateFault, has_state, open_database
from parcours.state.queries import queries

__all__ = ["Database", "StateFault", "has_state", "open_database", "queries"]
