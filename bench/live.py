"""Times what `parcours serve` keeps in a second: `python bench/live.py --seconds 10`.

Starts the server as a retailer does, on the PostgreSQL that comes with it, and sends from other processes of the same
machine: batches of 100 events and single events. What is counted was acknowledged, and so is on disk. It also asks at
a steady rate who visitors are (`bench/person.py` asks for published customers). Beside it stand, in the same run, a
bare COPY of the same rows into a table without keys, and an endpoint that reads the same requests and keeps nothing.
Times depend on what else the machine does; look at the ratios.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import senders
from parcours.collect import Collected, read_batch
from parcours.collect.rows import rows
from parcours.server import keys
from parcours.state import Database, open_database

BATCH = 100
ROWS_AT_ONCE = 10_000
LOOK_UP = "/v1/people/look-up"
READS = 500  # a second


def empty() -> FastAPI:
    """A server that reads what it is sent and keeps nothing."""
    app = FastAPI(openapi_url=None)

    async def read(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse({"success": True})

    for path in ("/v1/batch", "/v1/track", LOOK_UP):
        app.add_api_route(path, read, methods=["POST"])
    return app


@contextmanager
def listening(command: list[str], port: int, **more: Any) -> Iterator[None]:
    """A server in a process of its own, until the end."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, **more) as process:
        until = time.monotonic() + 60
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[:4]} did not start")
            time.sleep(0.05)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def send(port: int, key: str, path: str, seconds: float, callers: int, size: int, pace: float | None,
         told: Any, name: str) -> None:  # fmt: skip
    """One process of callers; tells how many events were acknowledged and how long each request took."""
    took: list[float] = []
    refused = [0]

    def call(caller: int) -> None:
        connection, number = senders.Caller(port), 0
        with senders.paced((pace or 0.0) / callers or 1e9) as moments:
            for due in moments:
                if time.perf_counter() > end:
                    break
                number += 1
                ids = [f"{name}-{caller}-{number}-{each}" for each in range(size)]
                asked = senders.request(path, body_of(path, ids, number * callers + caller), key)
                begun = due if pace else time.perf_counter()
                status = connection.send(asked)
                if status == 200 or (status == 404 and path == LOOK_UP):  # a visitor who has not come yet
                    took.append(time.perf_counter() - begun)
                else:
                    refused[0] += 1
        connection.close()

    end = time.perf_counter() + seconds
    threads = [threading.Thread(target=call, args=[caller]) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put((len(took) * size, took, refused[0]))


def body_of(path: str, ids: list[str], number: int) -> bytes:
    if path == LOOK_UP:
        return senders.look_up(number)
    return senders.batch(ids) if path.endswith("batch") else senders.event(ids[0], number).encode()


def load(port: int, key: str, path: str, *, seconds: float, callers: int, size: int,
         pace: float | None = None) -> dict[str, float]:  # fmt: skip
    """What callers of one more process got: events a second, and the times of requests in milliseconds."""
    told: Any = multiprocessing.Queue()
    name = f"{path}-{os.urandom(4).hex()}"
    process = multiprocessing.Process(target=send, args=(port, key, path, seconds, callers, size, pace, told, name))
    process.start()
    events, took, refused = told.get()
    process.join()
    took.sort()
    at = {f"p{part}_ms": round(took[min(len(took) - 1, len(took) * part // 100)] * 1000, 1) for part in (50, 99)}
    return {"events_per_second": round(events / seconds), "requests_per_second": round(len(took) / seconds),
            "refused": refused, **at}  # fmt: skip


def copied(database: Database, seconds: float) -> dict[str, float]:
    """Rows a second of a bare COPY of the same rows, in commits of ten thousand, into a table without keys."""
    now = datetime.now(UTC)
    body = senders.batch([f"copied-{each}" for each in range(BATCH)])
    read = [one for one in read_batch(body, source="web", now=now) if isinstance(one, Collected)]
    told = rows((one, "{}") for one in read * (ROWS_AT_ONCE // BATCH))
    count, begun = 0, time.perf_counter()
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE copied (key uuid, source text, kind text, name text, subject bigint, "
                           "event_time timestamptz, received_at timestamptz, seen text, body text)")  # fmt: skip
        while time.perf_counter() < begun + seconds:
            with connection.cursor().copy("COPY copied FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(told)
            count += ROWS_AT_ONCE
        took = time.perf_counter() - begun
        connection.execute("DROP TABLE copied")
    return {"rows_per_second": round(count / took)}


def measured(seconds: float) -> dict[str, Any]:
    """All figures, of one run."""
    folder = Path(tempfile.mkdtemp(prefix="parcours-live-"))
    folder.chmod(0o755)
    try:
        (folder / "parcours.toml").write_text('[project]\nname = "live"\n[collect]\nper_second = 1000000\n')
        with open_database(folder / "state") as database:
            _, key = keys.make(database, "web", ["collect", "read"])
            figures: dict[str, Any] = {"copy": copied(database, seconds)}
            port = free_port()
            serve = [sys.executable, "-c", "from parcours.cli import main; main()", "--project", str(folder), "serve",
                     "--port", str(port)]  # fmt: skip
            with listening(serve, port):
                figures |= against("kept", port, key, seconds)
            port = free_port()
            plain = [sys.executable, "-m", "uvicorn", "--factory", "live:empty", "--port", str(port), "--log-level",
                     "error", "--no-access-log"]  # fmt: skip
            with listening(plain, port, cwd=Path(__file__).parent):
                figures |= against("empty", port, key, seconds)
            return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def against(name: str, port: int, key: str, seconds: float) -> dict[str, Any]:
    """A server's figures: who visitors are; batches; single events as fast as it goes, and at a thousand a second."""
    load(port, key, "/v1/batch", seconds=1, callers=2, size=BATCH)
    reads = load(port, key, LOOK_UP, seconds=seconds, callers=16, size=1, pace=READS)
    return {
        f"{name}_reads_paced": {part: value for part, value in reads.items() if part != "events_per_second"},
        f"{name}_batches": load(port, key, "/v1/batch", seconds=seconds, callers=8, size=BATCH),
        f"{name}_single": load(port, key, "/v1/track", seconds=seconds, callers=24, size=1),
        f"{name}_single_paced": load(port, key, "/v1/track", seconds=seconds, callers=24, size=1, pace=1_000),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="how long each figure is measured")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    chosen = parser.parse_args()
    figures = measured(chosen.seconds)
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, values in figures.items():
        print(f"{name:20}", values)
    kept, empty = figures["kept_batches"]["events_per_second"], figures["empty_batches"]["events_per_second"]
    copied_rows = figures["copy"]["rows_per_second"]
    print(f"batches: {kept / copied_rows:.2f} of bare COPY, {kept / empty:.2f} of the empty endpoint")
    single = figures["kept_single"]["requests_per_second"] / figures["empty_single"]["requests_per_second"]
    reads, none = figures["kept_reads_paced"], figures["empty_reads_paced"]
    ratios = ", ".join(f"{part} {reads[part] / none[part]:.1f}" for part in ("p50_ms", "p99_ms"))
    print(f"reads of a visitor at {READS} a second: {ratios} times the empty endpoint")
    print(f"single events: {single:.2f} of the empty endpoint")


if __name__ == "__main__":
    main()
