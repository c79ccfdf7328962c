"""Times all the scores of the retail pack over a made-up retailer, beside a plain GROUP BY over all its facts.

Makes up the facts, as Parquet files in the shape of the canonical tables, if they are not there yet
(bench/score_facts.sql); then makes every score as a run does, in a process of its own. Prints the seconds (of the wall
clock and of the processor) and the peak memory of each score and of all, and how each was learned.

    python bench/scores.py --customers 1000000
    python bench/scores.py --customers 200000 --only value buys_30d --profile
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from parcours import flow, scores
from parcours.engine import Draft, Warehouse, open_engine
from parcours.engine.types import SQL
from parcours.model import CONTRACTS
from parcours.project import Project, load
from profiles import DAYS, LAST_DAY, MONTHS, queries

WHOLE = ("products", "persons", "record_persons")
MONTHLY = ("order_lines", "orders", "events", "message_events", "redemptions")
NOW = datetime.combine(LAST_DAY + timedelta(days=1), clock(6), UTC)
# what a score cannot do without, in one glance: how much of each fact every person has, and when they had it last
PLAIN = """
SELECT r.person_id, count(*) AS facts, sum(f.amount) AS amount, max(f.day) AS latest
FROM (
  SELECT record_id, order_date AS day, net_amount AS amount FROM orders
  UNION ALL SELECT record_id, order_date, net_amount FROM order_lines
  UNION ALL SELECT record_id, event_date, 0 FROM events
  UNION ALL SELECT record_id, event_date, 0 FROM message_events
  UNION ALL SELECT record_id, event_date, 0 FROM redemptions
) AS f
JOIN record_persons AS r ON r.record_id = f.record_id
GROUP BY r.person_id
"""


def main() -> None:
    """Reads the arguments, runs everything and prints what it took."""
    given = _arguments()
    if given.worker:
        print(json.dumps(WORKERS[given.worker](given)))
        return
    folder = given.cache / f"scores-{given.customers}"
    if not (folder / "facts").is_dir():
        print(f"making up the facts of {given.customers:,} customers in {folder}", flush=True)
        # in a process of its own: a child is charged with the memory of the one it came from
        with get_context("spawn").Pool(1) as pool:
            pool.apply(make_facts, (folder, given.customers))
    shutil.rmtree(folder / "warehouse", ignore_errors=True)
    plain, made = _measure(folder, "plain"), _measure(folder, "room")
    for name, took in made["took"].items():
        print(f"{name:18}{_line(took)}   {made['cards'].get(name, '')}")
    print(f"{'in all':18}{_line(made['in_all'])}")
    print(f"{'GROUP BY':18}{_line(plain)}   over {plain['facts']:,} facts of {plain['people']:,} people")
    print(
        f"all the scores take {made['in_all']['cpu'] / plain['cpu']:.1f} times the processor's seconds of the GROUP BY"
    )


def _line(took: dict[str, float]) -> str:
    return f"{took['seconds']:7.1f} s (processor {took['cpu']:6.1f} s), peak {took['peak'] / 1e9:5.2f} GB"


def _measure(folder: Path, worker: str) -> dict[str, Any]:
    command = [sys.executable, __file__, *sys.argv[1:], "--worker", worker, "--folder", str(folder)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    print("\n".join(told[:-1]), end="\n" if told[1:] else "")
    return dict(json.loads(told[-1]))


# -- facts


def make_facts(folder: Path, customers: int) -> None:
    """Writes facts/TABLE/PARTITION.parquet, the tables of facts by month."""
    ours, shared = queries("score_facts.sql"), queries("profile_facts.sql")
    unfinished = folder / "facts.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    connection = _connection("3GB", folder)
    first = datetime.combine(LAST_DAY - timedelta(days=DAYS - 1), clock.min)
    for name, value in (("people", customers), ("first_day", first), ("days", DAYS)):
        connection.execute(f"SET VARIABLE {name} = ?", [value])

    def write(table: str, partition: str, query: str) -> None:
        (unfinished / table).mkdir(parents=True, exist_ok=True)
        text = _contracted(connection, table, query.strip())
        connection.execute(f"COPY ({text}) TO '{unfinished / table / partition}.parquet' (FORMAT parquet)")

    for table in WHOLE:
        write(table, "all", ours.get(table) or shared[table])
    for table in ("orders_all", "visits_all", "mails_all"):
        connection.execute(f"CREATE TEMP TABLE {table} AS {ours[table]}")
    for month in MONTHS:
        connection.execute("SET VARIABLE month = ?", [month])
        connection.execute(f"CREATE OR REPLACE TEMP TABLE order_lines_of_month AS {ours['order_lines']}")
        write("order_lines", month, "FROM order_lines_of_month")
        for table in MONTHLY[1:]:
            write(table, month, ours[table])
    connection.close()
    (unfinished).rename(folder / "facts")


def _contracted(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> str:
    """The query with all of its table's columns: null where it does not tell them."""
    told = {row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    chosen = (
        f'CAST("{name}" AS {SQL[word]}) AS "{name}"' if name in told else f'CAST(NULL AS {SQL[word]}) AS "{name}"'
        for name, word in CONTRACTS[table].columns.items()
    )
    return f"SELECT {', '.join(chosen)} FROM ({query}) AS made"


def _connection(memory: str, folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(folder / "temporary")})
    connection.execute("SET enable_progress_bar = false")
    return connection


