"""Channels: the ways out. Audiences as files."""

from __future__ import annotations

from parcours.channels.audience_file import Written, write_audience, write_audiences

__all__ = ["Written", "write_audience", "write_audiences"]
