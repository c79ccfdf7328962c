"""Which records are of one customer: by identifiers, then by hand and by likeness, then cut where two people met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import product

import pyarrow as pa

from parcours.engine import Engine, sql
from parcours.identity import graph, usable
from parcours.identity.decisions import FORCE, Decision
from parcours.identity.rules import LARGEST_PERSON, Kind, known_below
from parcours.identity.splitting import Split, Tie, split
from parcours.project import Project

_QUERIES = sql.load(__package__, "grouping.sql")

WORK = (
    "usable", "refused", "refused_by_guard", "kind_ranks", "records", "descriptions", "record_groups", "hubs",
    "hubs_found", "deterministic_links", "pairs", "all_links", "mixed", "wanted", "cut", "refused_ties", "forbidden",
)  # fmt: skip
CERTAIN = 100.0  # what a person's decision weighs
PAIRS = pa.schema([
    ("left_record", pa.int64()), ("right_record", pa.int64()), ("by", pa.string()), ("probability", pa.float64()),
    ("weight", pa.float64()), ("evidence", pa.string()), ("joins", pa.int64()),
])  # fmt: skip
CUT = pa.schema([("record_id", pa.int64()), ("group_id", pa.int64())])
REFUSED = pa.schema([
    ("record_id", pa.int64()), ("kind", pa.string()), ("value", pa.string()), ("rule", pa.string()),
    ("detail", pa.string()),
])  # fmt: skip


def group(engine: Engine, project: Project, kinds: list[Kind], forbids: list[Decision]) -> dict[str, sql.Query]:
    """Joins records into groups. Gives the queries of the tables it makes, by name.

    Reads identifiers, customer_records, `pairs` (as `PAIRS`, by hand or by likeness) and `hubs` (values that are known
    to join nobody). `forbids` names records that must stay apart.
    """
    usable.prepare(engine, project.identity, kinds)
    graph.join(engine, project.identity, kinds)
    _relabel(engine)
    engine.temp("all_links", _QUERIES["all_links"])
    _cut(engine, forbids)
    return {
        "identity_groups": _QUERIES["groups"].bind(known_below=known_below(project.identity)),
        "identity_links": _QUERIES["kept_links"],
        "identity_hubs": sql.parse("SELECT kind, value, spare FROM hubs_found"),
        "refused_links": _QUERIES["refused"],
        "review_pairs": _QUERIES["review"],
    }


def forced(decided: list[Decision]) -> pa.Table:
    """The pairs that were joined by hand, as `PAIRS`."""
    why: dict[tuple[int, int], str] = {}
    for each in decided:
        left, right = sorted(each.edge)
        if each.do == FORCE and left != right:
            why.setdefault((left, right), each.why)
    rows = [(*edge, "forced", 1.0, CERTAIN, reason, 1) for edge, reason in sorted(why.items())]
    return _table(rows, PAIRS)


def _relabel(engine: Engine) -> None:
    engine.register("joined", engine.components(_QUERIES["edges"]))
    _replace(engine, _QUERIES["relabelled"])
    engine.forget("joined")


def _replace(engine: Engine, query: sql.Query) -> None:
    """Makes `record_groups` anew from itself."""
    engine.temp("record_groups_next", query)
    engine.temp("record_groups", "SELECT record_id, group_id FROM record_groups_next")
    engine.forget("record_groups_next")


# --- where two people met -------------------------------------------------------------------------------------------


def _cut(engine: Engine, forbids: list[Decision]) -> None:
    """Cuts the groups that hold two people; makes `refused_ties` and `forbidden`."""
    mixed = sorted({*_forbidden_groups(engine, forbids), *_crowded(engine)})
    engine.register("mixed", _table([(group,) for group in mixed], pa.schema([("group_id", pa.int64())])))
    members, described, ties = _of_mixed(engine)
    cuts = {
        group: split(
            members[group], ties[group], [(each.left_records, each.right_records) for each in forbids],
            customer_records=described, largest=LARGEST_PERSON,
        )
        for group in mixed
    }  # fmt: skip
    engine.register("cut", _table(_new_groups(cuts.values()), CUT))
    engine.register("refused_ties", _table(_refused(cuts.values()), REFUSED))
    _replace(engine, _QUERIES["split"])
    engine.register("forbidden", _table(_forbidden(forbids), pa.schema([PAIRS.field(0), PAIRS.field(1)])))


def _forbidden_groups(engine: Engine, forbids: list[Decision]) -> set[int]:
    """The groups in which both sides of a forbidden pair are."""
    wanted = {record for each in forbids for record in (*each.left_records, *each.right_records)}
    engine.register("wanted", _table([(record,) for record in sorted(wanted)], pa.schema([("record_id", pa.int64())])))
    of = {row["record_id"]: row["group_id"] for row in engine.rows(_QUERIES["groups_of"])}
    return {
        group for each in forbids for group in {of[r] for r in each.left_records} & {of[r] for r in each.right_records}
    }


def _crowded(engine: Engine) -> set[int]:
    return {row["group_id"] for row in engine.rows(_QUERIES["crowded"].bind(largest=LARGEST_PERSON))}


def _of_mixed(engine: Engine) -> tuple[dict[int, list[int]], set[int], dict[int, list[Tie]]]:
    members, ties = defaultdict(list), defaultdict(list)
    described = set()
    for row in engine.rows(_QUERIES["members"]):
        members[row["group_id"]].append(row["record_id"])
        if row["described"]:
            described.add(row["record_id"])
    for row in engine.rows(_QUERIES["ties"]):
        ties[row["group_id"]].append(Tie(row["rank"], row["kind"], row["value"], row["record_id"]))
    return members, described, ties


def _new_groups(cuts: Iterable[Split]) -> list[tuple[int, int]]:
    return sorted(pair for cut in cuts for pair in cut.groups.items())


def _refused(cuts: Iterable[Split]) -> list[tuple[int, str, str, str, None]]:
    return sorted((tie.record, tie.kind, tie.value, why, None) for cut in cuts for tie, why in cut.refused.items())


def _forbidden(forbids: list[Decision]) -> list[tuple[int, int]]:
    pairs = (pair for each in forbids for pair in product(each.left_records, each.right_records))
    return sorted({(min(pair), max(pair)) for pair in pairs})


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:  # type: ignore[type-arg]
    return pa.Table.from_arrays([pa.array([row[at] for row in rows], field.type) for at, field in enumerate(schema)],
                                schema=schema)  # fmt: skip
