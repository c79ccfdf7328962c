"""The libraries that retailers have already send here unchanged, and nothing is lost, not even while we start again."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from segment.analytics.client import Client

from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing.served import Served, served

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium")
KINDS = Query("kinds", "Every message's kind.", "SELECT kind, body FROM collected ORDER BY number")
REJECTED = Query("rejected", "Everything rejected.", "SELECT reason, body FROM collected_rejected")
PATIENCE = 60.0  # seconds that libraries may take to try again
Send = Callable[[int], dict[str, int]]

INSTALLED = [
    pytest.mark.sdk,
    pytest.mark.skipif(
        not ((HERE / "node_modules").is_dir() and CHROMIUM), reason="make test-sdks installs the libraries"
    ),
]


@contextmanager
def program(*command: str) -> Iterator[Send]:
    """A script of this folder that sends when it is told to."""
    with subprocess.Popen(
        ["node", *command], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as running:
        assert running.stdin is not None and running.stdout is not None
        told, said = running.stdin, running.stdout
        assert said.readline() == "ready\n"

        def send(rounds: int) -> dict[str, int]:
            told.write(f"send {rounds}\n")
            return json.loads(said.readline())

        yield send
        told.close()


@contextmanager
def node(shop: Served) -> Iterator[Send]:
    with program("segment_node.mjs", shop.url, shop.key) as send:
        yield send


@contextmanager
def page(name: str, shop: Served) -> Iterator[Send]:
    """A page of the shop, on a site of its own."""
    assert CHROMIUM is not None
    handler = partial(Quiet, directory=str(HERE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        told = urlencode({"host": shop.url, "key": shop.key})
        try:
            with program(
                "browser.mjs", f"http://127.0.0.1:{site.server_port}/pages/{name}.html?{told}", CHROMIUM
            ) as send:
                yield send
        finally:
            site.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def python(shop: Served, *, gzip: bool = True) -> Iterator[Send]:
    client = Client(shop.key, host=shop.url, gzip=gzip, upload_interval=0.1, upload_size=4)

    def send(rounds: int) -> dict[str, int]:
        for n in range(rounds):
            client.identify("u1", {"email": "ana@example.com", "n": n}, anonymous_id="a1")
            client.track("u1", "Product Viewed", {"product_id": "tea", "n": n}, anonymous_id="a1")
            client.page("u1", "Shop", "Home", {"n": n}, anonymous_id="a1")
            client.screen("u1", "Shop", "Home", {"n": n}, anonymous_id="a1")
            client.group("u1", "club", {"n": n}, anonymous_id="a1")
            client.alias("a1", "u1")
        return dict.fromkeys(("identify", "track", "page", "screen", "group", "alias"), rounds)

    yield send
    client.shutdown()


def kept(database: Database, expected: int) -> list[dict[str, Any]]:
    """What was kept, as soon as it is as much as was sent; else what there is when patience ends."""
    until = time.monotonic() + PATIENCE
    while len(found := database.run(KINDS)) < expected and time.monotonic() < until:
        time.sleep(0.05)
    return found


LIBRARIES = [
    pytest.param(python, id="segment-analytics-python"),
    pytest.param(node, id="@segment/analytics-node", marks=INSTALLED),
    pytest.param(partial(page, "segment"), id="@segment/analytics-next", marks=INSTALLED),
    pytest.param(partial(page, "rudderstack"), id="@rudderstack/analytics-js", marks=INSTALLED),
]


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_library_sends_is_kept_each_once_also_while_the_server_starts_again(
    library: Callable[[Served], Any], database: Database
) -> None:
    with served(database) as shop:
        with library(shop) as send:
            sent = Counter(send(3))
            assert Counter(row["kind"] for row in kept(database, sent.total())) == sent
            sent += Counter(send(1))  # on its way, perhaps, when the server goes
            port = int(shop.url.rpartition(":")[2])
            shop.stop()
            sent += Counter(send(2))
            with served(database, port=port, key=shop.key):
                found = kept(database, sent.total())
        assert Counter(row["kind"] for row in found) == sent
        assert database.run(REJECTED) == []
        for row in found:
            if row["kind"] == "track":
                assert json.loads(row["body"])["properties"]["product_id"] == "tea"
