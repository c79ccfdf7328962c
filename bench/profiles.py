"""Times the profile room, beside hand-written DuckDB SQL that makes the same table from the same Parquet files.

Makes up the facts of a retailer if they are not there yet, builds the default retail profile through the room as of the
last day but one, runs the SQL of profiles_by_hand.sql, checks that both tables are equal, then lets one day pass (new
facts, windows moved) and checks again. Each in a process of its own: seconds, and the peak memory of that process.

    python bench/profiles.py --customers 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from parcours import flow, profiles
from parcours.engine import Warehouse, open_engine
from parcours.engine import manifest as manifests
from parcours.project import Project, load

HERE = Path(__file__).parent
LAST_DAY = date(2026, 1, 30)
DAYS = 730
SMALL = ("products", "stores", "persons", "record_persons", "customer_records", "consents")
BIG = {"order_lines": "order_date", "orders": "order_date", "events": "event_date", "message_events": "event_date"}
MONTHS = [f"{2024 + month // 12}-{month % 12 + 1:02d}" for month in range(1, 25)]
NOW = datetime(2026, 2, 1, 6, tzinfo=UTC)


def main() -> None:
    """Reads the arguments, runs everything and prints what it took."""
    given = _arguments()
    if given.worker:
        # each in a process of its own, this one kept small: a child is charged with the memory of the one it came from
        print(json.dumps(WORKERS[given.worker](given.folder, date.fromisoformat(given.day))))
        return
    folder = given.cache / f"profiles-{given.customers}"
    if not (folder / "facts").is_dir():
        print(f"making up the facts of {given.customers:,} customers in {folder}")
        make_facts(folder, given.customers)
    shutil.rmtree(folder / "warehouse", ignore_errors=True)
    write_project(folder)
    day = LAST_DAY - timedelta(days=1)
    first, hand = measure(folder, "room", day), measure(folder, "hand", day)
    show("the room", first)
    show("by hand", hand)
    print(f"  ratio of seconds {first['seconds'] / hand['seconds']:.2f}, of memory {first['peak'] / hand['peak']:.2f}")
    print(measure(folder, "check", day)["said"])
    second = measure(folder, "room", LAST_DAY)
    show("a day later", second)
    print(f"  {second['seconds'] / first['seconds']:.0%} of the first")
    by_hand(folder)
    print(measure(folder, "check", LAST_DAY)["said"])
    third = measure(folder, "room", LAST_DAY)
    show("nothing new", third)
    if given.fail_above and first["seconds"] > given.fail_above * hand["seconds"]:
        raise SystemExit(f"the room took more than {given.fail_above} times the hand-written SQL")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--customers", type=int, default=200_000)
    arguments.add_argument("--cache", type=Path, default=Path("/tmp/parcours-bench"), help="where facts are kept")
    arguments.add_argument("--fail-above", type=float, metavar="RATIO", help="exit with 1 if the ratio is larger")
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--day", help=argparse.SUPPRESS)
    return arguments.parse_args()


def by_hand(folder: Path) -> float:
    """The seconds that the hand-written SQL takes over the newest version of the warehouse of a project's folder."""
    with manifests.pinned(folder / "warehouse" / "versions") as version:
        assert version is not None, "nothing is published"
        day = version.run["as_of"]
    return float(measure(folder, "hand", date.fromisoformat(day))["seconds"])


def measure(folder: Path, worker: str, day: date) -> dict[str, Any]:
    """What a worker, in a process of its own, says of what it took."""
    command = [sys.executable, __file__, "--worker", worker, "--folder", str(folder), "--day", str(day)]
    return dict(
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    )


def show(what: str, measured: dict[str, Any]) -> None:
    """Prints the seconds and the peak memory, and how long each pass took."""
    took = f"{measured['seconds']:8.1f} s {measured['peak'] / 1e9:6.2f} GB   (processor {measured['cpu']:.1f} s)"
    print(f"{what:<14} {took}")
    for name, seconds in measured.get("passes", {}).items():
        print(f"    {name:<44} {seconds:6.1f} s")


