"""Segments by the second: only those that look at what may have changed are asked again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from parcours.project.definitions import Segment
from parcours.rules import Moment, attributes_used, for_person, segments_used
from parcours.segments.order import levels


def touched(segments: Mapping[str, Segment], changed: Collection[str], known: Collection[str]) -> list[str]:
    """The segments that look at one of some attributes, or into such a segment, each after those it looks into.

    One that looks at something else than attributes of the profile (its `known` ones) is left to the batch.
    """
    found: list[str] = []
    for names in levels(segments):
        for name in names:
            used = set(attributes_used(segments[name].who))
            if used <= set(known) and (used & set(changed) or set(segments_used(segments[name].who)) & set(found)):
                found.append(name)
    return found


def now(
    segments: Mapping[str, Segment], names: Collection[str], values: Mapping[str, Any], inside: Mapping[str, Any],
    moment: Moment,
) -> dict[str, Any]:  # fmt: skip
    """The segments a person is in and since when, these `names` asked anew."""
    found = dict(inside)
    for name in names:
        if not for_person(segments[name].who, values, moment, segments=found):
            found.pop(name, None)
        else:
            found.setdefault(name, str(moment.day))
    return found
