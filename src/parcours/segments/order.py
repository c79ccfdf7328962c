"""Segments in the order in which they can be worked out: each after those it looks into."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter

from parcours.project.definitions import Segment
from parcours.rules import segments_used


def levels(segments: Mapping[str, Segment]) -> list[list[str]]:
    """The names of segments in steps: those of one step need only segments of the steps before.

    Raises CycleError for a circle (which `check` has already refused, with its lines).
    """
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {name: [used for used in segments_used(segment.who) if used in segments] for name, segment in segments.items()}
    )
    sorter.prepare()
    steps = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        steps.append(ready)
        sorter.done(*ready)
    return steps
