"""The PostgreSQL that comes with us: starts as anybody, is found by the second who asks, survives being killed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from parcours.state.embedded import BINARIES, Cluster, NoPostgres, cluster


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = cluster(tmp_path_factory.mktemp("own"))
    assert made.start()
    yield made
    if made.answers():
        made.stop()
    shutil.rmtree(made.data)
    shutil.rmtree(made.socket)


def test_the_second_who_asks_finds_it_running(own: Cluster) -> None:
    assert own.start() is False


def test_nobody_reaches_it_over_the_network_and_nobody_else_enters_its_folder(own: Cluster) -> None:
    with psycopg.connect(own.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert own.data.stat().st_mode & 0o077 == 0
    assert own.socket.stat().st_mode & 0o077 == 0


def test_what_was_acknowledged_is_there_after_it_was_killed(own: Cluster) -> None:
    with psycopg.connect(own.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    for number in range(3):
        with psycopg.connect(own.url) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", [number])
        process = own.process()
        assert process is not None
        os.kill(process, signal.SIGKILL)
        assert own.start(), "it starts again, however many of the old processes are still going"
    with psycopg.connect(own.url) as connection:
        assert connection.execute("SELECT n FROM kept ORDER BY n").fetchall() == [(0,), (1,), (2,)]


def test_a_table_made_and_filled_in_one_transaction_is_there_after_it_was_killed(own: Cluster) -> None:
    """Such a table is brought to disk when it is committed, and not written to the log before."""
    written = "SELECT pg_current_wal_insert_lsn() - '0/0'"
    with psycopg.connect(own.url, autocommit=True) as connection:
        before = connection.execute(written).fetchone()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE whole (n int, told text)")
            with cursor.copy("COPY whole FROM STDIN (FREEZE)") as copy:
                copy.write("".join(f"{n}\t{'x' * 500}\n" for n in range(20_000)))
            cursor.execute("ALTER TABLE whole ADD PRIMARY KEY (n)")
        after = connection.execute(written).fetchone()
    process = own.process()
    assert before and after and process is not None
    assert after[0] - before[0] < 1_000_000, "of more than ten million bytes"
    os.kill(process, signal.SIGKILL)
    assert own.start()
    with psycopg.connect(own.url) as connection:
        assert connection.execute("SELECT count(*), sum(n), min(length(told)) FROM whole").fetchone() == (
            20_000, 199_990_000, 500)  # fmt: skip
        assert connection.execute("SELECT told FROM whole WHERE n = 19999").fetchone() == ("x" * 500,)


def test_no_programs_is_a_sentence_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BINARIES, str(tmp_path))
    with pytest.raises(NoPostgres, match=r"no PostgreSQL found in .*apt-get install postgresql.*PARCOURS_DATABASE_URL"):
        cluster(tmp_path)
