"""The identity room: from identifiers and customer records to persons, with the reasons."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, Protocol

from parcours.engine import Draft, sql
from parcours.identity import grouping, persons
from parcours.identity.grouping import STEPS, group
from parcours.model import CONTRACTS
from parcours.project import Project

READS = ("identifiers", "customer_records")
KEYS = {"identity_groups": ("record_id",), "identity_links": ("record_id", "kind", "value", "by")}
GROUPED = ("identity_groups", "identity_links", "refused_links", "review_pairs")
MEANING = 1  # raised when the code joins other records under the same settings


class Progress(Protocol):
    """Who is told how far the room is."""

    def __call__(self, room: str, done: int, total: int, note: str = "") -> None: ...


def resolve(draft: Draft, project: Project, *, progress: Progress) -> None:
    """Joins records into persons.

    Reads identifiers and customer_records; makes record_persons, persons, links, refused_links, review_pairs and
    person_changes. What is made of the same is taken over from the last version. Raises DecisionFault for a line of
    the links file that cannot be read.
    """
    made = _Grouping(draft, project, progress)
    for name in GROUPED:
        draft.put(name, lambda name=name: made.query(name), reads=READS, settings=_settings(project))  # type: ignore[misc]
    if _unchanged(draft):
        for name in persons.MADE:
            draft.carry(name)
    else:
        persons.build(draft, project.identity.households)
    draft.engine.forget(*grouping.WORK, *persons.WORK)
    progress("identity", len(STEPS) + 1, len(STEPS) + 1)


class _Grouping:
    """The queries of the tables of groups; the work is done once, at the first one asked for."""

    def __init__(self, draft: Draft, project: Project, progress: Progress) -> None:
        self._draft, self._project, self._progress = draft, project, progress
        self._queries: dict[str, sql.Query] = {}

    def query(self, name: str) -> sql.Query:
        if not self._queries:
            self._queries = group(self._draft.engine, self._project, step=self._step)
        order = CONTRACTS[name].key if name in CONTRACTS else KEYS[name]
        return self._draft.fitted(name, self._queries[name], order)

    def _step(self, number: int) -> None:
        self._progress("identity", number, len(STEPS) + 1, STEPS[number])


def _unchanged(draft: Draft) -> bool:
    """Whether the groups and the last version's persons are those of before."""
    before = [draft.previous(name) for name in (*GROUPED[:2], *persons.MADE)]
    return all(before) and all(draft.table(name) == draft.previous(name) for name in GROUPED[:2])


def _settings(project: Project) -> list[Any]:
    """What decides, besides the tables, which records are joined."""
    identity = project.identity
    file = project.folder / identity.links_file if identity.links_file else None
    decided = hashlib.sha256(file.read_bytes()).hexdigest() if file else None
    return [MEANING, decided, _without_places(asdict(identity))]


def _without_places(value: Any) -> Any:
    """A definition without the lines it was written on: moving it in its file changes nothing."""
    if isinstance(value, dict):
        return {key: _without_places(each) for key, each in value.items() if key not in ("place", "labels_file")}
    return [_without_places(each) for each in value] if isinstance(value, (list, tuple)) else value
