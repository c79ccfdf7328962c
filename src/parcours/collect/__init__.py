"""Collect: what sites, apps and servers send by the second is read, checked, told apart, and kept once."""

from __future__ import annotations

from parcours.collect.message import Collected, Refusal, Rejected, read_batch, read_call

__all__ = ["Collected", "Refusal", "Rejected", "read_batch", "read_call"]
