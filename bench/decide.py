"""Times `POST /v1/decide`: `python bench/decide.py --people 20000 --rate 300 --events 5000 --seconds 20`.

Publishes invented people (see bench/publish.py) and starts the server as a retailer does, on the PostgreSQL that comes
with it. One slot has fifty variants, half of them with a rule on the profile, and learns by Thompson sampling. It is
asked for at a steady rate from another process, for published people, browsers seen lately and strangers, while a third
process sends events; one answer in ten is clicked. Beside it stands an endpoint that reads the same requests and does
nothing, in the same run. `--decisions 100000` then asks as fast as it goes and prints what the server holds in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import senders
from live import free_port, listening
from parcours import flow
from parcours.model.person import show
from parcours.project import load
from parcours.server import keys
from parcours.state import open_database
from parcours.testing import write_files
from publish import TOML, make

VARIANTS = 50
BATCH = 100
CALLERS = 24


def slot() -> str:
    """Fifty variants, every other one for some people only."""
    lines = ["slot: hero", "holdout: 5 %", "milliseconds: 1000", "choose: {kind: thompson, explore: 5 %}",
             "success: {by: click, within: 1 hours}", "filters: [in_stock]", "fallback: v0", "rules:",
             "  - {when: {weather: rain}, never: [v3]}", "variants:"]  # fmt: skip
    for each in range(VARIANTS):
        who = f", who: {{amount_{each // 2}: {{at_least: 5000}}}}" if each % 2 else ""
        content = f"{{image: /img/{each}.jpg, text: {{en: Text {each}, fr: Texte {each}}}}}"
        lines.append(f"  v{each}: {{content: {content}{who}}}")
    return "\n".join(lines) + "\n"


def empty() -> FastAPI:
    """A server that reads what it is asked and does nothing."""
    app = FastAPI(openapi_url=None)

    async def read(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse({"decisions": []})

    app.add_api_route("/v1/decide", read, methods=["POST"])
    return app


def bodies(people: list[int]) -> list[bytes]:
    """What is asked: for published people, browsers, strangers."""
    told = {"page": "home", "device": "mobile", "weather": "rain", "traffic_source": "newsletter", "cart_items": 2}
    found = []
    for number, person in enumerate(people):
        browser, stranger = f"visitor-{number % 5000}", f"new-{number}"
        who = ({"personId": show(person)}, {"anonymousId": browser}, {"anonymousId": stranger})[number % 3]
        found.append(json.dumps({"slots": ["hero"], "context": told, **who}).encode())
    return found


def asked(port: int, key: str, told: list[bytes], rate: float, seconds: float) -> list[float]:
    """Asks from a process of its own, at a rate (0: as fast as it goes); milliseconds from when each was due."""
    return asyncio.run(_asked(port, key, told, rate, seconds))


async def _asked(port: int, key: str, told: list[bytes], rate: float, seconds: float) -> list[float]:
    token = base64.b64encode(f"{key}:".encode()).decode()
    idle: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(CALLERS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    took: list[float] = []

    async def post(path: str, body: bytes) -> bytes:
        reader, writer = await idle.get()
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        read: bytes = await reader.readexactly(int(length.split(b":")[1]))
        idle.put_nowait((reader, writer))
        return read

    async def one(number: int, due: float) -> None:
        answer = await post("/v1/decide", told[number % len(told)])
        took.append((time.perf_counter() - due) * 1000)
        if number % 10 == 0 and (decisions := json.loads(answer)["decisions"]):
            (made,) = decisions
            click = {"event": "Decision Clicked", "anonymousId": f"clicks-{number}",
                     "messageId": f"{os.getpid()}-{number}",
                     "properties": {"decision_id": made["decision_id"], "key": made["items"][0]["key"]}}  # fmt: skip
            await post("/v1/track", json.dumps(click).encode())

    begun, tasks = time.perf_counter(), set()
    count = int(rate * seconds) if rate else len(told)
    for number in range(count):
        due = begun + number / rate if rate else time.perf_counter()
        if rate:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        elif len(tasks) >= CALLERS:
            _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        tasks.add(task := asyncio.create_task(one(number, due)))
        task.add_done_callback(tasks.discard if rate else lambda _: None)
    await asyncio.gather(*tasks)
    return took[int(rate) :]  # the first second warms up


def sent(port: int, key: str, rate: float, seconds: float, name: str) -> int:
    """Sends events in batches at a steady rate from a process of its own; how many were acknowledged."""
    caller, count, end = senders.Caller(port), 0, time.perf_counter() + seconds
    with senders.paced(rate / BATCH) as moments:
        for number, _ in enumerate(moments):
            if time.perf_counter() > end:
                break
            ids = [f"{name}-{number}-{each}" for each in range(BATCH)]
            count += BATCH * (caller.send(senders.request("/v1/batch", senders.batch(ids), key)) == 200)
    caller.close()
    return count


def measured(port: int, key: str, told: list[bytes], given: argparse.Namespace, name: str) -> float:
    """Asks while events are sent; prints and gives the 99th percentile in milliseconds."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        long = given.seconds + 1
        events = pool.apply_async(sent, (port, key, given.events, long, name)) if name == "decide" else None
        took = pool.apply(asked, (port, key, told, given.rate, given.seconds))
        kept = events.get() / long if events else 0
    p99 = float(np.percentile(took, 99))
    print(f"{name:8} {len(took):,} answers at {given.rate}/s beside {kept:,.0f} events/s: "
          f"median {np.median(took):.2f} ms, p99 {p99:.2f} ms, longest {max(took):.1f} ms", flush=True)  # fmt: skip
    return p99


