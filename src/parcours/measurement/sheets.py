"""The figures of segment sheets: what sets a discovered segment apart from everybody, what it is worth, what to do.

Everything is counted for the segments and for their base at once, in the engine: `sheet_members` holds each member
under their segment and under an empty name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlglot import exp, select

from parcours.engine import Version, sql
from parcours.measurement import levers, priorities
from parcours.measurement.figures import Change, share
from parcours.measurement.levers import LeverFigure
from parcours.measurement.priorities import Priority, Standing
from parcours.measurement.window import Window, month
from parcours.model import discovery  # noqa: F401  (importing the noun registers its tables)
from parcours.model.value import Place, Title
from parcours.project.definitions import Project
from parcours.rules import Moment, fit, in_words, parse
from parcours.rules.rule import AnyOf

Row = dict[str, Any]

BASE = ""
READS = ("discovered_segments", "discovered_members", "discovered_moves", "profiles", "stages", "orders",
         "order_lines", "products", "record_persons", "events", "survey_answers", "person_values")  # fmt: skip
NUMBERS = ("integer", "number", "boolean")
STAGES = ("new", "active", "loyal", "cooling", "sleeping", "lost")
# An attribute is told when it is so much more or less than in the base; and not of fewer people than this.
APART = 1.15
FEWEST = 30
MOST_VALUES = 40  # an attribute of more different words (a city, a postcode) is told by its commonest
TOLD = 6
# Attributes that say who people are rather than what they buy: the kinds of attribute that read customer records.
DECLARED = "customer_records."


@dataclass(frozen=True)
class Trait:
    """An attribute of a segment beside the base: the mean (a share for yes-or-no), and how many times the base's."""

    name: str
    title: Title | None
    unit: str  # money (minor units), share, days or nothing
    value: float
    base: float
    yes_no: bool = False

    @property
    def index(self) -> float | None:
        """How many times the base's: 1.5 is half as much again."""
        return self.value / self.base if self.base else None


@dataclass(frozen=True)
class Part:
    """A part of a segment beside the same part of the base: a channel, a category, a stage of life, an age."""

    code: str
    share: float
    base: float
    count: int = 0
    attribute: str = ""
    title: Title | None = None

    @property
    def index(self) -> float | None:
        """How many times the base's share."""
        return self.share / self.base if self.base else None


@dataclass(frozen=True)
class Flow:
    """People who came from, or went to, another segment; None is no segment. `redrawn` of them did not change."""

    other: str | None
    title: Title | None
    people: int
    redrawn: int


@dataclass(frozen=True)
class Kpi:
    """A figure of a segment, the base's, and whether it is a share, money or a number."""

    code: str
    value: float | None
    base: float | None
    unit: str = "share"


@dataclass(frozen=True)
class SheetFigures:
    """Everything the sheet of one segment says. Money is minor units; shares are between 0 and 1."""

    segment: str
    title: Title | None
    named_by: tuple[tuple[Trait, bool], ...]  # what it may be called by while nobody has named it; whether it is more
    as_of: date
    project: Title
    currency: str
    people: int
    base_people: int
    revenue: Change
    base_revenue: int
    ways: tuple[Title, ...]  # who is in it, in words: any of these
    caught: float
    right: float
    born: date
    more: tuple[Trait, ...] = ()
    less: tuple[Trait, ...] = ()
    declared: tuple[Part, ...] = ()
    channels: tuple[Part, ...] = ()
    tastes: tuple[Part, ...] = ()
    life: tuple[Part, ...] = ()
    months: tuple[tuple[date, int], ...] = ()
    kpis: tuple[Kpi, ...] = ()
    foreseen: int | None = None
    entered: tuple[Flow, ...] = ()
    left: tuple[Flow, ...] = ()
    moved_since: date | None = None
    levers: tuple[LeverFigure, ...] = ()
    priority: Priority | None = None
    titles: Mapping[str, Title | None] | None = None  # of all segments, by name
    place: int = 1
    among: int = 1

    @property
    def weight(self) -> float | None:
        """Its share of the base."""
        return share(self.people, self.base_people)

    @property
    def revenue_weight(self) -> float | None:
        """Its share of what the base bought in twelve months."""
        return share(self.revenue.now or 0, self.base_revenue)


def figures(version: Version, project: Project) -> list[SheetFigures]:
    """The sheet of every discovered segment, in the order of their names; none where nothing has been discovered."""
    if not version.has("discovered_segments") or not version.table("discovered_segments").rows:
        return []
    counted = _Counted(version, project)
    try:
        return counted.sheets()
    finally:
        version.engine.forget("sheet_members", "sheet_buyers")


