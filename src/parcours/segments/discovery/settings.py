"""How segments are found in the data: `discovery.yaml`, ours and then the project's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from parcours.model.kind import setting
from parcours.model.value import Fault, Place, Share, Title
from parcours.project.definitions import Project
from parcours.project.faults import Faults, ProjectFaults
from parcours.project.nodes import place_by_path, read_yaml
from parcours.project.reader import Reader, Wrong, plain
from parcours.rules import Rule, Subject, attributes_used, fit, parse

FILE = "discovery.yaml"
SHIPPED = Path(__file__).with_name(FILE)
ANYWHERE = Place(FILE)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a team asked of one variable."""

    __short__: ClassVar[str] = "weight"
    weight: float = setting(1.0, doc="How much it counts beside the others; 0 is never.")
    keep: bool = setting(False, doc="Whether it is taken whatever the statistics say, unless it is constant.")
    asked_by: str | None = setting(None, doc="Who asked for it.")
    because: str | None = setting(None, doc="Why they did.")
    place: Place = ANYWHERE


@dataclass(frozen=True, kw_only=True)
class DiscoverySettings:
    """All of discovery.yaml."""

    who: Rule | None = setting(None, doc="Whose behaviour is looked at; those who ever bought unless said.")
    least: int = setting(3, key="from", doc="The smallest number of segments that is tried.")
    most: int = setting(8, key="to", doc="The largest number of segments that is tried.")
    stability: float = setting(0.85, doc="How stable segments must be: the mean adjusted Rand index over resamples.")
    smallest: Share = setting(Share(0.05), doc="No segment is smaller than this share of the customers.")
    largest: Share = setting(Share(0.6), doc="No segment is larger than this share of the customers.")
    agreement: Share = setting(Share(0.9), doc="For how many customers the rules must agree with the segments.")
    people_per_segment: int = setting(50, doc="How many customers there must be for each segment that is tried.")
    sample: int = setting(50_000, doc="How many customers are looked at to find the segments; all are then placed.")
    resamples: int = setting(20, doc="How many times segments are found anew to see how stable they are.")
    seed: int = setting(20, doc="The chance that draws the sample: the same seed finds the same segments.")
    only_these: bool = setting(False, doc="Whether only the variables named under `variables` are candidates.")
    variables: dict[str, Wish] = setting(default_factory=dict, doc="What teams asked for, by variable.")
    names: dict[str, Title] = setting(default_factory=dict, doc="What people call the segments found: `d1: Regulars`.")


def discovery_settings(project: Project) -> DiscoverySettings:
    """The project's settings, or ours where it says nothing. Raises ProjectFaults when discovery.yaml is wrong."""
    faults = Faults()
    ours = _read(SHIPPED, Faults())
    own = project.folder / FILE
    found = _read(own, faults) if own.is_file() else None
    faults.stop()
    assert ours is not None
    settings, written = (ours[0], {}) if found is None else (_completed(found, ours), found[1])
    known = {name: subject for name, subject in project.subjects.items() if name in project.attributes}
    for name, wish in settings.variables.items():
        if name in written.get("variables", {}) and name not in known:
            faults.unknown(wish.place, "attribute", name, known)
    settings = replace(settings, who=_fitted(settings.who, project, known, faults, own="who" in written))
    faults.stop()
    return settings


def check(project: Project) -> list[Fault]:
    """What is wrong with a project's own discovery.yaml, if it has one: an attribute that it does not have, too."""
    try:
        if (project.folder / FILE).is_file():
            discovery_settings(project)
    except ProjectFaults as wrong:
        return list(wrong.faults)
    return []


def _fitted(
    rule: Rule | None, project: Project, known: Mapping[str, Subject], faults: Faults, *, own: bool
) -> Rule | None:
    """The rule with its values read; ours looks at what a project may not have, and is then left out."""
    if rule is None or (not own and not set(attributes_used(rule)) <= set(known)):
        return None
    return fit(rule, known, faults.found, currency=project.currency)


def _completed(
    found: tuple[DiscoverySettings, Mapping[str, Any]], ours: tuple[DiscoverySettings, Mapping[str, Any]]
) -> DiscoverySettings:
    """What the project wrote, and ours for the rest; wishes are joined variable by variable."""
    settings, written = found
    said = {each.name for each in fields(DiscoverySettings) if (each.metadata.get("key") or each.name) in written}
    kept = {name: getattr(settings, name) for name in said if name != "variables"}
    wishes = {**ours[0].variables, **settings.variables}
    return replace(ours[0], **kept, variables=wishes)


def _read(file: Path, faults: Faults) -> tuple[DiscoverySettings, Mapping[str, Any]] | None:
    node = read_yaml(file, FILE, faults)
    if node is None:
        return None

    def rule(written: Any, at: Place) -> Rule | None:
        known = len(faults.found)
        read = parse(plain(written), lambda path: place_by_path(written, path, at), faults.found)
        return read if len(faults.found) == known else None

    reader = Reader(FILE, faults, lambda text, at: None, rule)
    try:
        settings = reader.dataclass(DiscoverySettings, node, Place(FILE))
    except Wrong:
        return None
    for message in _wrong(settings):
        faults.add(Place(FILE), message)
    return settings, plain(node)


def _wrong(settings: DiscoverySettings) -> Iterator[str]:
    if not 2 <= settings.least <= settings.most <= 20:
        yield "from and to go from 2 up to 20 segments, from first."
    if not 0 <= settings.stability <= 1 or not 0 < settings.agreement.value <= 1:
        yield "stability and agreement lie between 0 and 1."
    if not 0 <= settings.smallest.value < settings.largest.value <= 1:
        yield "smallest and largest are shares of the customers, smallest first."
    if settings.least * settings.smallest.value > 1:
        yield f"{settings.least} segments of {settings.smallest.value:.0%} at least are more than everybody."
    if min(settings.sample, settings.people_per_segment, settings.resamples) < 2:
        yield "sample, people_per_segment and resamples are 2 or more."
    if any(wish.weight < 0 for wish in settings.variables.values()):
        yield "a weight is 0 or more."
