"""What a retailer declares of collected events: which there are, and how their properties are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from parcours.model.kind import setting

OURS = ("decision_clicked", "questionnaire_answered")  # what our own script and pages send, declared or not
PropertyType = Literal["text", "number", "yes or no", "object", "list"]


@dataclass(frozen=True, kw_only=True)
class DeclaredEvent:
    """One event: the properties it must have, and of which type each is."""

    required: tuple[str, ...] = setting((), doc="Properties that must be there, and not empty (`null`).")
    properties: dict[str, PropertyType] = setting(
        default_factory=dict, doc="The type of each: `text`, `number`, `yes or no`, `object`, `list`."
    )
    other: str = setting(
        "allow", doc="What becomes of an event with a property that is not named here.", choices=("allow", "flag")
    )


def called(event: str) -> str:
    """An event's name as it is compared, and as it lands: `Product Viewed` is `product_viewed`."""
    return event.lower().replace(" ", "_")


def agree(events: Mapping[str, DeclaredEvent], unknown: str) -> None:
    """Raises ValueError, which names the key, where declared events cannot all be meant."""
    seen: dict[str, str] = {}
    for name in events:
        if (other := seen.setdefault(called(name), name)) != name:
            raise ValueError(f"'events': {other!r} and {name!r} are one event. Keep one of them.", "events")
    if unknown != "allow" and not events:
        raise ValueError(
            f"'unknown_events: {unknown}' is nothing without 'events'. Declare some.", "unknown_events"
        )  # fmt: skip
