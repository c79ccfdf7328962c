"""Which segments to grow, which to secure, which to leave as they are: by money, with the sum shown.

Three sums a segment: what it bought in twelve months (value); what it would buy more if a tenth of its people bought
like those of the next segment up (potential); what those of its people bought who are late by their own rhythm (risk).
Each is compared with a fair share, that of one segment among so many:

    grow    more than a fair share of all potential, and the potential is at least the risk
    secure  else, more than a fair share of all value or of all risk
    leave   else

The owner may overrule with a reason in `priorities.yaml`: `priorities: {d2: {priority: grow, because: ..., by: ...}}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parcours.model.kind import setting
from parcours.model.value import Fault, Place
from parcours.project.definitions import Project
from parcours.project.faults import Faults
from parcours.project.nodes import read_yaml
from parcours.project.reader import Reader, Wrong

FILE = "priorities.yaml"
PRIORITIES = ("grow", "secure", "leave")
LATE = ("cooling", "sleeping")  # who is lost cannot be secured
REACH = 0.1  # the share of a segment's people thought to come to behave like the next segment's


@dataclass(frozen=True, kw_only=True)
class Overruling:
    """The owner's word on one segment."""

    priority: str = setting(doc="What it is to be.", choices=PRIORITIES)
    because: str = setting(doc="Why.")
    by: str | None = setting(None, doc="Who said so.")


@dataclass(frozen=True, kw_only=True)
class _File:
    priorities: dict[str, Overruling] = setting(default_factory=dict, doc="The owner's word, by segment.")


@dataclass(frozen=True)
class Standing:
    """The money of a segment that priorities are made of: minor units in twelve months."""

    segment: str
    people: int
    value: int
    late: int  # what those who are late bought

    @property
    def each(self) -> float:
        """What one of its people bought."""
        return self.value / self.people if self.people else 0.0


@dataclass(frozen=True)
class Priority:
    """What to do with a segment, and the sums behind it; shares are of all segments, `fair` that of one among so many.

    `next_segment` is the one whose people spend the next more each; None for the highest. `computed` is what the sums
    say, `priority` what counts; they differ when the owner overruled (`because`, `by`).
    """

    priority: str
    computed: str
    value: int
    potential: float
    risk: int
    value_share: float
    potential_share: float
    risk_share: float
    fair: float
    reach: float
    next_segment: str | None
    each: float
    next_each: float | None
    because: str | None = None
    by: str | None = None


def priorities(standings: Sequence[Standing], said: dict[str, Overruling]) -> dict[str, Priority]:
    """The priority of each segment, by name."""
    order = sorted(standings, key=lambda one: (one.each, one.segment))
    above = dict(zip((one.segment for one in order), [*order[1:], None]))
    potentials = {one.segment: _potential(one, above[one.segment]) for one in standings}
    all_value = sum(one.value for one in standings)
    all_risk, all_potential = sum(one.late for one in standings), sum(potentials.values())
    fair = 1 / len(standings) if standings else 0.0
    found = {}
    for one in standings:
        potential, following = potentials[one.segment], above[one.segment]
        shares = (_share(one.value, all_value), _share(potential, all_potential), _share(one.late, all_risk))
        computed = _judged(*shares, fair=fair, more=potential >= one.late)
        word = said.get(one.segment)
        found[one.segment] = Priority(
            word.priority if word else computed,
            computed,
            one.value,
            potential,
            one.late,
            *shares,
            fair=fair,
            reach=REACH,
            next_segment=following.segment if following else None,
            each=one.each,
            next_each=following.each if following else None,
            because=word.because if word else None,
            by=word.by if word else None,
        )
    return found


def _potential(one: Standing, following: Standing | None) -> float:
    return one.people * REACH * (following.each - one.each) if following else 0.0


def _judged(value: float, potential: float, risk: float, *, fair: float, more: bool) -> str:
    if potential >= fair and more:
        return "grow"
    return "secure" if max(value, risk) >= fair else "grow" if potential >= fair else "leave"


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def overrulings(project: Project) -> dict[str, Overruling]:
    """The owner's words. Raises ProjectFaults when priorities.yaml is wrong."""
    faults = Faults()
    found = _read(project.folder, faults)
    faults.stop()
    return found


def check(folder: Path) -> list[Fault]:
    """What is wrong with a project's priorities.yaml, if it has one."""
    faults = Faults()
    _read(folder, faults)
    return faults.found


def _read(folder: Path, faults: Faults) -> dict[str, Overruling]:
    node = read_yaml(folder / FILE, FILE, faults) if (folder / FILE).is_file() else None
    if node is None:
        return {}
    try:
        reader = Reader(FILE, faults, lambda text, at: None, lambda text, at: None)
        return reader.dataclass(_File, node, Place(FILE)).priorities
    except Wrong:
        return {}