def held(process: int) -> float:
    """Megabytes a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=20_000)
    arguments.add_argument("--rate", type=int, default=300)
    arguments.add_argument("--events", type=int, default=5_000, help="how many are sent a second beside it")
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--decisions", type=int, default=0, help="then so many as fast as it goes, for the memory")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="parcours-decide-") as name:
        known = "attributes: made\ndefine:\n" + "".join(
            f"  amount_{each}: {{kind: count, of: orders}}\n" for each in range(VARIANTS // 2)
        )
        files = {"parcours.toml": TOML, "slots/hero.yaml": slot(), "attributes/made.yaml": known}
        folder = write_files(Path(name) / "shop", files)
        for each in (Path(name), folder):
            each.chmod(0o755)
        project = load(folder, flow.kinds())
        make(folder, given.people, day=1)
        with open_database(project.state) as database:
            flow.publish(project, database)
            _, key = keys.make(database, "web", ["collect", "decide"])
            with psycopg.connect(database.url) as connection:
                people = [row[0] for row in connection.execute("SELECT person_id FROM people LIMIT 15000").fetchall()]
            told, port = bodies(people), free_port()
            command = [sys.executable, "-c", "from parcours.cli import main; main()", "--project", str(folder), "serve",
                       "--port", str(port)]  # fmt: skip
            with listening(command, port):
                decide = measured(port, key, told, given, "decide")
                if given.decisions:
                    memory(port, key, told, given.decisions)
            with psycopg.connect(database.url) as connection:
                (row,) = connection.execute(
                    "SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM decisions WHERE how = 'fallback'),"
                    " (SELECT count(*) FROM rewards WHERE outcome = 'counted'), (SELECT count(*) FROM rewards)"
                ).fetchall()  # fmt: skip
            print(f"kept {row[0]:,} decisions, {row[1]:,} of them the fallback; "
                  f"{row[2]:,} of {row[3]:,} clicks counted")  # fmt: skip
        port = free_port()
        plain = [sys.executable, "-m", "uvicorn", "--factory", "decide:empty", "--port", str(port), "--log-level",
                 "error", "--no-access-log"]  # fmt: skip
        with listening(plain, port, cwd=Path(__file__).parent):
            print(f"p99 is {decide / measured(port, key, told, given, 'empty'):.1f} times that of the empty endpoint")


def memory(port: int, key: str, told: list[bytes], decisions: int) -> None:
    """Asks so many times as fast as it goes; what the server holds before, on the way and after."""
    found = [int(line.split()[0]) for line in os.popen(f"pgrep -f -- '--port {port}'").read().splitlines()]
    process = min(each for each in found if each != os.getpid())
    holds, begun = [held(process)], time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for _ in range(5):
            some = (told * (decisions // 5 // len(told) + 1))[: decisions // 5]
            pool.apply(asked, (port, key, some, 0, 0))
            holds.append(held(process))
    took = time.perf_counter() - begun
    print(f"{decisions:,} decisions in {took:.0f} s ({decisions / took:,.0f}/s); memory of the server, MB: "
          + ", ".join(f"{each:.0f}" for each in holds))  # fmt: skip


if __name__ == "__main__":
    main()