class _Counted:
    """The counts of all segments, asked for once."""

    def __init__(self, version: Version, project: Project) -> None:
        self.version, self.project, self.engine = version, project, version.engine
        self.window = Window(date.fromisoformat(version.run["as_of"]))
        version.read(*READS)
        self.engine.temp("sheet_members", _QUERIES["members"])
        self.engine.temp("sheet_buyers", self._bound("buyers"))
        self.columns = version.table("profiles").columns
        self.found = sorted(self.ask("segments"), key=lambda row: int(row["segment"][1:]))
        self.names = [row["segment"] for row in self.found]
        self.titles = {row["segment"]: _title(row["title"]) for row in self.found}

    def sheets(self) -> list[SheetFigures]:
        sizes = self.by_segment("sizes")
        known = self.window.comparable(sizes[BASE]["first_day"])
        life, months = self._life(), self._months()
        channels, tastes = self._parts("channels"), self._parts("tastes")
        traits, declared, kpis = self._traits(), self._declared(), self._kpis(sizes, known)
        since, entered, left = self._moves()
        moved = levers.count(self.version, self.project, Moment.of(self.window.as_of, self.project.zone))
        ranked = self._priorities(sizes)
        foreseen = self.by_segment("foreseen")
        called = _told_apart(
            {row["segment"]: _naming(traits.get(row["segment"], []), json.loads(row["centre"])) for row in self.found}
        )
        return [
            SheetFigures(
                segment=name,
                title=self.titles[name],
                named_by=called[name],
                as_of=self.window.as_of,
                project=self.project.title,
                currency=self.project.currency,
                people=sizes[name]["people"],
                base_people=sizes[BASE]["people"],
                revenue=Change(sizes[name]["revenue"], sizes[name]["revenue_before"] if known else None),
                base_revenue=sizes[BASE]["revenue"],
                ways=self._ways(row["rule"]),
                caught=row["caught"],
                right=row["right_"],
                born=row["born"],
                more=_most(traits.get(name, []), more=True),
                less=_most(traits.get(name, []), more=False),
                declared=_apart(declared.get(name, [])),
                channels=tuple(channels.get(name, ())),
                tastes=_tastes(tastes.get(name, [])),
                life=tuple(life.get(name, ())),
                months=months.get(name, ()),
                kpis=kpis.get(name, ()),
                foreseen=foreseen[name]["money"] if name in foreseen else None,
                entered=entered.get(name, ()),
                left=left.get(name, ()),
                moved_since=since,
                levers=moved.get(name, ()),
                priority=ranked.get(name),
                titles=self.titles,
                place=place,
                among=len(self.found),
            )
            for place, (name, row) in enumerate(zip(self.names, self.found), start=1)
            if name in sizes
        ]

    def _bound(self, name: str) -> sql.Query:
        quarter = self.window.as_of - timedelta(days=90)
        after = self.window.as_of + timedelta(days=1)
        return _QUERIES[name].bind(**self.window.bounds, quarter_start=quarter, after=after)

    def ask(self, name: str) -> list[Row]:
        return self.engine.rows(self._bound(name))

    def by_segment(self, name: str) -> dict[str, Row]:
        return {row["segment"]: row for row in self.ask(name)}

    def _ways(self, written: str) -> tuple[Title, ...]:
        """The ways into a segment, in words of both languages."""
        read = parse(json.loads(written), lambda path: Place(""), [])
        if read is None:
            return ()
        fitted = fit(read, self.project.subjects, [], currency=self.project.currency)
        titles = {name: subject.title for name, subject in self.project.subjects.items() if subject.title}
        ways = fitted.rules if isinstance(fitted, AnyOf) else (fitted,)
        return tuple(Title({language: in_words(way, language, titles) for language in ("en", "fr")}) for way in ways)

    # -- what sets them apart

    def _traits(self) -> dict[str, list[Trait]]:
        """The mean of every number and yes-or-no of the profile, by segment, beside the base's."""
        subjects = [
            one for name, one in self.project.subjects.items()
            if self.columns.get(name) in NUMBERS and name in self.project.attributes
        ]  # fmt: skip
        means = [
            exp.alias_(exp.Avg(this=exp.cast(exp.column(one.name, "p", quoted=True), "double")), f"mean_{n}")
            for n, one in enumerate(subjects)
        ]
        query = select("m.segment", *means).from_("sheet_members AS m")
        query = query.join("profiles AS p", on="p.person_id = m.person_id").group_by("m.segment")
        rows = {row["segment"]: row for row in self.engine.rows(query)} if subjects else {}
        base = rows.pop(BASE, {})
        return {
            name: [
                Trait(
                    one.name,
                    one.title,
                    "share" if one.type == "boolean" else one.unit,
                    row[key],
                    base[key],
                    one.type == "boolean",
                )
                for n, one in enumerate(subjects)
                for key in [f"mean_{n}"]
                if row[key] is not None and base[key] is not None
            ]
            for name, row in rows.items()
        }

    def _declared(self) -> dict[str, list[Part]]:
        """The words people declared (gender, language, size of household), each with its share beside the base's."""
        found: dict[str, list[Part]] = {}
        for name, attribute in self.project.attributes.items():
            told = str(getattr(attribute.kind, "of", ""))
            if self.columns.get(name) != "text" or not told.startswith(DECLARED):
                continue
            column = exp.column(name, "p", quoted=True)
            query = select("m.segment", exp.alias_(column, "code"), "count(*) AS count").from_("sheet_members AS m")
            query = query.join("profiles AS p", on="p.person_id = m.person_id")
            rows = self.engine.rows(
                query.where(exp.Not(this=exp.Is(this=column.copy(), expression=exp.null()))).group_by(
                    "m.segment", column.copy()
                )
            )
            if len({row["code"] for row in rows}) <= MOST_VALUES:
                for segment, parts in self._shares(rows, attribute=name, title=attribute.title).items():
                    found.setdefault(segment, []).extend(parts)
        return found

    # -- where, what, when

    def _parts(self, name: str) -> dict[str, list[Part]]:
        return self._shares(self.ask(name))

    def _shares(self, rows: Sequence[Row], *, attribute: str = "", title: Title | None = None) -> dict[str, list[Part]]:
        """Counts as shares of each segment, beside the same shares of the base; the largest first."""
        whole: dict[str, int] = {}
        for row in rows:
            whole[row["segment"]] = whole.get(row["segment"], 0) + row["count"]
        base = {row["code"]: row["count"] / whole[BASE] for row in rows if row["segment"] == BASE}
        held = {(row["segment"], row["code"]): row["count"] for row in rows}
        return {
            segment: sorted(
                (
                    Part(str(code), held.get((segment, code), 0) / count, theirs, held.get((segment, code), 0),
                         attribute, title)
                    for code, theirs in base.items()
                ),
                key=lambda part: (-part.share, part.code),
            )
            for segment, count in whole.items()
            if segment != BASE and count
        }  # fmt: skip

    def _life(self) -> dict[str, list[Part]]:
        found = self._shares(self.ask("life"))
        return {name: sorted(parts, key=lambda part: STAGES.index(part.code)) for name, parts in found.items()}

    def _months(self) -> dict[str, tuple[tuple[date, int], ...]]:
        """What each segment bought in each month that is over."""
        sold: dict[str, dict[int, int]] = {}
        for row in self.ask("months"):
            of = sold.setdefault(row["segment"], {})
            of[row["month"]] = of.get(row["month"], 0) + row["revenue"]
        months = sorted(n for n in {n for of in sold.values() for n in of} if n <= self.window.last_month)
        shown = range(months[0], months[-1] + 1) if months else range(0)
        return {name: tuple((month(n), of.get(n, 0)) for n in shown) for name, of in sold.items()}

    def _kpis(self, sizes: Mapping[str, Row], known: bool) -> dict[str, tuple[Kpi, ...]]:
        visits, answers = self.by_segment("conversion"), self.by_segment("recommend")

        def told(row: Row, name: str) -> dict[str, float | None]:
            seen, said = visits.get(name), answers.get(name)
            return {
                "repeat": share(row["repeated"], row["active"]),
                "stayed": share(row["stayed"], row["active_before"])
                if known and row["active_before"] >= FEWEST
                else None,
                "basket": share(row["revenue"], row["orders"]),
                "orders": share(row["orders"], row["people"]),
                "spend": share(row["revenue"], row["people"]),
                "conversion": share(seen["bought"], seen["visited"]) if seen else None,
                "nps": share(said["promoters"] - said["detractors"], said["answers"]) if said else None,
            }

        base = told(sizes[BASE], BASE)
        return {
            name: tuple(
                Kpi(code, value, base[code], _UNITS.get(code, "share"))
                for code, value in told(row, name).items()
                if value is not None
            )
            for name, row in sizes.items()
        }

    def _moves(self) -> tuple[date | None, dict[str, tuple[Flow, ...]], dict[str, tuple[Flow, ...]]]:
        """Who came into and went out of each segment since the run before, most first."""
        rows = [row for row in self.ask("moves") if row["before"] != row["after"]]
        since = next((row["since"] for row in rows), None)

        def flows(name: str, here: str, there: str) -> tuple[Flow, ...]:
            found = [row for row in rows if row[here] == name]
            found.sort(key=lambda row: (-row["people"], row[there] or ""))
            return tuple(
                Flow(row[there], self.titles.get(row[there] or ""), row["people"], row["redrawn"]) for row in found
            )

        entered = {name: flows(name, "after", "before") for name in self.names}
        return since, entered, {name: flows(name, "before", "after") for name in self.names}

    def _priorities(self, sizes: Mapping[str, Row]) -> dict[str, Priority]:
        late: dict[str, int] = {}
        for row in self.ask("life"):
            if row["code"] in priorities.LATE:
                late[row["segment"]] = late.get(row["segment"], 0) + row["revenue"]
        standings = [
            Standing(name, sizes[name]["people"], sizes[name]["revenue"], late.get(name, 0))
            for name in self.names
            if name in sizes
        ]
        return priorities.priorities(standings, priorities.overrulings(self.project))


