"""Times reading one person over HTTP: `python bench/person.py --people 20000 --rate 500 --seconds 20`.

Publishes invented people (see bench/publish.py), has each of a thousand browsers log in and look at thirty articles,
then asks a server of one process for people at a steady rate from another process: half by id, half by identifier, one
in four with messages since the publication. Prints how long answers took beside those of `/health` in the same run,
and beside the bare look-up by SQL. Every read is in the table `reads` before it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from parcours import flow
from parcours.model.person import show
from parcours.project import load
from parcours.server import keys
from parcours.testing import write_files
from parcours.testing.databases import fresh_database, postgres
from parcours.testing.served import served
from publish import LOOK, TOML, make

LIVE = """
attributes: live
define:
  last_viewed: {kind: last, of: events.product_id, where: {name: product_viewed}, live: true}
  visits_today: {kind: distinct, of: events.session_id, within: 1 day, live: true}
"""
BROWSERS, VIEWS = 1000, 30


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=20_000)
    arguments.add_argument("--rate", type=int, default=500)
    arguments.add_argument("--seconds", type=int, default=20)
    given = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder, postgres(Path(folder) / "state") as url,
        fresh_database(url) as database,
    ):  # fmt: skip
        files = {"parcours.toml": TOML, "attributes/live.yaml": LIVE}
        project = load(write_files(Path(folder) / "shop", files), flow.kinds())
        make(project.folder, given.people, day=1)
        flow.publish(project, database)
        with served(database, project=project) as server:
            _, reader = keys.make(database, "desk", ["read"])
            browse(server)
            with psycopg.connect(database.url) as connection:
                ids = [row[0] for row in connection.execute("SELECT person_id FROM people LIMIT 5000").fetchall()]
                hashes = [row[0] for row in connection.execute("SELECT key FROM identifiers LIMIT 5000").fetchall()]
                print(f"bare look-up by SQL: p99 {bare(connection, hashes):.2f} ms")
            for name, asked in (("/health", [("GET", "/health", None)]), ("people", requests(ids, hashes))):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    took = pool.apply(ask, (server.url, reader, asked, given.rate, given.seconds))
                print(f"{name}: {len(took):,} answers at {given.rate}/s, median {np.median(took):.2f} ms, "
                      f"p99 {np.percentile(took, 99):.2f} ms, longest {max(took):.1f} ms")  # fmt: skip


def browse(server: Any) -> None:
    """A thousand browsers log in as published people and look at articles."""
    for browser in range(BROWSERS):
        who = {"anonymousId": f"b{browser}"}
        seen: list[dict[str, Any]] = [
            {**who, "type": "track", "event": "Product Viewed", "messageId": f"{browser}-{n}",
             "properties": {"product_id": f"A{n}", "category": "Tea", "price": 3}} for n in range(VIEWS)
        ]  # fmt: skip
        named = {"userId": f"u{browser}", "messageId": f"i{browser}", "traits": {"email": f"p{browser}@shop.example"}}
        batch = [*seen, {**who, **named, "type": "identify"}]
        assert server.post("/v1/batch", {"batch": batch}).status == 200


def requests(ids: list[int], hashes: list[int]) -> list[tuple[str, str, bytes | None]]:
    """What is asked: by id, by hash, and by the address of somebody who is on the site."""
    found: list[tuple[str, str, bytes | None]] = []
    for number, (person, key) in enumerate(zip(ids, hashes)):
        mail = {"identifier": {"kind": "email", "value": f"p{number % BROWSERS}@shop.example"}}
        found.append(("GET", f"/v1/people/{show(person)}", None))
        by_value = {"hash": f"{key:016x}"} if number % 2 else mail
        found.append(("POST", "/v1/people/look-up", json.dumps(by_value).encode()))
    return found


def bare(connection: psycopg.Connection[Any], hashes: list[int]) -> float:
    """The 99th percentile, in milliseconds, of the look-up alone."""
    took = []
    for key in hashes:
        before = time.perf_counter()
        connection.execute(LOOK, [key], prepare=True).fetchall()
        took.append((time.perf_counter() - before) * 1000)
    return float(np.percentile(took, 99))


def ask(url: str, key: str, asked: list[tuple[str, str, bytes | None]], rate: int, seconds: int) -> list[float]:
    """Asks at a steady rate, from a process of its own; the milliseconds from when each was due to its answer."""
    return asyncio.run(_ask(url, key, asked, rate, seconds))


async def _ask(url: str, key: str, asked: list[tuple[str, str, bytes | None]], rate: int, seconds: int) -> list[float]:
    host, port = url.removeprefix("http://").split(":")
    idle: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(32):
        idle.put_nowait(await asyncio.open_connection(host, int(port)))
    took: list[float] = []
    token = base64.b64encode(f"{key}:".encode()).decode()

    async def one(number: int, due: float) -> None:
        method, path, body = asked[number % len(asked)]
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n"
        head += f"Content-Length: {len(body or b'')}"
        reader, writer = await idle.get()
        writer.write(head.encode() + b"\r\n\r\n" + (body or b""))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        idle.put_nowait((reader, writer))
        took.append((time.perf_counter() - due) * 1000)

    begun, tasks = time.perf_counter(), []
    for number in range(rate * seconds):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    return took[rate:]  # the first second warms up


if __name__ == "__main__":
    main()
