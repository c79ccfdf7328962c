"""What may be known of the moment a slot is asked for: the page, the device, the weather, the hour, the cart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from parcours.rules.subject import Subject

WEATHER = ("clear", "clouds", "rain", "snow", "storm", "fog", "wind")
DEVICES = ("desktop", "mobile", "tablet")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = 500  # characters of a text

# What the caller tells (and, for some, what the server sees itself); hour and weekday are the shop's own.
SUBJECTS: Mapping[str, Subject] = {
    each.name: each
    for each in (
        Subject("page", "text"),
        Subject("viewed_product", "text"),
        Subject("viewed_category", "text"),
        Subject("search", "text"),
        Subject("here_language", "text"),
        Subject("device", "text"),
        Subject("here_country", "text"),
        Subject("here_region", "text"),
        Subject("weather", "text"),
        Subject("temperature", "number"),
        Subject("traffic_source", "text"),
        Subject("campaign", "text"),
        Subject("cart_value", "integer", "money"),
        Subject("cart_items", "integer"),
        Subject("hour", "integer"),
        Subject("weekday", "text"),
    )
}
WORDS: Mapping[str, tuple[str, ...]] = {"weather": WEATHER, "device": DEVICES, "weekday": WEEKDAYS}
_OURS = ("hour", "weekday")
# a profile has a country too
_SHORT = {"country": "here_country", "region": "here_region", "language": "here_language"}
_TYPES: Mapping[str, tuple[type, ...]] = {"text": (str,), "integer": (int,), "number": (int, float)}


def read(told: Mapping[str, Any], *, now: datetime, zone: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is known here, and the names of what was told and is not understood: it counts as not told.

    `now` carries a zone; `zone` is the shop's. A text is cut nowhere: one that is too long is not understood.
    """
    told = {_SHORT.get(name, name): value for name, value in told.items()}
    known = {name: value for name, value in told.items() if value is not None and _understood(name, value)}
    strange = tuple(sorted(name for name, value in told.items() if value is not None and name not in known))
    there = now.astimezone(ZoneInfo(zone))
    return {**known, "hour": there.hour, "weekday": WEEKDAYS[there.weekday()]}, strange


def _understood(name: str, value: Any) -> bool:
    subject = SUBJECTS.get(name)
    if subject is None or name in _OURS or isinstance(value, bool):
        return False
    if not isinstance(value, _TYPES[subject.type]):
        return False
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST and "\x00" not in value and value in WORDS.get(name, (value,))
    return isinstance(value, int | float) and -(2**53) < value < 2**53