_UNITS = {"basket": "money", "spend": "money", "orders": "number", "nps": "points"}


def _title(written: str | None) -> Title | None:
    return Title(json.loads(written)) if written else None


def _distance(trait: Trait) -> float:
    """How far a mean is from the base's, between 0 (the same) and 1, whichever is larger."""
    high, low = max(trait.value, trait.base), min(trait.value, trait.base)
    return (high - low) / high if high > 0 and low >= 0 else 0.0


def _naming(traits: Sequence[Trait], centre: Mapping[str, float]) -> tuple[tuple[Trait, bool], ...]:
    """The attributes on whose scales the middle of the segment lies farthest from that of everybody, farthest first."""
    by_name = {one.name: one for one in traits}
    found: dict[str, tuple[Trait, bool]] = {}
    for name in sorted((name for name in centre if name in by_name), key=lambda name: (-abs(centre[name]), name)):
        found.setdefault(family(name), (by_name[name], centre[name] > 0))
    return tuple(found.values())


def _told_apart(names: Mapping[str, tuple[tuple[Trait, bool], ...]]) -> dict[str, tuple[tuple[Trait, bool], ...]]:
    """Two attributes a segment, and as many more as it takes that no two segments are called the same."""
    said = {name: [(trait.name, more) for trait, more in told] for name, told in names.items()}

    def needed(name: str) -> int:
        same = [other for other in said if other != name and said[other][:2] == said[name][:2]]
        longest = len(said[name])
        return next((n for n in range(2, longest) if all(said[o][:n] != said[name][:n] for o in same)), longest)

    return {name: told[: needed(name)] for name, told in names.items()}


