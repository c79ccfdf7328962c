"""Records of one person that no identifier joins: weighed by how alike they are, with the reasons to read.

The method is Fellegi and Sunter's (1969), as the Splink library has it: each column's agreement adds or takes weight,
a rare name more than a common one. Nothing is labelled by hand; see `training.py` for how the weights are learned.
"""

from __future__ import annotations

import logging
from math import log2
from pathlib import Path

import numpy as np
import pyarrow as pa

from parcours.engine.duckdb import DuckDB
from parcours.identity import blocking, cleaning, comparisons, evidence, relations, training
from parcours.identity.evidence import Evidence
from parcours.identity.relations import PERSON, Likely, Shares
from parcours.identity.scoring import Scorer
from parcours.project.definitions import Matching

log = logging.getLogger(__name__)

FEWEST_RECORDS = 20
FEWEST_COMPARISONS = 2
LEAST_WEIGHT = -8.0

SUGGESTED = pa.schema([
    ("left", pa.int64()), ("right", pa.int64()), ("probability", pa.float64()), ("weight", pa.float64()),
    ("evidence", pa.string()),
])  # fmt: skip


def suggest_links(
    records: pa.Table,
    *,
    matching: Matching,
    seed: int,
    families: bool = False,
    memory: str = "1GB",
    threads: int = 0,
    temporary: Path | None = None,
) -> pa.Table:
    """Pairs of customer records that are probably one person, with the probability and the reasons.

    `records` has record_id and any of first_name, last_name, birth_date, email, phone, street, street_number, city,
    postcode, state, country. `families` says that several people of one household are among the records; else
    they must show by their number that they are. Gives left < right, probability, weight (log2 of the odds) and
    evidence (JSON: each comparison's level and weight) for the pairs of `ask_a_human_above` and more, sorted, the
    same whatever the order of the rows. When there is too little to go by, it is empty and `note(table)` says why.
    """
    engine = DuckDB(memory=memory, threads=threads, temporary=temporary)
    try:
        return _suggest(engine, records, matching, seed, families)
    finally:
        engine.close()


def note(suggested: pa.Table) -> str:
    """Why `suggest_links` gave nothing; empty when it had enough to go by."""
    return (suggested.schema.metadata or {}).get(b"note", b"").decode()


def _suggest(engine: DuckDB, records: pa.Table, matching: Matching, seed: int, families: bool) -> pa.Table:
    if records.num_rows < FEWEST_RECORDS:
        return _nothing(f"{records.num_rows} records are too few to learn from: {FEWEST_RECORDS} are needed")
    counted = cleaning.prepare(engine, records, extra=[c for c in matching.compare if c not in cleaning.KNOWN])
    filled = cleaning.comparable(counted, records.num_rows)
    compared = comparisons.comparisons(filled, matching.compare)
    if len(compared) < FEWEST_COMPARISONS:
        return _nothing(f"too few columns are filled to compare records: {', '.join(filled) or 'none'}")
    blocking.candidates(engine, filled, records=records.num_rows, chosen=matching.block_on, most=matching.max_pairs)
    scorer = Scorer(engine, compared)
    strangers = scorer.among_strangers(records=records.num_rows, seed=seed)
    patterns = scorer.patterns(records=records.num_rows)
    if len(patterns.counts) == 0:
        return _nothing("no two records agree on anything worth comparing")
    learned = training.learn(patterns, strangers, scorer.labels(), records=records.num_rows, families=families)
    least = LEAST_WEIGHT - log2(learned.shares.of[PERSON])
    found = evidence.read(engine, scorer.weigh(learned, least=least), scorer.labels())
    likely = relations.likelihoods(found.weight)
    shares = relations.settle(likely, patterns.pairs, learned.shares, families=families)
    return _worth_a_look(found, likely, shares, matching.ask_a_human_above)


def _worth_a_look(found: Evidence, likely: Likely, shares: Shares, least: float) -> pa.Table:
    probability = relations.probabilities(likely, shares)[PERSON]
    against, relation = relations.otherwise(likely, shares)
    weight = np.sum(list(found.weight.values()), axis=0) + against + evidence.log_odds(shares)
    worth = probability >= least
    return pa.table({
        "left": found.left[worth],
        "right": found.right[worth],
        "probability": np.round(probability[worth], 6),
        "weight": np.round(weight[worth], 4),
        "evidence": evidence.texts(found.only(worth), shares, against[worth], relation[worth]),
    }, schema=SUGGESTED)  # fmt: skip


def _nothing(why: str) -> pa.Table:
    log.info("joining by likeness: %s", why)
    return SUGGESTED.empty_table().replace_schema_metadata({"note": why})
