"""A server of ours in a thread, on a port of its own: for tests that call it as anybody would."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from parcours import flow
from parcours.consent import Register, keep_texts
from parcours.consent.secret import Secret
from parcours.model.value import Title
from parcours.project import Project, load
from parcours.project.consents import usual_consents
from parcours.server import app, keys
from parcours.state import Database
from parcours.web import preferences, questionnaires


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A server that runs, over a database, with a key that may collect."""

    url: str
    database: Database
    key: str
    stop: Callable[[], None]

    def post(self, path: str, body: Any, *, key: str | None = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Posts JSON (or bytes as they are) with the collect key, another one, or (None) without."""
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(f"{key or self.key}:".encode()).decode()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, data, sent)

    def ask(
        self, method: str, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Asks anything."""
        asked = urllib.request.Request(self.url + path, data, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())


def register_of(database: Database) -> Register:
    """The register of a shop that asks what we ship, under a secret that everybody knows."""
    declared = replace(usual_consents(), public_url="https://data.shop.example", zone="Europe/Paris",
                       title=Title.of("Corner shop"))  # fmt: skip
    keep_texts(database, declared, now=datetime.now(UTC))
    return Register(database, declared, Secret(b"not a secret".ljust(32)))


def plain_project() -> Project:
    """The project of a shop that decides nothing itself."""
    with TemporaryDirectory() as folder:
        packs = "".join(f"[{name}]\npacks = []\n" for name in ("profiles", "segments", "scores"))
        (Path(folder) / "parcours.toml").write_text(f'[project]\nname = "shop"\n{packs}')
        return load(Path(folder), flow.kinds())


@contextmanager
def served(
    database: Database, *, project: Project | None = None, port: int = 0, key: str | None = None,
    pages: Iterable[Any] = (),
) -> Iterator[Served]:  # fmt: skip
    """Runs a server over a database until the end; what waits is kept before it goes.

    Without a port it takes a free one, without a key it makes one: give both to start the same server again. Without a
    project it is that of a shop that decides nothing itself. `pages` are shown beside ours.
    """
    key = key or keys.make(database, "web", ["collect"])[1]
    shown = (preferences.pages, questionnaires.pages, *pages)
    made = app.create(project or plain_project(), register_of(database), *shown)
    settings = uvicorn.Config(made, host="127.0.0.1", port=port, log_level="error", access_log=False)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=30)

    try:
        yield Served(f"http://127.0.0.1:{port}", database, key, stop)
    finally:
        stop()
