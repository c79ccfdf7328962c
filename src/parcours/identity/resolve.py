"""The identity room: from identifiers and customer records to persons, with the reasons."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import pyarrow as pa

from parcours.engine import Draft, fingerprint, sql
from parcours.identity import decisions, grouping, likeness, persons
from parcours.identity.decisions import FORBID, Decision
from parcours.identity.grouping import forced, group
from parcours.identity.renewal import Renewal
from parcours.identity.rules import Kind, ranked
from parcours.model import CONTRACTS
from parcours.project import Project

READS = ("identifiers", "customer_records")
# Beside the tables of the model, what the next run starts from: it is read by nobody else.
KEYS = {
    "identity_state": (),
    "likeness_pairs": ("left_record", "right_record"),
    "identity_groups": ("record_id",),
    "identity_hubs": ("kind", "value"),
}
GROUPED = (*KEYS, "refused_links", "review_pairs")
MEANING = 3  # raised when the code joins other records under the same settings
STEPS = ("decisions", "likeness", "identifiers", "persons")


class Progress(Protocol):
    """Who is told how far the room is."""

    def __call__(self, room: str, done: int, total: int, note: str = "") -> None: ...


@dataclass(frozen=True)
class State:
    """What a version's groups were made by: the settings, and the model of likeness as it was learned."""

    settings: str
    model: str

    @classmethod
    def last(cls, draft: Draft) -> State | None:
        """That of the last published version."""
        if not draft.previous("identity_state"):
            return None
        draft.read_previous("identity_state", "state_before")
        return cls(**draft.engine.rows("SELECT settings, model FROM state_before")[0])


def resolve(draft: Draft, project: Project, *, progress: Progress) -> None:
    """Joins records into persons.

    Reads identifiers and customer_records; makes record_persons, persons, links, refused_links, review_pairs and
    person_changes. What is made of the same is taken over from the last version, and of a large shop only the records
    that a change may reach are grouped again. Raises DecisionFault for a line of the links file that cannot be read.
    """
    draft.read(*READS)
    seen = [row["kind"] for row in draft.engine.rows("SELECT DISTINCT kind FROM identifiers ORDER BY kind")]
    kinds = ranked(project.identity, seen)
    settings = fingerprint([MEANING, [kind.name for kind in kinds], *_settings(project)])
    state = State.last(draft)
    before = state if state and state.settings == settings else None
    if before and all(draft.table(name) == draft.previous(name) for name in READS):
        for name in (*GROUPED, *persons.MADE):
            draft.carry(name)
    else:
        _resolve(_Grouping(draft, project, kinds, settings, before, progress))
    progress("identity", len(STEPS), len(STEPS))


def _resolve(made: _Grouping) -> None:
    draft = made.draft
    since = [table.fingerprint for name in (*GROUPED, *persons.MADE) if (table := draft.previous(name))]
    for name in GROUPED:
        reads = (*READS, "identity_groups") if name == "review_pairs" else READS
        draft.put(name, lambda name=name: made.rows(name), reads=reads, settings=[made.settings, since])  # type: ignore[misc]
    made.step("persons")
    persons.build(draft, made.project.identity.households, made.links, lambda: made.renewal)
    draft.engine.forget("identity_links", *grouping.WORK, *persons.WORK)
    if made.renewal:
        made.renewal.forget()


class _Grouping:
    """The rows of the tables of groups; the work is done once, at the first one asked for."""

    def __init__(
        self, draft: Draft, project: Project, kinds: list[Kind], settings: str, before: State | None, progress: Progress
    ) -> None:
        self.draft, self.project, self.settings = draft, project, settings
        self._kinds, self._before, self._progress = kinds, before, progress
        self._queries: dict[str, sql.Query] = {}
        self._state: State | None = None
        self._links = False
        self.renewal: Renewal | None = None

    def rows(self, name: str) -> sql.Query | pa.Table:
        """The rows of a table."""
        self._work()
        if name == "identity_state":
            assert self._state is not None
            return pa.table({"settings": [self._state.settings], "model": [self._state.model]})
        order = CONTRACTS[name].key if name in CONTRACTS else KEYS[name]
        return self.draft.fitted(name, self._queries[name], order)

    def links(self) -> None:
        """Makes `identity_links` readable: why records are in their group."""
        self._work()
        if not self._links:
            folder = self.draft.unfinished("identity_links")
            self.draft.engine.write(self._queries["identity_links"], folder)
            self.draft.engine.forget(*grouping.WORK)
            self.draft.engine.register("identity_links", sorted(folder.glob("*.parquet")))
            self._links = True

    def step(self, name: str) -> None:
        """Says what begins."""
        self._progress("identity", STEPS.index(name), len(STEPS), name)

    def _work(self) -> None:
        if self._queries:
            return
        self.step("decisions")
        engine, identity = self.draft.engine, self.project.identity
        decided = decisions.resolved(engine, _decisions(self.project))
        renewal = Renewal(self.draft, identity, self._kinds) if self._before else None
        known = renewal if renewal and renewal.found() else None
        self.step("likeness")
        alike, model = likeness.pairs(
            self.draft, self.project, model=self._before.model if self._before else "", anew="anew" if known else None
        )
        self._state = State(self.settings, model)
        engine.register("pairs", pa.concat_tables([forced(decided), alike]))
        self.step("identifiers")
        if known and known.spread({record for each in decided for record in _records(each)}):
            self.renewal = known
            known.restrict()
        else:
            self.draft.read(*READS)
            engine.temp("hubs", "SELECT '' AS kind, '' AS value WHERE FALSE")
        made = group(engine, self.project, self._kinds, [each for each in decided if each.do == FORBID])
        self._queries = self.renewal.patched(made) if self.renewal else made
        self._queries["likeness_pairs"] = sql.parse("SELECT * FROM pairs WHERE by = 'probabilistic'")


def _decisions(project: Project) -> list[Decision]:
    file = project.identity.links_file
    return decisions.read(project.folder / file) if file else []


def _records(decision: Decision) -> tuple[int, ...]:
    return (*decision.left_records, *decision.right_records)


def _settings(project: Project) -> list[Any]:
    """What decides, besides the tables, which records are joined."""
    identity = project.identity
    file = project.folder / identity.links_file if identity.links_file else None
    decided = hashlib.sha256(file.read_bytes()).hexdigest() if file else None
    return [decided, _without_places(asdict(identity))]


def _without_places(value: Any) -> Any:
    """A definition without the lines it was written on: moving it in its file changes nothing."""
    if isinstance(value, dict):
        return {key: _without_places(each) for key, each in value.items() if key not in ("place", "labels_file")}
    return [_without_places(each) for each in value] if isinstance(value, (list, tuple)) else value
