"""What can be done for a segment and what it would bring: rules over the profile, declared in `levers.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlglot import exp, select

from parcours.engine import Version
from parcours.model import CONTRACTS
from parcours.model.kind import setting
from parcours.model.value import Fault, Place, Share, Title
from parcours.project.definitions import Project
from parcours.project.faults import Faults, ProjectFaults
from parcours.project.nodes import place_by_path, read_yaml
from parcours.project.reader import Reader, Wrong, plain
from parcours.rules import Moment, Rule, Subject, attributes_used, columns_of, fit, over_table, parse

FILE = "levers.yaml"
SHIPPED = Path(__file__).with_name(FILE)
MEMBERS = "sheet_members"


@dataclass(frozen=True, kw_only=True)
class Raise:
    """From where they are up to where a part of the segment begins."""

    attribute: str = setting(doc="What is raised.")
    to: Share = setting(Share(0.75), doc="The place in the segment up to which: 75 % is the upper quarter.")
    each: str | None = setting(None, doc="What a unit of it is worth: a money attribute, or how often it comes.")


@dataclass(frozen=True, kw_only=True)
class Like:
    """What other customers spend more."""

    rule: Rule = setting(doc="The customers whom one would resemble.")
    in_: str = setting(key="in", doc="The money attribute in which the difference is seen.")


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What one who follows brings in a year: one of the three."""

    add: str | None = setting(None, doc="As much as this attribute is on average in the segment.")
    raise_: Raise | None = setting(None, key="raise", doc="From where they are up to the segment's better part.")
    like: Like | None = setting(None, doc="What those for whom a rule holds spend more.")

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.add, self.raise_, self.like)) != 1:
            raise ValueError("a gain is one of add, raise and like")


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One thing that can be done for a segment."""

    title: Title = setting(doc="What people call it.")
    act: Title | None = setting(None, doc="What to do.")
    who: Rule = setting(doc="Whom it is for, among the segment.")
    reach: Share = setting(Share(0.1), doc="Which share of them is thought to follow.")
    gain: Gain = setting(doc="What one who follows brings in a year.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Levers:
    """All of levers.yaml."""

    levers: dict[str, Lever] = setting(default_factory=dict, doc="Levers by name.")


@dataclass(frozen=True)
class LeverFigure:
    """What a lever would bring to a segment: so many people, the share that follows, what each brings, all together."""

    name: str
    title: Title
    act: Title | None
    people: int
    reach: float
    each: float
    money: float


def levers(project: Project) -> dict[str, Lever]:
    """Our levers and the project's, those left out that look at what it does not have.

    Raises ProjectFaults when the project's levers.yaml is wrong.
    """
    faults = Faults()
    subjects = {**columns_of("stages"), **project.subjects}
    ours = _read(SHIPPED, Faults())
    own = _read(project.folder / FILE, faults) if (project.folder / FILE).is_file() else {}
    for lever in own.values():
        for name in sorted(_uses(lever) - set(subjects)):
            faults.unknown(lever.place, "attribute", name, subjects)
    fitted = {
        name: _fitted(lever, subjects, faults, project.currency)
        for name, lever in {**ours, **own}.items()
        if _uses(lever) <= set(subjects)
    }
    faults.stop()
    return fitted


def check(project: Project) -> list[Fault]:
    """What is wrong with a project's own levers.yaml, if it has one: an attribute that it does not have, too."""
    try:
        if (project.folder / FILE).is_file():
            levers(project)
    except ProjectFaults as wrong:
        return list(wrong.faults)
    return []


def _read(file: Path, faults: Faults) -> dict[str, Lever]:
    node = read_yaml(file, FILE, faults)
    if node is None:
        return {}

    def rule(written: Any, at: Place) -> Rule | None:
        known = len(faults.found)
        read = parse(plain(written), lambda path: place_by_path(written, path, at), faults.found)
        return read if len(faults.found) == known else None

    try:
        return Reader(FILE, faults, lambda text, at: None, rule).dataclass(Levers, node, Place(FILE)).levers
    except Wrong:
        return {}


def _uses(lever: Lever) -> set[str]:
    gain = lever.gain
    named = [gain.add]
    if gain.raise_ is not None:
        named += [gain.raise_.attribute, gain.raise_.each]
    if gain.like is not None:
        named += [gain.like.in_, *attributes_used(gain.like.rule)]
    return {*attributes_used(lever.who), *(name for name in named if name)}


