"""What always showing one variant would have earned, told from the log, or why it cannot be told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from click.testing import CliRunner

from parcours.cli import parcours
from parcours.decisions.evaluated import outcomes, what_if
from parcours.decisions.evaluation import CannotTell, Estimate
from parcours.decisions.log import Entry
from parcours.decisions.settling import Reward
from parcours.project.slot import Slot
from parcours.state import Database
from parcours.testing import write_files
from tests.decisions.shop import NOW, TOML, slot
from tests.decisions.test_settling import keep, say, settled

TEXT = "slot: block\nholdout: 0 %\nvariants: {a: {}, b: {}, c: {}}\nchoose: thompson\nsuccess: {within: 1 hours}\n"
RATES = {"a": 0.10, "b": 0.30}


def entry(one: Slot, number: int, arm: str, chance: float) -> Entry:
    told = json.dumps({"considered": [["a", "variant", None, 0.1], ["b", "variant", None, 0.1],
                                      ["c", "variant", "not_for_them", None]]})  # fmt: skip
    at = NOW - timedelta(hours=3)
    return Entry(uuid4(), at, one.name, one.version, number, None, [number], "chosen", None, [arm], chance, True, told,
                 [1.0])  # fmt: skip


@pytest.fixture
def log(database: Database) -> Slot:
    """Two thousand decisions, a in four of five of them; successes as RATES says."""
    one, chance = slot(TEXT), np.random.default_rng(1)
    entries = [entry(one, number, "a", 0.8) if chance.random() < 0.8 else entry(one, number, "b", 0.2)
               for number in range(2000)]  # fmt: skip
    keep(database, *entries)
    say(database, *(Reward(uuid4(), each.decision, None, "click", 1.0, each.at, NOW) for each in entries
                    if chance.random() < RATES[each.shown[0]]))  # fmt: skip
    settled(database, one)
    return one


def test_the_truth_lies_within_what_is_told_and_what_was_never_possible_is_not(database: Database, log: Slot) -> None:
    a, b, c = what_if(log, outcomes(database, log, now=NOW))
    for found, rate in ((a, RATES["a"]), (b, RATES["b"])):
        for by in ("ips", "snips", "dr"):
            told = found.estimates[by]
            assert isinstance(told, Estimate) and told.low < rate < told.high, (found.variant, by, told)
            assert told.gain is not None and (told.gain[0] > 0) == (found.variant == "b")
    assert found.decisions == 2000 and c.decisions == 0
    assert isinstance(why := c.estimates["snips"], CannotTell) and why.reason == "no_decisions"


def test_decisions_that_are_not_over_are_left_out(database: Database, log: Slot) -> None:
    assert len(outcomes(database, log, now=NOW)) == 2000
    assert outcomes(database, log, now=NOW - timedelta(hours=2, minutes=30)) == []


@pytest.mark.parametrize(("language", "told"), [("en", "cannot tell"), ("fr", "ne sait le dire")])
def test_the_command_line_tells_it_in_words(
    database: Database, log: Slot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, told: str
) -> None:
    folder = write_files(tmp_path / "shop", {"parcours.toml": TOML, "slots/block.yaml": TEXT})
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
    said = CliRunner().invoke(parcours, ["--project", str(folder), "--language", language, "evaluate", "block"])
    assert said.exit_code == 0, said.output
    assert told in said.output and "2,000" in said.output
    missing = CliRunner().invoke(parcours, ["--project", str(folder), "--language", language, "evaluate", "attic"])
    assert missing.exit_code != 0 and "attic" in missing.output
