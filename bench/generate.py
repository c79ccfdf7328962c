"""Writes the raw exports of a made-up retailer: tills, web orders, site tracking, mail, loyalty file, catalogue.

Everything is drawn by hashing row numbers with the seed, so that the same command writes the same shop anywhere.
Two years of history end on 31 March 2026; `--new-day` adds the files of 1 April and nothing else.

    python bench/generate.py --customers 1000000 --into /tmp/shop
    python bench/generate.py --customers 1000000 --into /tmp/shop --new-day
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
FIRST_DAY = date(2024, 4, 1)
DAYS = 730


def main() -> None:
    """Reads the arguments, writes the files and says how large they are."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--into", type=Path, required=True, help="the folder that becomes the project")
    arguments.add_argument("--new-day", action="store_true", help="add one further day of files")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--memory", default="3GB", help="what DuckDB may use before it works on disk")
    given = arguments.parse_args()
    started = time.monotonic()
    generate(given.into, given.customers, new_day=given.new_day, seed=given.seed, memory=given.memory)
    for folder, size in sizes(given.into / "data").items():
        print(f"{folder:<12} {size / 1e6:>10,.1f} MB")
    print(f"written in {time.monotonic() - started:.0f} s")


def generate(into: Path, customers: int, *, new_day: bool = False, seed: int = 1, memory: str = "3GB") -> None:
    """Writes the project and its raw files into a folder; with `new_day`, only the files of the day after."""
    data, scratch = into / "data", into / "scratch"
    for name in ("till", "web_orders", "web_events", "mail", "crm", "reference"):
        (data / name).mkdir(parents=True, exist_ok=True)
    shop = _open(customers, seed, memory, scratch)
    for table in ("products", "customers"):
        shop(table)
    if new_day:
        _one_more_day(shop, customers, data, scratch)
    else:
        _history(shop, customers, data, scratch)
        shutil.copytree(HERE / "main_job_project", into, dirs_exist_ok=True)
    shutil.rmtree(scratch)


def sizes(data: Path) -> dict[str, int]:
    """The bytes in each folder of raw files, and in all of them."""
    found = {folder.name: sum(file.stat().st_size for file in folder.iterdir()) for folder in sorted(data.iterdir())}
    return {**found, "all": sum(found.values())}


def _open(customers: int, seed: int, memory: str, scratch: Path) -> Callable[..., None]:
    """A function that runs one of the named statements of generate.sql."""
    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={"memory_limit": memory, "temp_directory": str(scratch / "spill"), "preserve_insertion_order": True}
    )
    connection.execute("SET VARIABLE seed = $seed", {"seed": seed})
    connection.execute("SET VARIABLE customers = $customers", {"customers": customers})
    statements = _statements()
    for name in ("first_names", "last_names", "endings", "streets", "chance", "skewed", "one_of", "euros"):
        connection.execute(statements[name])
    return lambda name, **values: connection.execute(statements[name], values or None) and None


def _statements() -> dict[str, str]:
    """The statements of generate.sql by their names."""
    parts = (HERE / "generate.sql").read_text(encoding="utf-8").split("-- name: ")[1:]
    return {name.strip(): body for name, _, body in (part.partition("\n") for part in parts)}


def _history(shop: Callable[..., None], customers: int, data: Path, scratch: Path) -> None:
    shop("history")
    _purchases(shop, data, scratch)
    # Blocks of visits keep the partitioned write within memory: every block holds some visits of each week.
    visits, block = customers * 10, 2_000_000
    for first in range(0, visits, block):
        part = scratch / f"sessions_{first}"
        shop("sessions", visits=first, until=min(first + block, visits), first=0, days=DAYS, path=str(part))
    for week in range(DAYS // 7 + 1):
        monday = FIRST_DAY + timedelta(days=7 * week)
        target = data / "web_events" / f"events_{monday}.jsonl"
        shop("events", path_in=str(scratch / "sessions_*" / f"week={week:03d}" / "*.parquet"), path=str(target))
    for campaign in range(24):
        moment = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=30 * campaign + 8, hours=8)
        target = data / "mail" / f"mail_{moment.date()}.csv"
        shop("mail", campaign=campaign, moment=moment, share=0.2, path=str(target))
    shop("crm", share=1.0, path=str(data / "crm" / "customers_2026-03-31.csv"))
    shop("catalogue", path=str(data / "reference" / "products.csv"))
    shop("stores", path=str(data / "reference" / "stores.csv"))


def _one_more_day(shop: Callable[..., None], customers: int, data: Path, scratch: Path) -> None:
    shop("new_day")
    _purchases(shop, data, scratch, name="2026-04-01")
    visits, day = customers * 10, scratch / "sessions_new"
    shop("sessions", visits=visits, until=visits + visits // DAYS, first=DAYS, days=1, path=str(day))
    target = data / "web_events" / "events_2026-04-01.jsonl"
    shop("events", path_in=str(day / "*" / "*.parquet"), path=str(target))
    target = data / "mail" / "mail_2026-04-01.csv"
    shop("mail", campaign=99, moment=datetime(2026, 4, 1, 8), share=0.01, path=str(target))
    shop("crm", share=0.001, path=str(data / "crm" / "customers_2026-04-01.csv"))


def _purchases(shop: Callable[..., None], data: Path, scratch: Path, name: str = "") -> None:
    """Tickets and web orders, a file a month (or one of the given name)."""
    shop("dated", path=str(scratch / "purchases"))
    for month in sorted((scratch / "purchases").iterdir()):
        label = name or month.name.removeprefix("month=")
        shop("lines", path=str(month / "*.parquet"))
        shop("till", path=str(data / "till" / f"till_{label}.csv"))
        shop("web_orders", path=str(data / "web_orders" / f"orders_{label}.jsonl"))


if __name__ == "__main__":
    main()
