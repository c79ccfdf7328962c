"""Discovered segments: how stable they are, how large the smallest is, and for how many customers the rules agree.

    python bench/discovery.py --project /tmp/grocer          a project that has been run
    python bench/discovery.py --customers 1000000            as many made-up customers with 40 attributes

Beside ours, the same figures for what one would write in ten lines with scikit-learn: all numeric attributes, unknown
filled with the median, standardised, k-means with the k of the highest silhouette.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from parcours import flow
from parcours.engine import Draft, Warehouse, open_engine
from parcours.model.value import Place, Title
from parcours.project import Project, load
from parcours.project.definitions import Attribute, EngineSettings, Identity
from parcours.rules import Moment, Subject
from parcours.segments.discovery import discover, discovery_settings
from parcours.segments.discovery.people import People

PLAIN_RESAMPLES = 10


def main() -> None:
    """Reads the arguments, finds the segments and prints the figures."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--project", type=Path, help="a project that has been run")
    arguments.add_argument("--customers", type=int, default=1_000_000, help="how many to make up without a project")
    arguments.add_argument("--attributes", type=int, default=40, help="how many attributes to make up")
    arguments.add_argument("--keep", action="store_true", help="publish what was found into the project")
    given = arguments.parse_args()
    with ours(given.project) if given.project else made_up(given.customers, given.attributes) as (draft, project, day):
        settings = discovery_settings(project)
        started = time.monotonic()
        discover(draft, project, as_of=day, settings=settings, progress=lambda *_: None)
        seconds = time.monotonic() - started
        show(draft, seconds)
        if given.project:
            plain(draft, project, day)
        if given.keep:
            for name in draft.base.tables if draft.base else {}:
                if not draft.has(name):
                    draft.carry(name)
            draft.publish(dict(draft.base.run) if draft.base else {"as_of": str(day)})


def show(draft: Draft, seconds: float) -> None:
    """The choices, the variables, the segments and how well the rules agree."""

    def rows(query: str) -> list[dict[str, Any]]:
        return draft.engine.rows(query)

    draft.read("discovered_choices", "discovered_variables", "discovered_segments", "discovered_members")
    print(" k   ARI  (low)  silhouette  smallest  largest  why")
    for row in rows("SELECT * FROM discovered_choices ORDER BY segments"):
        if row["stability"] is None:
            print(f"none: {row['why']}, needed {row['needed']}, found {row['found']}")
            continue
        print(
            f"{row['segments']:2d}  {row['stability']:.3f} ({row['stability_low']:.3f})  {row['silhouette']:.3f}"
            f"      {row['smallest']:6.1%}   {row['largest']:6.1%}   {row['why']}"
        )
    for row in rows("SELECT why, string_agg(variable, ' ' ORDER BY variable) AS names "
                    "FROM discovered_variables GROUP BY why ORDER BY why"):  # fmt: skip
        print(f"{row['why']}: {row['names']}")
    for row in rows("SELECT * FROM discovered_segments ORDER BY segment"):
        ways = json.loads(row["rule"])
        print(f"{row['segment']}  {row['people']:>8,} {row['share']:6.1%}  caught {row['caught']:.1%} "
              f"right {row['right']:.1%}  {len(ways.get('any', [ways]))} ways in")  # fmt: skip
        print("    ", row["rule"][:400])
    (found,) = rows("SELECT count(*) AS people, avg(CASE WHEN segment = by_rule THEN 1.0 ELSE 0.0 END) AS agree "
                    "FROM discovered_members")  # fmt: skip
    if found["people"]:
        print(f"rules agree for {found['agree']:.2%} of {found['people']:,} customers")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{seconds:.1f} s, {memory:.2f} GB at most")


