"""Records of one person that no identifier joins: weighed by how alike they are, with the reasons to read.

The method is Fellegi and Sunter's (1969), as the Splink library has it: each column's agreement adds or takes weight,
a rare name more than a common one. Nothing is labelled by hand; see `training.py` for how the weights are learned.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Model:
    """What was learned of a retailer's records: which pairs to compare and what their agreement weighs."""

    records: int  # that it was learned from
    largest: Mapping[tuple[str, ...], int]  # by blocking key, how large a group of records is paired
    settings: Mapping[str, Any]  # Splink's, with the weights
    shares: Shares
    least: float  # the weight that a pair needs to be looked at

    def text(self) -> str:
        """The model as JSON."""
        largest = [[list(key), size] for key, size in self.largest.items()]
        return json.dumps({**self.__dict__, "largest": largest, "shares": dict(self.shares.of)}, sort_keys=True)

    @classmethod
    def of_text(cls, text: str) -> Model:
        """The model that `text` gave."""
        told = json.loads(text)
        largest = {tuple(key): size for key, size in told["largest"]}
        return cls(told["records"], largest, told["settings"], Shares(told["shares"]), told["least"])


@dataclass(frozen=True)
class Suggested:
    """Pairs of records that are probably one person, as `SUGGESTED`, and the model that says so (None: too little)."""

    pairs: pa.Table
    model: Model | None = None


@contextmanager
def _engine(memory: str, threads: int, temporary: Path | None) -> Iterator[DuckDB]:
    engine = DuckDB(memory=memory, threads=threads, temporary=temporary)
    try:
        yield engine
    finally:
        engine.close()


def suggest_links(
    records: pa.Table,
    *,
    matching: Matching,
    seed: int,
    families: bool = False,
    memory: str = "1GB",
    threads: int = 0,
    temporary: Path | None = None,
) -> Suggested:
    """Pairs of customer records that are probably one person, with the probability and the reasons.

    `records` has record_id and any of first_name, last_name, birth_date, email, phone, street, street_number, city,
    postcode, state, country. `families` says that several people of one household are among the records; else
    they must show by their number that they are. Gives left < right, probability, weight (log2 of the odds) and
    evidence (JSON: each comparison's level and weight) for the pairs of `ask_a_human_above` and more, sorted, the
    same whatever the order of the rows. When there is too little to go by, it is empty and `note(pairs)` says why.
    """
    with _engine(memory, threads, temporary) as engine:
        return _suggest(engine, records, matching, seed, families)


def suggest_links_of(
    anew: pa.Table,
    records: pa.Table,
    *,
    model: Model,
    matching: Matching,
    memory: str = "1GB",
    threads: int = 0,
    temporary: Path | None = None,
) -> pa.Table:
    """The pairs that have one of the records of `anew` (record_id), by a model learned before; as `suggest_links`."""
    with _engine(memory, threads, temporary) as engine:
        cleaning.prepare(engine, records, extra=_beyond_the_known(matching))
        engine.register("anew_records", anew)
        engine.temp("anew", "SELECT p.record_number FROM prepared AS p JOIN anew_records AS a USING (record_id)")
        blocking.candidates_of(engine, model.largest)
        scorer = Scorer(engine, dict(model.settings))
        found = evidence.read(engine, scorer.weigh(least=model.least), scorer.labels())
        return _worth_a_look(found, relations.likelihoods(found.weight), model.shares, matching.ask_a_human_above)


def _beyond_the_known(matching: Matching) -> list[str]:
    return [column for column in matching.compare if column not in cleaning.KNOWN]


def note(suggested: pa.Table) -> str:
    """Why `suggest_links` gave nothing; empty when it had enough to go by."""
    return (suggested.schema.metadata or {}).get(b"note", b"").decode()


def _suggest(engine: DuckDB, records: pa.Table, matching: Matching, seed: int, families: bool) -> Suggested:
    if records.num_rows < FEWEST_RECORDS:
        return _nothing(f"{records.num_rows} records are too few to learn from: {FEWEST_RECORDS} are needed")
    columns = cleaning.prepare(engine, records, extra=_beyond_the_known(matching))
    filled = cleaning.comparable(cleaning.filled(engine, columns), records.num_rows)
    compared = comparisons.comparisons(filled, matching.compare)
    if len(compared) < FEWEST_COMPARISONS:
        return _nothing(f"too few columns are filled to compare records: {', '.join(filled) or 'none'}")
    blocks = blocking.candidates(
        engine, filled, records=records.num_rows, chosen=matching.block_on, most=matching.max_pairs
    )
    scorer = Scorer.to_learn(engine, compared)
    strangers = scorer.among_strangers(records=records.num_rows, seed=seed)
    patterns = scorer.patterns(records=records.num_rows)
    if len(patterns.counts) == 0:
        return _nothing("no two records agree on anything worth comparing")
    learned = training.learn(patterns, strangers, scorer.labels(), records=records.num_rows, families=families)
    scorer.weighs(learned)
    least = LEAST_WEIGHT - log2(learned.shares.of[PERSON])
    found = evidence.read(engine, scorer.weigh(least=least), scorer.labels())
    likely = relations.likelihoods(found.weight)
    shares = relations.settle(likely, patterns.pairs, learned.shares, families=families)
    largest = {block.key: block.largest for block in blocks}
    model = Model(records.num_rows, largest, scorer.settings, shares, least)
    return Suggested(_worth_a_look(found, likely, shares, matching.ask_a_human_above), model)


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


def _nothing(why: str) -> Suggested:
    log.info("joining by likeness: %s", why)
    return Suggested(SUGGESTED.empty_table().replace_schema_metadata({"note": why}))
