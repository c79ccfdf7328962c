"""Times the main job on a generated retailer: exports in, one customer view, segments out.

Writes the raw files if they are not there yet (bench/generate.py), then runs the whole job three times, each in a
process of its own: everything for the first time, after one more day of files, and with nothing new. Prints the time
and the peak memory (of the process and its children, sampled from /proc) of each room, and how the profile room
compares with hand-written DuckDB SQL over the same files (bench/profiles.py).

    python bench/main_job.py --customers 1000000 --cache /tmp/parcours-bench
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import generate

NEW_DAY = "2026-04-01"
NOW = datetime(2026, 4, 2, 6, tzinfo=UTC)
SAMPLES_A_SECOND = 10
TABLES = ("orders", "order_lines", "events", "message_events", "customer_records", "identifiers", "links", "persons",
          "profiles", "memberships", "review_pairs", "refused_links")  # fmt: skip


@dataclass
class Measured:
    """What a run took: seconds and peak bytes by room, and how many rows its tables have."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rows: dict[str, int] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    published: bool = True

    @property
    def total(self) -> float:
        """The seconds of the whole run, start of Python and publishing included."""
        return self.seconds["in all"]


def main() -> None:
    """Reads the arguments, runs the three runs and prints what they took."""
    given = _arguments()
    if given.worker:
        work(given.worker)
        return
    folder = given.cache / str(given.customers)
    prepare(folder, given.customers)
    first = measure(folder)
    show("the first run", first)
    for name in TABLES:
        print(f"  {name:<24} {first.rows.get(name, 0):>14,} rows")
    compare_profiles(folder, first)
    generate.generate(folder, given.customers, new_day=True)
    second = measure(folder)
    show("one more day", second)
    print(f"  {second.total / first.total:.1%} of the first run")
    third = measure(folder)
    show("nothing new", third)
    published = "a version" if third.published else "nothing"
    print(f"  {third.total / first.total:.1%} of the first run; {published} published")
    limits(given, first, second)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--cache", type=Path, default=Path("/tmp/parcours-bench"), help="where raw files are kept")
    arguments.add_argument("--fail-above", type=float, metavar="SECONDS", help="exit with 1 if the first run is slower")
    arguments.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return arguments.parse_args()


def prepare(folder: Path, customers: int) -> None:
    """Leaves the raw files of the history, the current project and no warehouse."""
    if not (folder / "data").is_dir():
        print(f"writing the raw files of {customers:,} customers into {folder}")
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        generate.generate(unfinished, customers)
        unfinished.rename(folder)
    for file in folder.glob(f"data/*/*{NEW_DAY}*"):
        file.unlink()
    shutil.copytree(generate.HERE / "main_job_project", folder, dirs_exist_ok=True)
    shutil.rmtree(folder / "warehouse", ignore_errors=True)
    for name, size in generate.sizes(folder / "data").items():
        print(f"  {name:<24} {size / 1e6:>14,.1f} MB")


def measure(folder: Path) -> Measured:
    """Runs the main job in a process of its own and watches it."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, __file__, "--worker", str(folder)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    measured = Measured()
    room = ["start"]
    watcher = threading.Thread(target=_watch, args=(process, room, measured.peak), daemon=True)
    watcher.start()
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        room[0] = told.get("room", room[0])
        measured.seconds |= told.get("seconds", {})
        measured.rows |= told.get("rows", {})
        measured.sources += told.get("sources", [])
        measured.published = told.get("published", measured.published)
    if process.wait():
        raise SystemExit(f"the main job failed in {room[0]}")
    measured.seconds["in all"] = time.monotonic() - started
    measured.peak["in all"] = max(measured.peak.values())
    return measured


def work(folder: Path) -> None:
    """The main job itself, telling its parent which room it is in."""
    from parcours import flow, project

    def tell(**what: object) -> None:
        print(json.dumps(what), flush=True)

    def progress(room: str, done: int, total: int, note: str = "") -> None:
        tell(room=room)

    loaded = project.load(folder, flow.kinds())
    run = flow.run(loaded, now=NOW, progress=progress, only=("segments",))
    tell(
        seconds=run.seconds,
        rows={name: rows for name, rows in run.rows.items() if not name.startswith("landing_")},
        sources=[
            f"{count.source:<24} {count.received:>14,} received = {count.landed:,} landed + {count.rejected:,} rejected"
            for count in run.sources
        ],
        published=run.version is not None,
    )


def show(title: str, measured: Measured) -> None:
    """Prints a run as a table."""
    print(f"\n{title}")
    for line in measured.sources:
        print(f"  {line}")
    for room, seconds in measured.seconds.items():
        print(f"  {room:<24} {seconds:>10.1f} s {measured.peak.get(room, 0) / 1e9:>10.2f} GB")


def compare_profiles(folder: Path, measured: Measured) -> None:
    """Prints how the profile room compares with hand-written SQL that makes the same table."""
    import profiles

    by_hand = profiles.by_hand(folder)
    ours = measured.seconds["profiles"]
    print(f"  profiles: {ours:.1f} s; hand-written SQL {by_hand:.1f} s; ratio {ours / by_hand:.2f}")


def limits(given: argparse.Namespace, first: Measured, second: Measured) -> None:
    """Exits with 1 when the first run was slower than asked for."""
    if given.fail_above and first.total > given.fail_above:
        raise SystemExit(f"the first run took {first.total:.0f} s, more than {given.fail_above:.0f} s")


def _watch(process: subprocess.Popen[str], room: list[str], peak: dict[str, int]) -> None:
    while process.poll() is None:
        peak[room[0]] = max(peak[room[0]], resident(process.pid))
        time.sleep(1 / SAMPLES_A_SECOND)


def resident(pid: int) -> int:
    """The bytes that a process and its children hold in memory now."""
    total = 0
    for each in [pid, *_children(pid)]:
        try:
            status = Path(f"/proc/{each}/status").read_text()
        except OSError:
            continue
        lines = [line.split() for line in status.splitlines() if line.startswith("VmRSS")]
        total += sum(int(words[1]) * 1024 for words in lines)
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            pids = [int(word) for word in task.read_text().split()]
        except OSError:
            continue
        for child in pids:
            found += [child, *_children(child)]
    return found


if __name__ == "__main__":
    main()
