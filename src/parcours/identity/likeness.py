"""The pairs of customer records that are probably one person, kept from day to day.

What agreement weighs is learned once and kept until there is a tenth more records, or fewer, than it was learned
from. In between, only the pairs of records that are new or changed are weighed, by the weights that everybody else's
pairs have; all others stay as they were.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from parcours.engine import Draft, sql
from parcours.identity.cleaning import KNOWN
from parcours.identity.grouping import PAIRS
from parcours.identity.probabilistic import Model, suggest_links, suggest_links_of
from parcours.project import Project
from parcours.project.definitions import Matching

_QUERIES = sql.load(__package__, "renewal.sql")
SEED = 20
GROWTH = 0.1
TABLE = "likeness_pairs"


def pairs(draft: Draft, project: Project, *, model: str, anew: str | None) -> tuple[pa.Table, str]:
    """The pairs as `PAIRS`, and the model that gave them.

    Reads customer_records. `model` gave the pairs of the last version, which are in its table `likeness_pairs`;
    `anew` names a table of the records (record_id) that are new, changed or gone since; None: that is not known.
    """
    matching = project.identity.matching
    if matching is None:
        return PAIRS.empty_table(), ""
    records = draft.engine.arrow(
        exp.select(*dict.fromkeys(["record_id", *KNOWN, *matching.compare])).from_("customer_records")
    )
    known = Model.of_text(model) if model else None
    if known is None or anew is None or abs(records.num_rows - known.records) > GROWTH * known.records:
        made = suggest_links(
            records, matching=matching, seed=SEED, families=project.identity.households is not None, **_reach(project)
        )
        return _as_pairs(made.pairs, matching), made.model.text() if made.model else ""
    draft.read_previous(TABLE, "pairs_before")
    kept = draft.engine.arrow(_QUERIES["pairs_kept"].tables(anew=anew))
    changed = draft.engine.arrow(exp.select("record_id").from_(anew).order_by("record_id"))
    found = suggest_links_of(changed, records, model=known, matching=matching, **_reach(project))
    every = pa.concat_tables([kept.cast(PAIRS), _as_pairs(found, matching)])
    return every.sort_by([("left_record", "ascending"), ("right_record", "ascending")]), model


def _reach(project: Project) -> dict[str, Any]:
    return {
        "memory": project.engine.memory or "1GB",
        "threads": project.engine.threads or 0,
        "temporary": Path(project.warehouse) / "temporary" / "likeness",
    }


def _as_pairs(found: pa.Table, matching: Matching) -> pa.Table:
    joins = pc.cast(pc.greater_equal(found["probability"], matching.join_above), pa.int64())
    by = pa.array(["probabilistic"] * found.num_rows, pa.string())
    arrays = [found["left"], found["right"], by, found["probability"], found["weight"], found["evidence"], joins]
    return pa.table(arrays, schema=PAIRS)
