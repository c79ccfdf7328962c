"""`parcours serve`: the live side, until it is stopped."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from parcours.cli.door import DONE, Door, verb


@click.command(epilog="Example: parcours serve --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The port to listen on.")
@verb
def serve(door: Door, host: str, port: int) -> int:
    """Collects what sites, apps and servers send, until it is stopped (Ctrl-C). Keeps it in PostgreSQL."""
    import uvicorn

    from parcours import live
    from parcours.server import app, logs
    from parcours.state import open_database
    from parcours.web import preferences, questionnaires

    project = door.project()
    with open_database(project.state) as database:
        register = live.register_of(project, database, now=datetime.now(UTC))
        door.terminal.say("Listening on http://{host}:{port} (Ctrl-C ends it).", host=host, port=port)
        made = app.create(project, register, preferences.pages, questionnaires.pages)
        uvicorn.run(made, host=host, port=port, log_config=logs.SETTINGS, access_log=False,
                    timeout_graceful_shutdown=10, server_header=False)  # fmt: skip
    return DONE