def taken(started: tuple[float, float]) -> dict[str, Any]:
    """Seconds on the wall and of the processor, and the peak bytes of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.monotonic() - started[0], "cpu": time.process_time() - started[1], "peak": peak}


# -- facts


def queries(file: str) -> dict[str, str]:
    """The queries of a file of this folder, by name."""
    parts = re.split(r"^-- name: *(\w+) *$", (HERE / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def make_facts(folder: Path, customers: int) -> None:
    """Writes facts/TABLE/PARTITION.parquet, canonical tables by month."""
    asked = queries("profile_facts.sql")
    unfinished = folder / "facts.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    connection = duckdb.connect(config={"memory_limit": "6GB", "temp_directory": str(folder / "temporary")})
    connection.execute("SET enable_progress_bar = false")
    first = datetime.combine(LAST_DAY - timedelta(days=DAYS - 1), clock.min)
    for name, value in (("people", customers), ("first_day", first), ("days", DAYS)):
        connection.execute(f"SET VARIABLE {name} = ?", [value])

    def write(table: str, partition: str, query: str) -> None:
        (unfinished / table).mkdir(parents=True, exist_ok=True)
        connection.execute(f"COPY ({query.strip()}) TO '{unfinished / table / partition}.parquet' (FORMAT parquet)")

    for table in SMALL:
        write(table, "all", asked[table])
    for table in ("orders_all", "visits_all", "mails_all"):
        connection.execute(f"CREATE TEMP TABLE {table} AS " + asked[table])
    for month in MONTHS:
        connection.execute("SET VARIABLE month = ?", [month])
        connection.execute("CREATE OR REPLACE TEMP TABLE order_lines_of_month AS " + asked["order_lines"])
        write("order_lines", month, "FROM order_lines_of_month")
        for table in ("orders", "events", "message_events"):
            write(table, month, asked[table])
        print(f"  {month}", flush=True)
    connection.close()
    unfinished.rename(folder / "facts")


def write_project(folder: Path) -> None:
    """The project of the benchmark: the default retail profile and nothing else."""
    text = '[project]\nname = "bench"\nzone = "Europe/Paris"\n[profiles]\npacks = ["retail"]\n[segments]\npacks = []\n'
    (folder / "parcours.toml").write_text(text, encoding="utf-8")


def project_of(folder: Path) -> Project:
    """The project in a folder."""
    return load(folder, flow.kinds())


# -- workers


def room(folder: Path, day: date) -> dict[str, Any]:
    """Builds and publishes the profiles of a day, as a run does."""
    project = project_of(folder)
    engine = open_engine("duckdb", memory="4GB", temporary=folder / "temporary")
    passes: dict[str, float] = {}
    with Warehouse(folder / "warehouse", engine).draft(now=NOW) as draft:
        adopt(draft, folder, day)
        started = (time.monotonic(), time.process_time())
        at = [started[0], ""]

        def progress(_: str, done: int, total: int, note: str = "") -> None:
            now = time.monotonic()
            if at[1]:
                passes[str(at[1])] = now - float(at[0])
            at[:] = [now, note]

        profiles.build(draft, project, as_of=day, progress=progress)
        took = taken(started)
        draft.publish({"as_of": str(day)})
    engine.close()
    return {**took, "passes": passes}


def adopt(draft: Any, folder: Path, day: date) -> None:
    """Puts the facts known by the end of a day into the warehouse, as if the rooms before had made them."""
    for table in (*SMALL, *BIG):
        for file in sorted((folder / "facts" / table).glob("*.parquet")):
            whole = table in SMALL or file.stem < str(day)[:7] or day >= LAST_DAY
            home = draft.warehouse.folder / "data" / table / f"{file.stem}-{'whole' if whole else day}"
            target = home / "part-0.parquet"
            if not target.exists():
                home.mkdir(parents=True, exist_ok=True)
                _lay(file, target, None if whole else (BIG[table], day))
            draft.adopt(table, file.stem, [target], fingerprint=f"{table}/{home.name}")


def _lay(file: Path, target: Path, until: tuple[str, date] | None) -> None:
    if until is None:
        os.link(file, target)
        return
    column, day = until
    duckdb.execute(f"COPY (FROM '{file}' WHERE {column} <= ?) TO '{target}' (FORMAT parquet)", [day])


def hand(folder: Path, day: date) -> dict[str, Any]:
    """Runs the hand-written SQL over the same files; writes by_hand.parquet."""
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(folder / "temporary")})
    connection.execute("SET enable_progress_bar = false")
    views(connection, folder, day)
    text = (
        (HERE / "profiles_by_hand.sql").read_text(encoding="utf-8").replace("TARGET", str(folder / "by_hand.parquet"))
    )
    started = (time.monotonic(), time.process_time())
    connection.execute(text)
    return taken(started)


def views(connection: duckdb.DuckDBPyConnection, folder: Path, day: date) -> None:
    """The newest version's tables as views, and the day as variables."""
    warehouse = folder / "warehouse"
    zone = ZoneInfo(project_of(folder).zone)
    ends = datetime.combine(day + timedelta(days=1), clock.min, zone).astimezone(UTC).replace(tzinfo=None)
    connection.execute("SET VARIABLE today = ?", [day])
    connection.execute("SET VARIABLE day_ends = ?", [ends])
    from parcours.engine.types import SQL
    from parcours.model import CONTRACTS

    with manifests.pinned(warehouse / "versions") as version:
        assert version is not None
        for name in (*SMALL, *BIG, "redemptions", "profiles"):
            table = version.tables.get(name)
            files = (
                [str(warehouse / file) for part in table.parts.values() if part.rows for file in part.files]
                if table
                else []
            )
            if files:
                connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({files})")
            else:
                nothing = ", ".join(
                    f'NULL::{SQL[word]} AS "{column}"' for column, word in CONTRACTS[name].columns.items()
                )
                connection.execute(f"CREATE VIEW {name} AS SELECT {nothing} WHERE false")


