"""Channels: the ways out. Audiences and due lists as files."""

from __future__ import annotations

from parcours.channels.audience_file import Written, write_audience, write_audiences
from parcours.channels.due_file import write_due

__all__ = ["Written", "write_audience", "write_audiences", "write_due"]
