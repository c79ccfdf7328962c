"""Measures the next article of a visit, beside V-SkNN, item cosine and popularity, each click of a visit foreseen.

The last tenth of the visits, in their order, is held out; the visits before are learned from. After each click of a
visit held out, the next one is foreseen: HR@20 is how often it is among twenty, MRR@20 at which place (one over it).

    python bench/sessions.py --data retailrocket_train_sessions.parquet
    python bench/sessions.py --data retailrocket_train_sessions.parquet --earlier   the tenth before, to choose settings
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.sparse import csr_matrix

from parcours.scores.recommendations.neighbours import by_cosine
from parcours.scores.recommendations.sessions import Blend, Visits, learn

FIRST = 20
Foresee = Callable[[Sequence[int]], Sequence[int]]


def main() -> None:
    """Prints the figures of each way."""
    given = _arguments()
    rows = duckdb.execute("SELECT items FROM read_parquet(?) ORDER BY session", [str(given.data)]).fetchall()
    visits = [json.loads(row[0]) for row in rows]
    tenth = len(visits) // 10
    if given.earlier:
        visits = visits[:-tenth]
    before, after = visits[:-tenth], visits[-tenth:]
    if given.visits:
        after = after[:: max(1, len(after) // given.visits)]
    print(f"{len(before):,} visits learned from, {len(after):,} held out")
    begun = time.process_time()
    ours = _ours(before)
    print(f"learned in {time.process_time() - begun:.1f} s")
    ways: dict[str, Foresee] = {"ours": ours.next_items_of}
    for name, value in given.blend or []:
        ways[f"ours, {name} {value}"] = replace(ours, blend=replace(Blend(), **{name: float(value)})).next_items_of
    if not given.alone:
        ways |= {"V-SkNN (k=200, idf)": _VSkNN(before), "item cosine": _Cosine(before), "popularity": _Popular(before)}
    for name, foresee in ways.items():
        _told(name, foresee, after)


def _ours(before: list[list[int]]) -> Visits:
    visit = np.repeat(np.arange(len(before)), [len(each) for each in before])
    return learn(visit, np.concatenate([np.asarray(each) for each in before]))


def _told(name: str, foresee: Foresee, after: list[list[int]]) -> None:
    hits, ranks, asked, worked = 0, 0.0, 0, 0.0
    for visit in after:
        for seen in range(1, len(visit)):
            begun = time.process_time()
            found = foresee(visit[:seen])
            worked += time.process_time() - begun
            asked += 1
            place = list(found[:FIRST]).index(visit[seen]) + 1 if visit[seen] in found[:FIRST] else 0
            hits, ranks = hits + bool(place), ranks + (1 / place if place else 0.0)
    print(f"  {name}: HR@20 {hits / asked:.4f}, MRR@20 {ranks / asked:.4f}, {1000 * worked / asked:.2f} ms", flush=True)


class _VSkNN:
    """As Ludewig and Jannach wrote it: linear weights of the clicks, idf, the 200 most similar of the latest 1,000."""

    def __init__(self, before: list[list[int]]) -> None:
        self.visits = before
        self.having: dict[int, list[int]] = defaultdict(list)
        for number, visit in enumerate(before):
            for item in set(visit):
                self.having[item].append(number)
        self.rarity = {item: np.log(len(before) / len(having)) for item, having in self.having.items()}

    def __call__(self, clicks: Sequence[int]) -> Sequence[int]:
        weight = {item: (place + 1) / len(clicks) for place, item in enumerate(clicks)}
        likeness: dict[int, float] = defaultdict(float)
        for item, worth in weight.items():
            for visit in self.having.get(item, ())[-1000:]:
                likeness[visit] += worth
        near = sorted(likeness.items(), key=lambda each: -each[1])[:200]
        score: dict[int, float] = defaultdict(float)
        for number, value in near:
            for item in set(self.visits[number]):
                score[item] += value * self.rarity[item]
        return [item for item, _ in sorted(score.items(), key=lambda each: -each[1])[:FIRST]]


class _Cosine:
    """The neighbours of the latest click."""

    def __init__(self, before: list[list[int]]) -> None:
        visit = np.repeat(np.arange(len(before)), [len(each) for each in before])
        item = np.concatenate([np.asarray(each) for each in before])
        seen = csr_matrix((np.ones(len(item), np.float32), (visit, item)))
        seen.data[:] = 1
        self.near = by_cosine(seen, places=FIRST)

    def __call__(self, clicks: Sequence[int]) -> Sequence[int]:
        last = clicks[-1]
        return self.near.other[last].tolist() if last < len(self.near.other) else []


class _Popular:
    """What is looked at most."""

    def __init__(self, before: list[list[int]]) -> None:
        counts = np.bincount(np.concatenate([np.asarray(each) for each in before]))
        self.most = np.argsort(-counts, kind="stable")[:FIRST].tolist()

    def __call__(self, clicks: Sequence[int]) -> Sequence[int]:
        return self.most  # type: ignore[no-any-return]


def _arguments() -> Any:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--data", type=Path, required=True, metavar="FILE", help="visits in their order, as Parquet")
    arguments.add_argument("--earlier", action="store_true", help="hold out the tenth before the last one")
    arguments.add_argument("--visits", type=int, help="foresee only about so many of the visits held out")
    arguments.add_argument("--blend", nargs=2, action="append", metavar=("NAME", "VALUE"), help="try another setting")
    arguments.add_argument("--alone", action="store_true", help="without the others")
    return arguments.parse_args()


if __name__ == "__main__":
    main()
