"""The work of `parcours segments discover`: reads the profiles, finds segments, places everybody, writes the tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from parcours.engine import Draft
from parcours.engine.types import schema
from parcours.model import CONTRACTS, discovery  # noqa: F401  (importing the noun registers its tables)
from parcours.project.definitions import Project
from parcours.rules import Moment
from parcours.rules.rule import plain
from parcours.segments.discovery import identity, tree
from parcours.segments.discovery.model import Model, Placing, TooLittle, learn, placing_of
from parcours.segments.discovery.people import NUMBERS, People
from parcours.segments.discovery.settings import DiscoverySettings
from parcours.segments.discovery.tree import Asked
from parcours.segments.discovery.variables import Variable

Progress = Callable[..., None]
Row = dict[str, Any]

MEANING = 1  # raised when the code finds otherwise under the same settings
TABLES = ("discovered_segments", "discovered_members", "discovered_moves", "discovered_choices", "discovered_variables")
# What a run is compared with: these tables of the last earlier day that was looked at.
COMPARED = ("discovered_segments", "discovered_members", "discovered_variables")
# By which of these, the first there is, segments are numbered.
WORTH = ("spend_365d", "spend", "orders_365d", "orders")
KIND = "discovered_segments"


def discover(draft: Draft, project: Project, *, as_of: date, settings: DiscoverySettings, progress: Progress) -> None:
    """Writes the five `discovered_*` tables: segments, members, moves since the run before, choices and variables.

    Reads `profiles` (every number and yes-or-no of it). Where too little is known, there are no segments and
    `discovered_choices` says what is missing. A second run for the same day gives the same tables.
    """
    room = _Room(draft, project, as_of, settings, progress)
    for name in TABLES:
        draft.drop(name)  # an earlier day's stands in `*_before`
        draft.declare(name)
        draft.put(name, partial(room.table, name), reads=room.reads, settings=room.recipe, partition=str(as_of))
    progress("discovery", 4, 4)


class _Room:
    """One run; it learns when the first of its tables is asked for."""

    def __init__(
        self, draft: Draft, project: Project, as_of: date, settings: DiscoverySettings, progress: Progress
    ) -> None:
        self.draft, self.project, self.as_of = draft, project, as_of
        self.settings, self.progress = settings, progress
        self.earlier = _earlier_day(draft, as_of)
        self.reads = ("profiles", *((f"{name}_before" for name in COMPARED) if self.earlier else ()))
        subjects = [[s.name, s.type, s.unit] for s in self._candidates()]
        self.recipe = [MEANING, str(as_of), project.currency, repr_of(settings), subjects]
        self._made: dict[str, pa.Table] = {}

    def table(self, name: str) -> pa.Table:
        """One of the tables; all are made at once."""
        if not self._made:
            self.draft.read(*self.reads)
            self._made = self._make()
        return self._made[name]

    def _candidates(self) -> list[Any]:
        columns = self.draft.table("profiles").columns
        wanted = self.settings.variables if self.settings.only_these else columns
        return [
            subject
            for name, subject in self.project.subjects.items()
            if name in columns and name in wanted and name in self.project.attributes and columns[name] in NUMBERS
        ]

    def _make(self) -> dict[str, pa.Table]:
        columns = self.draft.table("profiles").columns
        moment = Moment.of(self.as_of, self.project.zone)
        people = People(self.draft.engine, columns, self.settings.who, moment)
        subjects = {subject.name: subject for subject in self._candidates()}
        everybody, known = people.known(list(subjects))
        asked = {
            name: Asked(subject, 0.0, known[name][0] < everybody, (known[name][1] or 0) >= 0)
            for name, subject in subjects.items()
        }
        self.progress("discovery", 0, 4, "variables")
        before = self._before(columns)
        try:
            model = self._learn(people, asked, before)
        except TooLittle as too_little:
            return self._nothing(too_little)
        self.progress("discovery", 2, 4, "members")
        return _Told(self, model, before, asked).tables(people)

    def _learn(self, people: People, asked: dict[str, Asked], before: _Before | None) -> Model:
        sample = people.sample(list(asked), self.settings.sample, self.settings.seed)
        for name, column in sample.items():
            known = column[~np.isnan(column)]
            middle = float(np.median(known)) if known.size else 0.0
            asked[name] = replace(asked[name], middle=middle)
        self.progress("discovery", 1, 4, "segments")
        return learn(
            sample,
            self.settings,
            asked,
            before=len(before.names) if before else None,
            worth=next((name for name in WORTH if name in asked), None),
            currency=self.project.currency,
        )

    def _before(self, columns: Mapping[str, str]) -> _Before | None:
        if self.earlier is None:
            return None
        engine = self.draft.engine
        segments = engine.rows("SELECT * FROM discovered_segments_before ORDER BY segment")
        variables = engine.rows("SELECT * FROM discovered_variables_before ORDER BY variable")
        placing = placing_of(variables, segments)
        if placing is None or not set(placing.scales) <= set(columns):
            placing = None
        members = engine.arrow("SELECT person_id, segment FROM discovered_members_before ORDER BY person_id")
        return _Before(self.earlier, segments, placing, members)

    def _nothing(self, missing: TooLittle) -> dict[str, pa.Table]:
        row = {"segments": 0, "chosen": False, "why": missing.code, "needed": missing.needed, "found": missing.found}
        choices = [self._choice(each) for each in getattr(missing, "choices", ())]
        variables = [_variable(each) for each in getattr(missing, "variables", ())]
        made = {name: _table(name, []) for name in TABLES}
        made["discovered_choices"] = _table("discovered_choices", [{**row, "at": self.as_of}, *choices])
        made["discovered_variables"] = _table("discovered_variables", variables)
        return made

    def _choice(self, choice: Any) -> Row:
        return {**vars(choice), "at": self.as_of}


@dataclass(frozen=True)
class _Before:
    """What the run before found."""

    day: date
    segments: list[Row]
    placing: Placing | None
    members: pa.Table

    @property
    def names(self) -> list[str]:
        return [row["segment"] for row in self.segments]


class _Told:
    """The tables of one model."""

    def __init__(self, room: _Room, model: Model, before: _Before | None, asked: Mapping[str, Asked]) -> None:
        self.room, self.model, self.before, self.asked = room, model, before, asked

    def tables(self, people: People) -> dict[str, pa.Table]:
        placed = self._place(people)
        names = self._names(placed)
        self.room.progress("discovery", 3, 4, "moves")
        return {
            "discovered_segments": _table("discovered_segments", self._segments(placed, names)),
            "discovered_members": _members(placed, names),
            "discovered_moves": _table("discovered_moves", self._moves(placed, names)),
            "discovered_choices": _table("discovered_choices", [self.room._choice(c) for c in self.model.choices]),
            "discovered_variables": _table("discovered_variables", [_variable(v) for v in self.model.variables]),
        }

    def _place(self, people: People) -> _Placed:
        """Everybody's segment, by the centres, by the rules, and by the borders of the run before."""
        last = self.before.placing if self.before else None
        names = list(dict.fromkeys([*self.model.placing.scales, *(last.scales if last else ())]))
        persons, found, ruled, fits, old = [], [], [], [], []
        for person, columns in people.everybody(names):
            labels, fit = self.model.placing.of(columns)
            persons.append(person)
            found.append(labels.astype(np.int16))
            ruled.append(tree.placed(self.model.rules, columns).astype(np.int16))
            fits.append(fit.astype(np.float32))
            old.append(last.of(columns)[0].astype(np.int16) if last else np.full(len(person), -1, np.int16))
        order = np.argsort(np.concatenate(persons), kind="stable")
        return _Placed(
            np.concatenate(persons)[order],
            np.concatenate(found)[order],
            np.concatenate(ruled)[order],
            np.concatenate(fits)[order],
            np.concatenate(old)[order],
        )

    def _names(self, placed: _Placed) -> list[str]:
        """d1, d2 ...: names of the run before where a segment is the same."""
        if self.before is None or self.before.placing is None:
            return identity.named([None] * self.model.segments, self.before.names if self.before else [])
        shared = np.zeros((len(self.before.names), self.model.segments), np.int64)
        np.add.at(shared, (placed.old, placed.found), 1)
        return identity.named(identity.matched(shared, self.before.names), self.before.names)

    def _segments(self, placed: _Placed, names: Sequence[str]) -> list[Row]:
        born = {row["segment"]: row["born"] for row in self.before.segments} if self.before else {}
        titles = self.room.settings.names
        return [
            {
                "segment": name,
                "at": self.room.as_of,
                "born": born.get(name, self.room.as_of),
                "title": _json(dict(titles[name].words)) if name in titles else None,
                **_counted(placed, number),
                "rule": _json(tree.rule(self.model.rules, number, self.asked)),
                "centre": _json(dict(zip(self.model.placing.scales, self.model.placing.centres[number].tolist()))),
            }
            for name, number in sorted(zip(names, range(self.model.segments)), key=lambda pair: int(pair[0][1:]))
        ]

    def _moves(self, placed: _Placed, names: Sequence[str]) -> list[Row]:
        """Who went from where to where; null is no segment. People who stayed are told too: the table is a matrix."""
        if self.before is None:
            return []
        codes = {name: number for number, name in enumerate(self.before.names)}
        was = np.full(len(placed.person), -1, np.int64)
        members = self.before.members
        then = np.asarray(members.column("person_id").to_numpy(), np.int64)
        held = np.array([codes[name] for name in members.column("segment").to_pylist()], np.int64)
        at = np.searchsorted(then, placed.person)
        there = (at < len(then)) & (np.append(then, -1)[np.minimum(at, len(then))] == placed.person)
        was[there] = held[at[there]]
        rows = self._counted_moves(was, placed, names)
        gone = ~np.isin(then, placed.person)
        for code, people in zip(*np.unique(held[gone], return_counts=True)):
            rows.append({"before": self.before.names[code], "after": None, "people": int(people), "redrawn": 0})
        return [{**row, "since": self.before.day, "at": self.room.as_of} for row in rows]

    def _counted_moves(self, was: NDArray[Any], placed: _Placed, names: Sequence[str]) -> list[Row]:
        assert self.before is not None
        still = (placed.old == was) & (was >= 0)
        pairs, place, people = np.unique(
            np.column_stack([was, placed.found]), axis=0, return_inverse=True, return_counts=True
        )
        redrawn = np.bincount(place.ravel(), weights=still, minlength=len(pairs))
        told = [None, *self.before.names]
        return [
            {
                "before": told[old + 1],
                "after": names[new],
                "people": int(n),
                "redrawn": int(kept) if told[old + 1] != names[new] else 0,
            }
            for (old, new), n, kept in zip(pairs.tolist(), people, redrawn)
        ]


