"""A small warehouse whose segments are worked out day after day, from tables given as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa

from parcours import rules, segments
from parcours.engine import Draft, Engine, Version, Warehouse
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Place, Title
from parcours.project.definitions import EngineSettings, Identity, Project, Segment
from parcours.rules import Subject

Rows = Iterable[Mapping[str, Any]]
SUBJECTS = {
    "known": Subject("known", "boolean"),
    "spend": Subject("spend", "integer", "money", Title.of({"en": "Spend", "fr": "Dépense"})),
    "last_order": Subject("last_order", "date", "", Title.of({"en": "Last order", "fr": "Dernière commande"})),
    "city": Subject("city", "text"),
    **{name: subject for name, subject in rules.columns_of("stages").items() if name != "person_id"},
}


def project(folder: Path, who: Mapping[str, Any], *, languages: tuple[str, ...] = ("en", "fr")) -> Project:
    """A project with these segments, each given as its rule would be written in YAML."""
    at = Place("segments/all.yaml", 1)
    made = {}
    for name, node in who.items():
        faults: list[Any] = []
        rule = rules.parse(node, lambda path: at, faults)
        assert rule is not None, faults
        fitted = rules.fit(rule, SUBJECTS, faults, currency="EUR", segments=who)
        assert not faults, faults
        made[name] = Segment(name=name, title=Title.of(name.capitalize()), who=fitted, place=at)
    return Project(
        folder=folder,
        name="shop",
        title=Title.of("Shop"),
        currency="EUR",
        zone="Europe/Paris",
        country="FR",
        languages=languages,
        engine=EngineSettings(),
        warehouse=folder / "warehouse",
        state=folder / "state",
        keep_versions=3,
        as_of="today",
        week_starts="monday",
        exchange_rates=(),
        profiles_anonymous=False,
        notice=None,
        sources={},
        identity=Identity(place=Place("identity.yaml", 1)),
        attributes={},
        subjects=SUBJECTS,
        segments=made,
        audiences={},
        tests={},
        place=Place("parcours.toml", 1),
    )


@dataclass
class World:
    """A warehouse in a folder."""

    folder: Path
    engine: Engine
    made: list[str] = field(default_factory=list)

    def run(self, day: date, of: Project, **tables: Any) -> bool:
        """Gives the tables as they are on a day, works the segments out and publishes; whether anything changed.

        `profiles` rows need a person_id; persons are made of them where none are given.
        """
        with Warehouse(self.folder / "warehouse", self.engine).draft(now=datetime.combine(day, time(12), UTC)) as draft:
            self._given(draft, tables)
            segments.evaluate(draft, of, as_of=day, progress=lambda *_: None)
            self.made = draft.made
            for name in draft.base.tables if draft.base else ():  # as the corridor does with what no room made
                if not draft.has(name):
                    draft.carry(name)
            if draft.unchanged():
                return False
            draft.publish({"as_of": str(day)})
            return True

    def version(self) -> Version:
        """The newest published version."""
        found = Warehouse(self.folder / "warehouse", self.engine).current()
        assert found is not None
        return found

    def rows(self, table: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """A table's rows as tuples of some columns, sorted."""
        with self.version() as version:
            version.read(table)
            found = version.engine.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}")
        return sorted(tuple(row[column] for column in columns) for row in found)

    def _given(self, draft: Draft, tables: Mapping[str, Any]) -> None:
        profiles = [{"known": True, **row} for row in tables.get("profiles", ())]
        columns = {"person_id": "integer"} | {n: s.type for n, s in SUBJECTS.items() if n not in _STAGED}
        columns |= tables.get("columns", {})  # of another type than the usual, or none of the usual
        activities = {name for row in profiles for name in row} - set(columns)
        given = {"persons": [_person(row["person_id"]) for row in profiles], **tables}
        given.pop("columns", None)
        for name, rows in given.items():
            contract = columns | dict.fromkeys(activities, "integer") if name == "profiles" else CONTRACTS[name].columns
            filled = profiles if name == "profiles" else list(rows)
            table = pa.Table.from_pylist([dict(row) for row in filled], schema(contract))
            draft.put(name, lambda table=table: table, settings=table.to_pylist())


_STAGED = CONTRACTS["stages"].columns


def _person(number: int, merged_into: int | None = None) -> dict[str, Any]:
    return {"person_id": number, "known": True, "records": 1, "merged_into": merged_into}


def merged(number: int, into: int) -> dict[str, Any]:
    """A person whose place another took."""
    return _person(number, into)


def living(number: int) -> dict[str, Any]:
    """A person."""
    return _person(number)