def plain(draft: Draft, project: Project, day: date) -> None:
    """The ten lines: standardised attributes, k by silhouette; its bootstrap ARI and its smallest segment."""
    columns = draft.table("profiles").columns
    names = [n for n in project.subjects if columns.get(n) in ("integer", "number", "boolean")
             and n in project.attributes]  # fmt: skip
    settings = discovery_settings(project)
    draft.read("profiles")
    people = People(draft.engine, columns, settings.who, Moment.of(day, project.zone))
    sample = people.sample(names, settings.sample, settings.seed)
    filled = [np.where(np.isnan(c), np.nanmedian(c) if np.isfinite(c).any() else 0, c) for c in sample.values()]
    points = np.column_stack([c for c in filled if c.std() > 0])
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    with threadpool_limits(1):
        fits = {k: KMeans(k, n_init=4, random_state=settings.seed).fit(points) for k in range(3, 9)}
        best = max(fits, key=lambda k: silhouette_score(points[:4000], fits[k].labels_[:4000]))
        random, same = np.random.default_rng(settings.seed), []
        for number in range(PLAIN_RESAMPLES):
            drawn = points[random.integers(0, len(points), len(points))]
            fitted = KMeans(best, n_init=4, random_state=number).fit(drawn)
            same.append(adjusted_rand_score(fits[best].labels_, fitted.predict(points)))
    shares = np.bincount(fits[best].labels_) / len(points)
    print(f"plain scikit-learn: k {best}, ARI {np.mean(same):.3f}, smallest {shares.min():.1%}, "
          f"largest {shares.max():.1%}, {points.shape[1]} attributes")  # fmt: skip


@contextmanager
def ours(folder: Path) -> Iterator[tuple[Draft, Project, date]]:
    """A draft over the newest state of a project, with its profiles."""
    project = load(folder, flow.kinds())
    with flow.warehouse(project) as house, house.draft(now=datetime.now(UTC)) as draft:
        if draft.base is None:
            raise SystemExit(f"nothing has been run in {folder}: begin with `parcours run`")
        draft.carry("profiles")
        yield draft, project, date.fromisoformat(draft.base.run["as_of"])


@contextmanager
def made_up(customers: int, attributes: int) -> Iterator[tuple[Draft, Project, date]]:
    """Customers of five kinds with skewed attributes, many of them alike or mere chance, as profiles are."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(temporary=Path(folder) / "spill", memory="2GB")
        project = _project(Path(folder), attributes)
        with Warehouse(Path(folder) / "warehouse", engine).draft(now=datetime(2026, 4, 1, tzinfo=UTC)) as draft:
            draft.put("profiles", lambda: _batches(customers, list(project.attributes)), settings=customers)
            yield draft, project, date(2026, 3, 31)
        engine.close()


def _batches(customers: int, names: list[str]) -> pa.RecordBatchReader:
    schema = pa.schema([("person_id", pa.int64()), *((name, pa.float64()) for name in names)])

    def each() -> Iterator[pa.RecordBatch]:
        centres = np.random.default_rng(5).normal(0, 1.6, (5, 8))
        for first in range(0, customers, 100_000):
            random = np.random.default_rng(first)
            rows = min(100_000, customers - first)
            kinds = random.choice(5, rows, p=[0.3, 0.25, 0.2, 0.15, 0.1])
            told = [np.exp(centres[kinds, n % 8] + random.normal(0, 0.6 if n < 16 else 3.0, rows))
                    for n in range(len(names))]  # fmt: skip
            person = np.arange(first, first + rows) + 1
            yield pa.record_batch([pa.array(person), *map(pa.array, told)], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, each())


def _project(folder: Path, attributes: int) -> Project:
    at = Place("attributes.yaml")
    names = [f"measure_{n:02d}" for n in range(attributes)]
    made = {n: Attribute(name=n, title=Title.of(n), kind=None, pack="bench", place=at) for n in names}
    (folder / "parcours.toml").write_text('[project]\nname = "bench"\ncurrency = "EUR"\nzone = "Europe/Paris"\n')
    project = load(folder, flow.kinds())
    subjects = {n: Subject(n, "number") for n in names}
    return replace(project, attributes=made, subjects=subjects, engine=EngineSettings(), identity=Identity(place=at))


if __name__ == "__main__":
    main()
