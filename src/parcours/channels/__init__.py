"""Channels: the ways out. Audiences, due lists and coupons as files."""

from __future__ import annotations

from parcours.channels.audience_file import Written, write_audience, write_audiences
from parcours.channels.coupon_file import CouponsWritten, dealt, write_coupons
from parcours.channels.decision_file import write_decisions
from parcours.channels.due_file import write_due

__all__ = [
    "CouponsWritten",
    "Written",
    "dealt",
    "write_audience",
    "write_audiences",
    "write_coupons",
    "write_decisions",
    "write_due",
]
