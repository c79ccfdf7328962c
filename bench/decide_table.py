"""Times a slot over a table: `python bench/decide_table.py --people 1000000`.

Invented people (see bench/publish.py), one slot of fifty variants, half of them with a rule on the profile, chosen by
Thompson sampling after a month in which each was shown a few thousand times. Prints the seconds for everybody, the most
memory, and how often as long that is as a plain SELECT over the same profiles, and over the attributes rules look at.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import publish
from decide import VARIANTS, slot
from parcours import decisions, flow
from parcours.decisions.learned import Learned, learned
from parcours.decisions.learning.delay import BUCKETS
from parcours.project import context, load
from parcours.project.slot import Slot
from parcours.rules import Moment
from parcours.testing import write_files

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
HOURS = 30 * 24


def main() -> None:
    """Makes the shop and prints a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=1_000_000)
    people = arguments.parse_args().people
    known = "attributes: made\ndefine:\n" + "".join(
        f"  amount_{each}: {{kind: count, of: orders}}\n" for each in range(VARIANTS // 2)
    )
    for name in [name for name in publish.TABLES if name not in ("persons", "profiles", "memberships")]:
        del publish.TABLES[name]
    with tempfile.TemporaryDirectory() as folder:
        files = {"parcours.toml": publish.TOML, "slots/hero.yaml": slot(), "attributes/made.yaml": known}
        shop = write_files(Path(folder) / "shop", files)
        publish.make(shop, people, day=1)
        project = load(shop, flow.kinds())
        hero = project.slots["hero"]
        here, _ = context.read({}, now=NOW, zone=project.zone)
        asked = decisions.Asked(hero, Moment.of(NOW, project.zone), here)
        with flow.published(project) as version:
            version.read("profiles")
            used = ", ".join(f"amount_{each}" for each in range(VARIANTS // 2))
            plain = read(version, "SELECT * FROM profiles")
            few = read(version, f"SELECT person_id, {used} FROM profiles ORDER BY person_id")
            began, many = time.perf_counter(), 0
            for batch in decisions.rows(decisions.decided(version, asked, taught(hero)), hero, now=NOW):
                many += len(batch)
            took = time.perf_counter() - began
    print(f"{many:,} people x {VARIANTS} variants: {took:.1f} s, {many / took:,.0f} a second")
    print(f"SELECT * over profiles: {plain:.1f} s, {took / plain:.1f} times that")
    print(f"SELECT of what rules look at, in order: {few:.1f} s, {took / few:.1f} times that")
    print(f"most memory: {publish.peak_memory():.2f} GB")


def read(version: flow.Version, text: str) -> float:
    """How long a plain query takes, its rows thrown away."""
    began = time.perf_counter()
    for _ in version.engine.batches(text):
        pass
    return time.perf_counter() - began


def taught(hero: Slot) -> Learned:
    """A month of clicks: one in twenty, more for later variants."""
    chance, last = np.random.default_rng(7), int(NOW.timestamp() // 3600)
    rows = []
    for at, arm in enumerate(hero.variants):
        for hour in range(last - HOURS, last, 6):
            shown = int(chance.integers(20, 80))
            clicks = int(chance.binomial(shown, 0.04 + at / 2500))
            rows.append({"arm": arm, "hour": hour, "shown": shown, "rewarded": clicks, "total": clicks,
                         "squares": clicks, "guard_rewarded": 0, "guard_total": 0.0, "guard_squares": 0.0})  # fmt: skip
    return learned(hero, rows, np.ones(BUCKETS), now=NOW.timestamp())


if __name__ == "__main__":
    main()