def _fitted(lever: Lever, subjects: Mapping[str, Subject], faults: Faults, currency: str) -> Lever:
    who = fit(lever.who, subjects, faults.found, currency=currency)
    if lever.gain.like is None:
        return replace(lever, who=who)
    like = replace(lever.gain.like, rule=fit(lever.gain.like.rule, subjects, faults.found, currency=currency))
    return replace(lever, who=who, gain=replace(lever.gain, like=like))


def count(version: Version, project: Project, moment: Moment) -> dict[str, tuple[LeverFigure, ...]]:
    """What each lever would bring to each segment, most first. Reads `sheet_members`, `profiles` and `stages`."""
    columns = version.table("profiles").columns
    found: dict[str, list[LeverFigure]] = {}
    for name, lever in levers(project).items():
        if not _uses(lever) <= {*columns, *CONTRACTS["stages"].columns}:
            continue
        reader = _Reader(columns, moment)
        for row in version.engine.rows(reader.query(lever)):
            money = (row["people"] or 0) * lever.reach.value * (row["each"] or 0.0)
            if money > 0:
                figure = LeverFigure(name, lever.title, lever.act, row["people"], lever.reach.value, row["each"], money)
                found.setdefault(row["segment"], []).append(figure)
    return {segment: tuple(sorted(told, key=lambda one: -one.money)) for segment, told in found.items()}


class _Reader:
    """Levers as queries over the members, their profiles and their stages."""

    def __init__(self, columns: Mapping[str, str], moment: Moment) -> None:
        self.types = {**CONTRACTS["stages"].columns, **columns}
        self.profile = set(columns)
        self.moment = moment

    def column(self, name: str) -> exp.Expression:
        return exp.column(name, table="p" if name in self.profile else "s", quoted=True)

    def number(self, name: str) -> exp.Expression:
        """An attribute as a number, zero where unknown."""
        zero = exp.Literal.number("0e0")
        return exp.Coalesce(this=exp.cast(self.column(name), "double"), expressions=[zero])

    def holds(self, rule: Rule) -> exp.Expression:
        return over_table(rule, self.types, self.moment, column=self.column)

    def query(self, lever: Lever) -> exp.Select:
        """One row a segment: how many people it is for and what one of them would bring."""
        value, target = self._gain(lever.gain)
        rows = self.people("m.segment", exp.alias_(self.holds(lever.who), "meant"), *value)
        told = select("segment", exp.alias_(exp.column("meant", "r"), "meant"), *target).from_(rows.subquery("r"))
        people = "count(*) FILTER (WHERE t.meant AND t.gain > 0) AS people"
        each = "avg(t.gain) FILTER (WHERE t.meant AND t.gain > 0) AS each"
        return (
            select("t.segment", people, each).from_(told.subquery("t")).where("t.segment <> ''").group_by("t.segment")
        )

    def people(self, *chosen: exp.Expression | str) -> exp.Select:
        joined = select(*chosen).from_(f"{MEMBERS} AS m").join("profiles AS p", on="p.person_id = m.person_id")
        return joined.join("stages AS s", on="s.person_id = m.person_id", join_type="left")

    def _gain(self, gain: Gain) -> tuple[list[exp.Expression], list[exp.Expression | str]]:
        """What is read of each person, and the gain that makes beside their segment."""
        if gain.add is not None:
            return [exp.alias_(self.column(gain.add), "a")], ["avg(r.a) OVER (PARTITION BY r.segment) AS gain"]
        if gain.raise_ is not None:
            each = self.number(gain.raise_.each) if gain.raise_.each else exp.Literal.number("1e0")
            value = [exp.alias_(self.number(gain.raise_.attribute), "a"), exp.alias_(each, "worth")]
            place = exp.Literal.number(gain.raise_.to.value)
            upper = exp.Window(
                this=exp.Anonymous(this="percentile", expressions=[exp.column("a", "r"), place]),
                partition_by=[exp.column("segment", "r")],
            )
            distance = exp.paren(exp.Sub(this=upper, expression=exp.column("a", "r")), copy=False)
            return value, [exp.alias_(exp.Mul(this=distance, expression=exp.column("worth", "r")), "gain")]
        assert gain.like is not None
        value = [exp.alias_(self.number(gain.like.in_), "a"), exp.alias_(self.holds(gain.like.rule), "alike")]
        theirs = "avg(CASE WHEN r.alike AND r.segment = '' THEN r.a END) OVER ()"
        others = "avg(CASE WHEN NOT r.alike AND r.segment = '' THEN r.a END) OVER ()"
        return value, [f"{theirs} - {others} AS gain"]
