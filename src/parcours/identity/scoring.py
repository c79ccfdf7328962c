"""Levels and weights of pairs, worked out by Splink over the table `prepared`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from splink import DuckDBAPI, Linker, SettingsCreator
from splink.comparison_library import CustomComparison
from sqlglot import exp

from parcours.engine.duckdb import DuckDB
from parcours.identity.cleaning import NUMBER
from parcours.identity.relations import Floats
from parcours.identity.training import DIGITS, Learned, Patterns

log = logging.getLogger(__name__)

RANDOM_PAIRS = 1_000_000
RANDOM_PAIRS_PER_RECORD = 100  # of few records, fewer pairs say as much
TRAINING_PAIRS = 500_000


class Scorer:
    """Compares pairs of prepared records: first to learn what levels weigh, then to weigh them."""

    def __init__(self, engine: DuckDB, settings: SettingsCreator | dict[str, Any]) -> None:
        self._engine, self._api = engine, DuckDBAPI(engine.connection)
        self._prepared = self._api.register("prepared")
        self._settings = settings

    @classmethod
    def to_learn(cls, engine: DuckDB, comparisons: Sequence[CustomComparison]) -> Scorer:
        """One that knows how to compare, not yet what that weighs."""
        return cls(
            engine,
            SettingsCreator(
                link_type="dedupe_only",
                unique_id_column_name=NUMBER,
                comparisons=list(comparisons),
                retain_matching_columns=True,
                retain_intermediate_calculation_columns=True,
            ),
        )

    @property
    def settings(self) -> dict[str, Any]:
        """Splink's settings, with the weights once `weighs` was told them: what another Scorer may start from."""
        assert isinstance(self._settings, dict), "the settings are known after among_strangers()"
        return self._settings

    def among_strangers(self, *, records: int, seed: int) -> dict[str, Floats]:
        """How often two random records reach each level of each comparison, level 0 ("different") first."""
        linker = Linker(self._prepared, self._settings, log_level=None)
        pairs = min(RANDOM_PAIRS, RANDOM_PAIRS_PER_RECORD * records, records * (records - 1) // 2)
        with quiet():
            linker.training.estimate_u_using_random_sampling(pairs, seed=seed, min_count_per_level=None, num_chunks=1)
        self._settings = linker.misc.save_model_to_json()
        self._settings.pop("linker_uid")  # a random name: the same records must give the same model
        rarest = 1 / pairs  # of so many pairs, none was seen
        return {
            comparison["output_column_name"]: np.array(
                [max(level.get("u_probability", 0.0), rarest) for level in reversed(_told(comparison))]
            ).round(DIGITS)
            for comparison in self._settings["comparisons"]
        }

    def labels(self) -> dict[str, list[str]]:
        """The labels of each comparison's levels, level 0 ("different") first."""
        return {
            comparison["output_column_name"]: [level["label_for_charts"] for level in reversed(_told(comparison))]
            for comparison in self.settings["comparisons"]
        }

    def patterns(self, *, records: int) -> Patterns:
        """How the pairs of the table `candidates` agree; of very many pairs, a sample."""
        (counted,) = self._engine.rows("SELECT count(*) AS pairs FROM candidates")
        every = max(1, round(counted["pairs"] / TRAINING_PAIRS))
        number = exp.paren(exp.column("join_key_l") * 7 + exp.column("join_key_r"))
        self._engine.temp("training_pairs", exp.select("*").from_("candidates").where((number % every).eq(0)))
        table = self._predict("training_pairs", None)
        names = list(self.labels())
        levels = [f"gamma_{name}" for name in names]
        counted_by = exp.select(*levels, "count(*) AS pairs").from_(table).group_by(*levels).order_by(*levels)
        grouped = self._engine.arrow(counted_by)
        self._engine.forget(table)
        return Patterns(
            {name: grouped[f"gamma_{name}"].to_numpy().astype(np.int64) for name in names},
            grouped["pairs"].to_numpy() * float(every),
            records * (records - 1) / 2,
        )

    def weighs(self, learned: Learned) -> None:
        """Takes over what each level weighs."""
        for comparison in self.settings["comparisons"]:
            name = comparison["output_column_name"]
            for level, m, u in zip(reversed(_told(comparison)), learned.m[name], learned.u[name]):
                level.update(m_probability=float(m), u_probability=float(u))
        self.settings["probability_two_random_records_match"] = 0.5  # weighs nothing: chance is ours to add

    def weigh(self, *, least: float) -> str:
        """The name of a table of the candidates that weigh at least so much, with each level and weight."""
        return self._predict("candidates", least)

    def _predict(self, candidates: str, least: float | None) -> str:
        linker = Linker(self._prepared, self._settings, log_level=None)
        linker.table_management.register_blocked_pairs_for_predict(self._api.register(candidates))
        with quiet():
            made = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        return str(made.physical_name)


def _told(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The levels that say something: all but "missing"."""
    return [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]


@contextmanager
def quiet() -> Iterator[None]:
    """Sends what Splink has to say to our log, as details: its warnings are for analysts at a notebook."""
    theirs = logging.getLogger("splink")
    before = theirs.propagate, theirs.level
    handler = _Relay()
    theirs.addHandler(handler)
    theirs.propagate, theirs.level = False, logging.INFO
    try:
        yield
    finally:
        theirs.removeHandler(handler)
        theirs.propagate, theirs.level = before


class _Relay(logging.Handler):
    """Passes another library's messages on as details of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log.debug("%s: %s", record.name, record.getMessage().strip())
