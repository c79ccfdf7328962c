"""Kills the server and PostgreSQL under load and counts what is left: `python bench/kill.py --kills 50`.

Starts `parcours serve` on a PostgreSQL of its own, has callers send batches and single events, and kills with signal 9,
by turns, the server and PostgreSQL. A caller sends the same again until it is acknowledged. At the end every event that
was acknowledged must be there once; then all that was sent is sent again, and no table may change.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import senders
from live import answers, free_port
from parcours.server import keys
from parcours.state import Database, open_database
from parcours.state.queries import Query

SIZES = (1, 20, 1, 100)  # events a request, a caller each
COUNTED = Query("counted", "How often each message that was sent is there.",
                "SELECT body::json ->> 'messageId' AS message, count(*) AS times FROM collected "
                "GROUP BY 1")  # fmt: skip
CONTENT = Query("content", "What the tables hold, as one number.",
                "SELECT (SELECT coalesce(sum(hashtextextended(c::text, 0)), 0) FROM collected AS c)::text || ' ' || "
                "(SELECT coalesce(sum(hashtextextended(r::text, 0)), 0) FROM collected_rejected AS r)::text "
                "AS content")  # fmt: skip


@dataclass
class Sender:
    """A caller that sends one request after the other, each until it is acknowledged."""

    name: str
    size: int
    port: int
    key: str
    sent: int = 0
    acknowledged: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def request(self, number: int) -> bytes:
        """The bytes of a request, the same each time."""
        messages = [f"{self.name}-{number}-{each}" for each in range(self.size)]
        if self.size == 1:
            return senders.request("/v1/track", senders.event(messages[0], number).encode(), self.key)
        return senders.request("/v1/batch", senders.batch(messages), self.key)

    def run(self) -> None:
        """Sends until it is ended."""
        caller = senders.Caller(self.port)
        while not self.ended.is_set():
            asked, self.sent = self.request(self.sent), self.sent + 1
            while caller.send(asked) != 200:
                time.sleep(0.01)
            self.acknowledged += 1

    def again(self) -> None:
        """Sends everything once more."""
        caller = senders.Caller(self.port)
        for number in range(self.sent):
            while caller.send(self.request(number)) != 200:
                time.sleep(0.01)


class Server:
    """`parcours serve` in a process that may be killed."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [sys.executable, "-c", "from parcours.cli import main; main()", "--project", str(folder),
                         "serve", "--port", str(port)]  # fmt: skip
        self._port = port
        self.start()

    def start(self) -> None:
        """Starts it and waits until it listens."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        while not answers(self._port):
            if self.process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends it as a loss of power would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def shop() -> Iterator[tuple[Path, Database]]:
    """A project with its PostgreSQL, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="parcours-kill-"))
    folder.chmod(0o755)
    (folder / "parcours.toml").write_text('[project]\nname = "kill"\n', encoding="utf-8")
    try:
        with open_database(folder / "state") as database:
            yield folder, database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def killed(kills: int, seconds: float) -> dict[str, int | bool]:
    """What was acknowledged and what is there, after so many kills with so many seconds between."""
    with shop() as (folder, database):
        _, key = keys.make(database, "web", ["collect"])
        port = free_port()
        server = Server(folder, port)
        callers = [Sender(f"{at}-{size}", size, port, key) for at, size in enumerate(SIZES)]
        threads = [threading.Thread(target=caller.run) for caller in callers]
        for thread in threads:
            thread.start()
        for turn in range(kills):
            _kill(turn, server, database, callers, seconds)
            print(f"kill {turn + 1} of {kills}", file=sys.stderr)
        for caller in callers:
            caller.ended.set()
        for thread in threads:
            thread.join()
        found = _counted(callers, database)
        before = database.run(CONTENT)
        for caller in callers:
            caller.again()
        server.process.send_signal(signal.SIGINT)
        server.process.wait()
        return {"kills": kills, **found, "changed": database.run(CONTENT) != before}


def _kill(turn: int, server: Server, database: Database, callers: list[Sender], seconds: float) -> None:
    wanted = sum(caller.acknowledged for caller in callers) + len(callers)
    until = time.monotonic() + 60
    while sum(caller.acknowledged for caller in callers) < wanted and time.monotonic() < until:
        time.sleep(0.01)  # something was acknowledged since the last kill
    time.sleep(seconds * (1 + turn % 5) / 3)
    if turn % 2:
        server.kill()
        server.start()
    elif database.cluster is not None and (process := database.cluster.process()):
        os.kill(process, signal.SIGKILL)


def _counted(callers: list[Sender], database: Database) -> dict[str, int]:
    times = {row["message"]: row["times"] for row in database.run(COUNTED)}
    sent = [(caller, number) for caller in callers for number in range(caller.acknowledged)]
    missing = sum(
        f"{caller.name}-{number}-{each}" not in times for caller, number in sent for each in range(caller.size)
    )
    return {"acknowledged": sum(caller.acknowledged * caller.size for caller in callers), "kept": len(times),
            "duplicates": sum(count - 1 for count in times.values()), "missing": missing}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=0.5, help="about how long load goes on between two kills")
    chosen = parser.parse_args()
    found = killed(chosen.kills, chosen.seconds)
    print(json.dumps(found))
    sys.exit(bool(found["duplicates"] or found["missing"] or found["changed"]))


if __name__ == "__main__":
    main()
