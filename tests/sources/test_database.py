"""Databases: pulled whole or from where the last pull ended; nothing twice, no password told."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.landing.shop import Landed, Shop, account

ORDERS = """
    tables:
      orders:
        key: [id]
        columns: {order_id: id, order_time: placed_at, shipping_amount: cost, store_id: shop}
"""
WHOLE = "    kind: database\n    url: sqlite:///data/shop.db\n    table: orders\n" + ORDERS
SINCE = WHOLE.replace("table: orders\n", "table: orders\n    since: changed\n")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def write(shop: Shop, *statements: str) -> None:
    with sqlite3.connect(shop.folder / "data" / "shop.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


CREATE = "CREATE TABLE orders (id INTEGER, placed_at TEXT, cost REAL, shop TEXT, changed TEXT)"


def ids(landed: Landed) -> list[tuple[str, int]]:
    return landed.values("orders", "order_id", "shipping_amount", source="web")


def test_a_whole_table_is_pulled_again_and_only_changes_count(shop: Shop) -> None:
    shop.source("web", WHOLE)
    write(
        shop,
        CREATE,
        "INSERT INTO orders VALUES (1, '2026-02-01 10:00', 1.5, 'Évry', ''), (2, '2026-02-01', NULL, '', '')",
    )
    first = shop.run()
    assert ids(first) == [("1", 150), ("2", None)]
    assert first.values("orders", "store_id", source="web") == ["Évry", None]
    assert account(shop.run().counts["web"]) == (0, 0, 0, 0, 0, 0, 0)
    write(shop, "UPDATE orders SET cost = 2 WHERE id = 1", "INSERT INTO orders VALUES (3, '2026-03-01', 0, '', '')")
    second = shop.run()
    assert account(second.counts["web"]) == (3, 3, 0, 1, 1, 1, 0)
    assert ids(second) == [("1", 200), ("2", None), ("3", 0)]


def test_each_pull_begins_where_the_last_ended(shop: Shop) -> None:
    shop.source("web", SINCE)
    write(shop, CREATE, "INSERT INTO orders VALUES (1, '2026-02-01', 1, '', '2026-02-01 10:00:00')")
    shop.run()
    write(
        shop,
        "INSERT INTO orders VALUES (2, '2026-02-02', 1, '', '2026-02-02 10:00:00'), "
        "(9, '2026-02-02', 1, '', '2026-01-01 00:00:00')",
    )
    landed = shop.run()
    assert account(landed.counts["web"]) == (1, 1, 0, 1, 0, 0, 0)
    assert [entry["cursor"] for entry in landed.table("deliveries")] == ["2026-02-01 10:00:00", "2026-02-02 10:00:00"]
    assert account(shop.run().counts["web"]) == (0, 0, 0, 0, 0, 0, 0)


def test_reading_back_again_finds_late_rows_and_doubles_none(shop: Shop) -> None:
    shop.source("web", SINCE.replace("since: changed\n", "since: changed\n    again: 3 days\n"))
    write(
        shop,
        CREATE,
        "INSERT INTO orders VALUES (1, '2026-02-05', 1, '', '2026-02-05 10:00:00'), "
        "(2, '2026-02-01', 1, '', '2026-02-01 10:00:00')",
    )
    shop.run()
    write(shop, "INSERT INTO orders VALUES (3, '2026-02-04', 1, '', '2026-02-04 10:00:00')")
    landed = shop.run()
    assert account(landed.counts["web"]) == (2, 2, 0, 1, 0, 1, 0)
    assert [order for order, _ in ids(landed)] == ["1", "2", "3"]
    assert account(shop.run().counts["web"]) == (0, 0, 0, 0, 0, 0, 0)


def test_numbers_are_compared_as_numbers(shop: Shop) -> None:
    shop.source("web", WHOLE.replace("table: orders\n", "query: SELECT * FROM orders WHERE id > 0;\n    since: id\n"))
    write(shop, CREATE, "INSERT INTO orders VALUES (9, '2026-02-01', 1, '', '')")
    shop.run()
    write(shop, "INSERT INTO orders VALUES (10, '2026-02-01', 1, '', '')")
    assert account(shop.run().counts["web"]) == (1, 1, 0, 1, 0, 0, 0)


def test_a_changed_mapping_pulls_from_the_start(shop: Shop) -> None:
    shop.source("web", SINCE)
    write(shop, CREATE, "INSERT INTO orders VALUES (1, '2026-02-01', 1, '', '2026-02-01 10:00:00')")
    shop.run()
    shop.source("web", SINCE.replace("shipping_amount: cost", 'shipping_amount: "= cost * 2"'))
    landed = shop.run()
    assert ids(landed) == [("1", 200)]


def test_what_goes_wrong_is_said_without_the_password(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql://reader:hush-hush@127.0.0.1:1/shop")
    shop.source("web", WHOLE.replace("url: sqlite:///data/shop.db", "url: {env: SHOP_DB}"))
    (refused,) = shop.run().counts["web"].refused
    assert "cannot be read" in refused.reason
    assert "hush" not in refused.reason


@pytest.mark.parametrize(("url", "says"), [
    ("sqlite:///../other.db", "outside of the project"), ("sqlite:///data/none.db", "there is no file"),
    ("oracle://x/y", "begins with 'oracle'"), ("sqlite:///data/shop.db", "no such table"),
])  # fmt: skip
def test_a_database_that_cannot_be_read_refuses_the_source(shop: Shop, url: str, says: str) -> None:
    write(shop, "CREATE TABLE other (id INTEGER)")
    shop.source("web", WHOLE.replace("sqlite:///data/shop.db", url))
    (refused,) = shop.run().counts["web"].refused
    assert says in refused.reason


def test_a_missing_driver_says_what_to_install(shop: Shop) -> None:
    try:
        import pymysql  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        shop.source("web", WHOLE.replace("sqlite:///data/shop.db", "mysql://reader@localhost/shop"))
        (refused,) = shop.run().counts["web"].refused
        assert "pip install 'parcours[mysql]'" in refused.reason
    else:
        pytest.skip("the driver is installed here")


# -- PostgreSQL


def binaries() -> Path | None:
    given = os.environ.get("PARCOURS_PG_BIN")
    found = [Path(given)] if given else [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    on_path = shutil.which("pg_ctl")
    return next(
        (path for path in [*found, *([Path(on_path).parent] if on_path else [])] if (path / "initdb").exists()), None
    )


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bin_ = binaries()
    if bin_ is None:
        pytest.skip("PostgreSQL's server programs are not installed (set PARCOURS_PG_BIN to their folder)")
    folder = tmp_path_factory.mktemp("pg")
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        for path in (folder, *folder.parents):
            if path.owner() == "root" and path != Path("/") and path.stat().st_mode & 0o1 == 0:
                path.chmod(path.stat().st_mode | 0o111)
        shutil.chown(folder, "nobody")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, **user}
    subprocess.run([bin_ / "initdb", "-D", data, "-U", "shop", "-A", "trust", "-E", "UTF8", "--no-sync"], **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    subprocess.run([bin_ / "pg_ctl", "-D", data, "-w", "-o", options, "start"], **quiet)  # type: ignore[call-overload]
    try:
        yield f"postgresql://shop@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]
        time.sleep(0)


def test_postgresql_types_pulled_in_a_stream(shop: Shop, postgres: str) -> None:
    import psycopg

    shop.source(
        "web", SINCE.replace("sqlite:///data/shop.db", postgres).replace("table: orders", "table: public.orders")
    )
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE orders (id bigint, placed_at timestamptz, cost numeric(10,2), shop text, changed timestamptz)"
        )
        connection.execute(
            "INSERT INTO orders VALUES (1, '2026-02-01 10:00+01', 1.50, 'L''été, \"à\" 😀' || chr(10) || 'x', "
            "'2026-02-01 10:00+01'), (2, '2026-02-01 10:00+01', NULL, NULL, '2026-02-01 11:00+01')"
        )
        first = shop.run()
        assert first.values("orders", "order_id", "shipping_amount", "store_id", source="web") == [
            ("1", 150, 'L\'été, "à" 😀\nx'),
            ("2", None, None),
        ]
        assert first.values("orders", "order_time", source="web")[0].isoformat() == "2026-02-01T09:00:00"
        connection.execute("INSERT INTO orders VALUES (3, '2026-02-02', 3, '', '2026-02-02')")
        assert account(shop.run().counts["web"]) == (1, 1, 0, 1, 0, 0, 0)
        assert account(shop.run().counts["web"]) == (0, 0, 0, 0, 0, 0, 0)


# -- MySQL


@pytest.fixture(scope="module")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("pymysql", reason="the driver is not installed")
    server, install = shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("MariaDB's server programs are not installed")
    folder = tmp_path_factory.mktemp("my")
    user = ["--user=root"] if os.geteuid() == 0 else []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    made = [install, "--no-defaults", *user, f"--datadir={folder}", "--auth-root-authentication-method=normal"]
    subprocess.run(made, check=True, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = [f"--datadir={folder}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s"]
    running = subprocess.Popen([server, "--no-defaults", *user, *where], **quiet)
    try:
        yield f"mysql://root@127.0.0.1:{port}/shop"
    finally:
        running.terminate()
        running.wait()


def reached(url: str, tries: int = 100) -> Any:
    import pymysql

    port = int(url.rsplit(":", 1)[1].split("/")[0])
    for _ in range(tries):
        try:
            return pymysql.connect(host="127.0.0.1", port=port, user="root", charset="utf8mb4", autocommit=True)
        except pymysql.err.OperationalError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_mysql_types_pulled_in_a_stream(shop: Shop, mysql: str) -> None:
    shop.source("web", SINCE.replace("sqlite:///data/shop.db", mysql))
    with reached(mysql) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
        cursor.execute(
            "CREATE TABLE shop.orders (id bigint, placed_at datetime, cost decimal(10,2), shop text, changed datetime)"
        )
        cursor.execute(
            "INSERT INTO shop.orders VALUES (1, '2026-02-01 10:00', 1.50, %s, '2026-02-01 10:00'), "
            "(2, '2026-02-01 10:00', NULL, NULL, '2026-02-01 11:00')",
            ['L\'été, "à" 😀\nx'],
        )
        first = shop.run()
        assert first.values("orders", "order_id", "shipping_amount", "store_id", source="web") == [
            ("1", 150, 'L\'été, "à" 😀\nx'),
            ("2", None, None),
        ]
        cursor.execute("INSERT INTO shop.orders VALUES (3, '2026-02-02', 3, '', '2026-02-02')")
        assert account(shop.run().counts["web"]) == (1, 1, 0, 1, 0, 0, 0)
        assert account(shop.run().counts["web"]) == (0, 0, 0, 0, 0, 0, 0)
        cursor.execute("DROP TABLE shop.orders")
        (refused,) = shop.run().counts["web"].refused
        assert "orders" in refused.reason