@dataclass(frozen=True)
class _Placed:
    """Everybody, by person: their segment, the one the rules say, how well they fit, the one of the borders before."""

    person: NDArray[np.int64]
    found: NDArray[np.int16]
    ruled: NDArray[np.int16]
    fit: NDArray[np.float32]
    old: NDArray[np.int16]


def _counted(placed: _Placed, number: int) -> Row:
    inside, ruled = placed.found == number, placed.ruled == number
    both = int((inside & ruled).sum())
    people, by_rule = int(inside.sum()), int(ruled.sum())
    return {
        "people": people,
        "share": people / len(placed.person),
        "rule_people": by_rule,
        "caught": both / people if people else 0.0,
        "right": both / by_rule if by_rule else 0.0,
    }


def _members(placed: _Placed, names: Sequence[str]) -> pa.Table:
    words = pa.array(names, pa.string())
    return pa.table(
        {
            "person_id": placed.person,
            "segment": words.take(pa.array(placed.found)),
            "by_rule": words.take(pa.array(placed.ruled)),
            "fit": np.round(placed.fit.astype(np.float64), 4),
        },
        schema=schema(CONTRACTS["discovered_members"].columns),
    )


def _variable(each: Variable) -> Row:
    return {
        "variable": each.name,
        "used": each.used,
        "why": each.why,
        "weight": each.wish.weight,
        "pull": each.pull if each.used else None,
        "asked_by": each.wish.asked_by,
        "because": each.wish.because,
        **{name: getattr(each, name) for name in
           ("known", "usual", "skew", "like", "likeness", "separation", "separation_gap")},
        "middle": each.scale.middle if each.scale else None,
        "scale": _json(each.scale.plain()) if each.scale and each.used else None,
    }  # fmt: skip


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    columns = schema(CONTRACTS[name].columns)
    return pa.Table.from_pylist([{column: row.get(column) for column in columns.names} for row in rows], schema=columns)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False)


