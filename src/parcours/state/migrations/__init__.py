"""Brings the tables from one version of Parcours to the next: `schema.sql` is the truth, files here lead to it.

A file is called `002_before_what.sql` or `002_after_what.sql`: `before` runs before the new programs start (what it
adds does not disturb the old ones), `after` when the old ones are gone. A new database is made from schema.sql at once.
Each file runs once, in a transaction, and is written down.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import psycopg

_NAME = re.compile(r"(\d{3})_(before|after)_(\w+)\.sql")
LOCK = 7_276_001  # one process at a time


class MigrationFault(RuntimeError):
    """The tables are newer than this program, or a file is named wrongly."""


def migrate(connection: psycopg.Connection[Any], *, after: bool = True) -> list[str]:
    """Runs what has not run yet and gives its names; `after=False` leaves the second half for later.

    Raises MigrationFault for tables that are newer than this program.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    known = files()
    (made,) = connection.execute("SELECT to_regclass('migrations') IS NOT NULL AS made")
    if not made["made"]:
        connection.execute(resources.files("parcours.state").joinpath("schema.sql").read_bytes())
        _note(connection, known)
        return []
    done = {row["name"] for row in connection.execute("SELECT name FROM migrations")}
    if strangers := sorted(done - set(known)):
        raise MigrationFault(f"the tables are newer than this program ({strangers[-1]}): install the newer Parcours")
    waiting = [name for name in known if name not in done and (after or "_before_" in name)]
    for name in waiting:
        connection.execute(resources.files(__package__).joinpath(name).read_bytes())
        _note(connection, [name])
    return waiting


def files() -> list[str]:
    """The names of the migrations there are, in order. Raises MigrationFault for one that is named wrongly."""
    names = sorted(file.name for file in resources.files(__package__).iterdir() if file.name.endswith(".sql"))
    for name in names:
        if not _NAME.fullmatch(name):
            raise MigrationFault(f"state/migrations/{name}: a name looks like 002_before_more_columns.sql")
    return names


def _note(connection: psycopg.Connection[Any], names: list[str]) -> None:
    for name in names:
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", [name])