def _most(traits: Sequence[Trait], *, more: bool) -> tuple[Trait, ...]:
    """What it has most above (or below) the base; of attributes that only differ in their time, the first."""
    apart = [one for one in traits if one.index is not None and one.index >= 0]
    apart = [one for one in apart if (one.index >= APART if more else one.index <= 1 / APART)]  # type: ignore[operator]
    apart.sort(key=lambda one: (-_distance(one), one.name))
    found: dict[str, Trait] = {}
    for one in apart:
        found.setdefault(family(one.name), one)
    return tuple(found.values())[:TOLD]


def family(name: str) -> str:
    """An attribute's name without its time: orders_90d and orders_365d say one thing."""
    parts = [part for part in name.split("_") if not (part[:-1].isdigit() and part.endswith("d"))]
    return "_".join(parts).replace("_previous", "")


def _apart(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The declared words that are most above or below the base, of enough people."""
    told = [one for one in parts if one.count >= FEWEST and not 1 / APART < (one.index or 0) < APART]
    return tuple(sorted(told, key=lambda one: -abs(one.share - one.base))[:TOLD])


def _tastes(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The categories it spends most on, of which it buys more than the base."""
    told = [one for one in parts if one.share >= 0.005 and (one.index or 0) >= 1.03]
    return tuple(sorted(told, key=lambda one: (-(one.share - one.base), one.code))[:TOLD])


_QUERIES = sql.load(__package__, "sheets.sql")