def repr_of(settings: DiscoverySettings) -> list[Any]:
    """The settings as they decide what is found: places do not count."""
    wishes = [[n, w.weight, w.keep, w.asked_by, w.because] for n, w in settings.variables.items()]
    rest = {k: v for k, v in vars(settings).items() if k not in ("variables", "who", "names")}
    names = {key: dict(title.words) for key, title in settings.names.items()}
    return [plain(settings.who) if settings.who else None, repr(sorted(rest.items())), wishes, names]


def _earlier_day(draft: Draft, as_of: date) -> date | None:
    """Takes over the tables of the last earlier day that was looked at as `*_before`; gives that day, None without one.

    A day looked at again is compared with what it was compared with the first time, which the last version still has.
    """
    day, before = _day(draft, KIND), _day(draft, f"{KIND}_before")
    if day is not None and day < as_of:
        for name in COMPARED:
            _adopt(draft, name)
        return day
    if before is None or before >= as_of:
        return None
    for name in COMPARED:
        draft.carry(f"{name}_before")
    return before


def _day(draft: Draft, name: str) -> date | None:
    table = draft.previous(name)
    parts = list(table.parts) if table else []
    return date.fromisoformat(parts[0]) if len(parts) == 1 and table and table.rows else None


def _adopt(draft: Draft, name: str) -> None:
    table = draft.previous(name)
    draft.drop(f"{name}_before")
    for key, part in table.parts.items() if table else ():
        files = [draft.warehouse.folder / file for file in part.files]
        draft.adopt(f"{name}_before", key, files, fingerprint=part.fingerprint)