# -- the check


def check(folder: Path, day: date) -> dict[str, Any]:
    """Compares the room's table with the hand-written SQL's, person by person and column by column.

    Numbers may differ in their last digits; of equals the SQL takes any, so there as much must speak for both.
    """
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(folder / "temporary")})
    connection.execute("SET enable_progress_bar = false")
    views(connection, folder, day)
    connection.execute(f"CREATE VIEW hand AS FROM '{folder / 'by_hand.parquet'}'")
    connection.execute("CREATE TEMP TABLE people AS SELECT record_id, person_id FROM record_persons")
    (people, both) = connection.execute(
        "SELECT count(*), count(h.person_id) FROM profiles FULL JOIN hand h USING (person_id)"
    ).fetchall()[0]
    assert people == both, "not the same people"
    ties = queries("profiles_ties.sql")
    columns = connection.execute("DESCRIBE profiles").fetchall()
    equal, tied = 0, 0
    for name, type_, *_ in columns[1:]:
        differ = (
            f"abs(p.{name} - h.{name}) > 1e-9 * greatest(1, abs(p.{name})) OR (p.{name} IS NULL) <> (h.{name} IS NULL)"
            if type_ == "DOUBLE"
            else f"p.{name} IS DISTINCT FROM h.{name}"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE differing AS SELECT person_id, p.{name} AS ours, h.{name} AS theirs "
            f"FROM profiles p JOIN hand h USING (person_id) WHERE {differ}"
        )
        (many,) = connection.execute("SELECT count(*) FROM differing").fetchall()[0]
        if many and name in ties:
            equals = (
                f"WITH amounts AS ({ties[name].strip()}) SELECT count(*) FROM differing d "
                "JOIN amounts a ON a.person_id = d.person_id AND a.value = d.ours "
                "JOIN amounts b ON b.person_id = d.person_id AND b.value = d.theirs AND b.amount = a.amount"
            )
            (settled,) = connection.execute(equals).fetchall()[0]
            tied += many
            many -= settled
        if many:
            example = connection.execute("FROM differing ORDER BY person_id LIMIT 3").fetchall()
            raise SystemExit(f"{name}: {many:,} people differ, as {example}")
        equal += 1
    return {"said": f"  equal: {equal} columns of {people:,} people ({tied:,} values are one of several equals)"}


WORKERS = {"room": room, "hand": hand, "check": check}

if __name__ == "__main__":
    main()
