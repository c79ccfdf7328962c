"""`parcours serve`: the live side, until it is stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parcours.cli.door import DONE, Door, verb

if TYPE_CHECKING:
    from parcours.state import Database


SWITCH = 0.0005  # seconds after which what is worked out beside the answers lets an answer go on


@click.command(epilog="Example: parcours serve --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The port to listen on.")
@click.option(
    "--site", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of pages to show under /site, to try slots, with a key made for as long as this runs.",
)  # fmt: skip
@verb
def serve(door: Door, host: str, port: int, site: Path | None) -> int:
    """Collects what sites, apps and servers send, until it is stopped (Ctrl-C). Keeps it in PostgreSQL."""
    import uvicorn
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from parcours import live
    from parcours.server import app, logs
    from parcours.state import open_database
    from parcours.web import preferences, questionnaires

    project = door.project()
    threadpool_limits(1)  # small sums, many of them: threads of a library that wait for each other cost more
    sys.setswitchinterval(SWITCH)
    with open_database(project.state) as database, _shown(site, database) as shown:
        register = live.register_of(project, database, now=datetime.now(UTC))
        door.terminal.say("Listening on http://{host}:{port} (Ctrl-C ends it).", host=host, port=port)
        if site is not None:
            door.terminal.say("The pages are at http://{host}:{port}/site/", host=host, port=port)
        made = app.create(project, register, preferences.pages, questionnaires.pages, *shown)
        uvicorn.run(made, host=host, port=port, log_config=logs.SETTINGS, access_log=False,
                    timeout_graceful_shutdown=10, server_header=False)  # fmt: skip
    return DONE


@contextmanager
def _shown(folder: Path | None, database: Database) -> Iterator[list[Any]]:
    """The pages of a folder, and a key for them that ends with the server."""
    if folder is None:
        yield []
        return
    from parcours.server import keys
    from parcours.web import site

    key_id, key = keys.make(database, "web", ["collect", "decide"])
    try:
        yield [site.pages(folder, key)]
    finally:
        keys.revoke(database, key_id)