# -- workers


@dataclass
class Clock:
    """Seconds and peak bytes since it was last read."""

    started: float = field(default_factory=time.monotonic)
    worked: float = field(default_factory=time.process_time)

    def read(self) -> dict[str, float]:
        """What was taken since the last reading."""
        took = {"seconds": time.monotonic() - self.started, "cpu": time.process_time() - self.worked, "peak": _peak()}
        self.started, self.worked = time.monotonic(), time.process_time()
        return took


def room(given: argparse.Namespace) -> dict[str, Any]:
    """Makes the scores as a run does; what each took, and how it was learned."""
    folder: Path = given.folder
    project = _project(folder, given.only)
    engine = open_engine("duckdb", memory=given.memory, threads=given.threads, temporary=folder / "temporary")
    took: dict[str, dict[str, float]] = {}
    at, watch = ["start"], Clock()

    def progress(_: str, done: int, total: int, note: str = "") -> None:
        took[at[0]] = watch.read()
        print(f"{at[0]:18}{_line(took[at[0]])}", file=sys.stderr, flush=True)  # as it goes: the whole takes minutes
        at[0] = note

    profile = cProfile.Profile() if given.profile else nullcontext()
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        _adopt(draft, folder)
        watch.read()
        with profile:
            scores.build(draft, project, as_of=LAST_DAY, progress=progress)
        cards = _cards(draft)
    if given.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
    engine.close()
    in_all = {name: sum(one[name] for one in took.values()) for name in ("seconds", "cpu")}
    return {"took": took, "in_all": {**in_all, "peak": max(one["peak"] for one in took.values())}, "cards": cards}


def plain(given: argparse.Namespace) -> dict[str, Any]:
    """A plain GROUP BY over all facts, with the same memory."""
    connection = _connection(given.memory, given.folder)
    for table in ("record_persons", *MONTHLY):
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{given.folder}/facts/{table}/*.parquet')")
    watch = Clock()
    people, facts = connection.execute(f"SELECT count(*), CAST(sum(facts) AS BIGINT) FROM ({PLAIN})").fetchall()[0]
    return {**watch.read(), "people": people, "facts": facts}


def _project(folder: Path, only: list[str]) -> Project:
    text = '[project]\nname = "bench"\nzone = "Europe/Paris"\ncurrency = "EUR"\n'
    (folder / "parcours.toml").write_text(text, encoding="utf-8")
    project = load(folder, flow.kinds())
    return replace(project, scores={name: score for name, score in project.scores.items() if not only or name in only})


def _adopt(draft: Draft, folder: Path) -> None:
    """Puts the facts into the warehouse, as if the rooms before had made them."""
    for table in (*WHOLE, *MONTHLY):
        for file in sorted((folder / "facts" / table).glob("*.parquet")):
            target = draft.warehouse.folder / "data" / table / file.stem / "part-0.parquet"
            target.parent.mkdir(parents=True)
            target.hardlink_to(file)
            draft.adopt(table, file.stem, [target], fingerprint=f"{table}/{file.stem}")


def _cards(draft: Draft) -> dict[str, str]:
    """How each score was learned, in a line."""
    draft.read("score_models")
    found = draft.engine.rows("SELECT * FROM score_models ORDER BY score")
    return {
        row["score"]: f"refused: {row['refused']}" if row["refused"]
        else f"{row['method']}" if row["value"] is None or row["plain_value"] is None
        else f"{row['method']}, {row['measure']} {row['value']:.4f} ({row['plain']} {row['plain_value']:.4f})"
        for row in found
    }  # fmt: skip


def _peak() -> int:
    """The most bytes this process held since this was last asked (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return 1024 * peak


WORKERS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {"room": room, "plain": plain}


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--customers", type=int, default=200_000)
    arguments.add_argument("--cache", type=Path, default=Path("/tmp/parcours-bench"), help="where facts are kept")
    arguments.add_argument("--memory", default="2GB", help="what the engine may hold")
    arguments.add_argument("--threads", type=int, default=0, help="how many the engine uses: all cores if not given")
    arguments.add_argument("--only", nargs="*", default=[], help="the scores to make: all of the pack if not given")
    arguments.add_argument("--profile", action="store_true", help="print where the time goes")
    arguments.add_argument("--worker", choices=sorted(WORKERS), help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return arguments.parse_args()


if __name__ == "__main__":
    main()
