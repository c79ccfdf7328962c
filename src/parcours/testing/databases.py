"""Databases for tests, each empty: on a PostgreSQL of their own, or on the server that PARCOURS_DATABASE_URL names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from parcours.state import Database
from parcours.state.database import URL, ready
from parcours.state.embedded import cluster


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL: the server that the environment names, else one of our own, gone at the end."""
    if url := os.environ.get(URL):
        yield url
        return
    own = cluster(folder)
    own.start()
    try:
        yield own.url
    finally:
        own.stop()
        for made in (own.data, own.socket):
            shutil.rmtree(made)


@contextmanager
def fresh_database(url: str) -> Iterator[Database]:
    """An empty database of its own with our tables; gone at the end."""
    name = f"parcours_test_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield ready(Database(make_conninfo(url, dbname=name)))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
