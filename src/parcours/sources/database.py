"""A table or a query of a database: PostgreSQL, MySQL, SQLite, SQL Server."""

from __future__ import annotations

import importlib
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine.reader import Fetched, Layout, Offer, Refused, Where
from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.project.secret import Secret
from parcours.sources.files import Numbers, Times

ROWS = 10_000
DRIVERS = {
    "postgresql": "psycopg", "postgres": "psycopg", "sqlite": "sqlite3", "mysql": "pymysql", "mariadb": "pymysql",
    "mssql": "pytds", "sqlserver": "pytds",
}  # fmt: skip
_QUOTES = {"pymysql": ("`", "`"), "pytds": ("[", "]")}
INSTALL = {"psycopg": "psycopg[binary]", "pymysql": "parcours[mysql]", "pytds": "parcours[sqlserver]"}


@kind("database", of="source")
@dataclass(frozen=True)
class Database:
    """A table or a query of a PostgreSQL, MySQL, SQLite or SQL Server database, whole or what is new."""

    url: str | Secret = setting(
        doc="`postgresql://reader@host/shop`, `sqlite:///data/shop.db` ...; with a password in it: `{env: SHOP_DB}`."
    )
    password: Secret | None = setting(
        None, doc="The password, when the address does not hold it: `{env: SHOP_PASSWORD}`."
    )
    table: str | None = setting(None, doc="The table to read: `shop.orders`.")
    query: str | None = setting(None, doc="A SELECT to read, instead of a table.")
    since: str | None = setting(
        None, doc="A column that only grows (a time of change, a number): each run reads what came after the last."
    )
    again: Duration | None = setting(
        None, doc="How far back a run reads once more, for rows written late; keys make that harmless."
    )
    numbers: Numbers = setting(default_factory=Numbers, doc="How numbers kept as text are written.")
    times: Times = setting(
        default_factory=Times, doc="How times kept as text are written, and the zone of those without one."
    )

    def __post_init__(self) -> None:
        if (self.table is None) == (self.query is None):
            raise ValueError("a database source reads either a 'table' or a 'query'")
        if self.again is not None and self.since is None:
            raise ValueError("'again' goes with 'since', the column that says what is new")

    def layout(self) -> Layout:
        """What a pull is written as: CSV by PostgreSQL itself, Parquet else."""
        return Layout(encoding="utf-8", delimiter=",")

    def definition(self) -> list[Any]:
        return [self.table, self.query, self.since]

    def offers(self, where: Where) -> list[Offer]:
        """One pull, of everything or of what came since the last."""
        name = self.table or "query"
        since = f" since {where.cursor}" if where.cursor and self.since else ""
        return [Offer(f"{name}{since}", fetch=lambda scratch: self._fetch(where, scratch))]

    def _fetch(self, where: Where, scratch: Path) -> Fetched:
        address = urlsplit(self.url.reveal() if isinstance(self.url, Secret) else self.url)
        password = self.password.reveal() if self.password else unquote(address.password or "")
        driver = _driver(address.scheme)
        errors = (driver.Error, OSError)
        try:
            with closing(_connect(driver, address, password, where)) as connection:
                return _Pull(self, connection, driver.__name__, where, scratch).fetch()
        except errors as error:
            said = (str(error).splitlines() or ["it does not answer"])[0]
            raise Refused(
                f"the database cannot be read: {said.replace(password, '***') if password else said}"
            ) from None


@dataclass(frozen=True)
class _Pull:
    """One pull over an open connection."""

    source: Database
    connection: Any
    driver: str
    where: Where
    scratch: Path

    def fetch(self) -> Fetched:
        everything = f"SELECT * FROM {self._rows()}"  # noqa: S608 - names are quoted, a query is the retailer's own
        if self.source.since is None:
            return Fetched(self._write(everything, ()), "")
        column, mark = self._quoted(self.source.since), self._mark()
        newest = self._newest(column)
        if newest is None:
            return Fetched()
        conditions, values = [f"{column} <= {mark}"], [newest]
        start = self._start()
        if start is not None:
            conditions.append(f"{column} {'>=' if self.source.again else '>'} {mark}")
            values.append(start)
        path = self._write(f"{everything} WHERE {' AND '.join(conditions)} ORDER BY {column}", tuple(values))
        return Fetched(path, str(_text(newest))) if path else Fetched()

    def _rows(self) -> str:
        if self.source.query is not None:
            return f"({self.source.query.rstrip().rstrip(';')}) AS pulled"
        assert self.source.table is not None
        return ".".join(self._quoted(part) for part in self.source.table.split("."))

    def _newest(self, column: str) -> Any:
        """The highest value of the column that says what is new."""
        with closing(self.connection.cursor()) as cursor:
            highest = f"max({column})::text" if self.driver == "psycopg" else f"max({column})"
            cursor.execute(f"SELECT {highest} FROM {self._rows()}")  # noqa: S608
            return cursor.fetchone()[0]

    def _start(self) -> Any:
        """Where the pull begins: where the last one came to, less what is read once more."""
        if self.where.cursor is None:
            return None
        if self.source.again is None:
            return _from_cursor(self.where.cursor)
        try:
            moment = datetime.fromisoformat(self.where.cursor)
        except ValueError:
            raise Refused(f"'again' needs a column of times, and {self.source.since!r} is none") from None
        return (moment - self.source.again.delta).isoformat(sep=" ")

    def _write(self, text: str, values: tuple[Any, ...]) -> Path | None:
        """The rows as a file; None when there is no row."""
        if self.driver == "psycopg":
            return self._copied(text, values)
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(text, values)
            return _to_parquet(cursor, self.scratch / "pulled.parquet")

    def _copied(self, text: str, values: tuple[Any, ...]) -> Path | None:
        path, lines = self.scratch / "pulled.csv", 0
        statement = f"COPY ({text}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')"
        with self.connection.cursor() as cursor, path.open("wb") as file, cursor.copy(statement, values) as copy:
            for chunk in copy:
                file.write(chunk)
                lines += bytes(chunk).count(b"\n")
        return path if lines > 1 else None

    def _quoted(self, name: str) -> str:
        left, right = _QUOTES.get(self.driver, ('"', '"'))
        return f"{left}{name.replace(right, right * 2)}{right}"

    def _mark(self) -> str:
        return "?" if self.driver == "sqlite3" else "%s"


def _to_parquet(cursor: Any, path: Path) -> Path | None:
    """Rows as they come, as text, a batch at a time."""
    names = [column[0] for column in cursor.description]
    schema = pa.schema([(name, pa.string()) for name in names])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        while rows := cursor.fetchmany(ROWS):  # at the end some drivers give [] and some ()
            columns = [pa.array([_text(row[at]) for row in rows], pa.string()) for at in range(len(names))]
            writer.write_table(pa.table(columns, schema=schema))
            count += len(rows)
    return path if count else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


def _from_cursor(text: str) -> Any:
    """A number as a number, so that 10 comes after 9 for databases that take types as they come."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _driver(scheme: str) -> Any:
    scheme = scheme.split("+")[0]
    if scheme not in DRIVERS:
        raise Refused(f"its address begins with {scheme!r}: there is {', '.join(DRIVERS)}")
    name = DRIVERS[scheme]
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Refused(f"reading {scheme} needs the package {name!r}: pip install '{INSTALL[name]}'") from None


def _connect(driver: Any, address: SplitResult, password: str, where: Where) -> Any:
    """A connection that only reads."""
    if driver.__name__ == "sqlite3":
        return _sqlite(address, where)
    host, user = address.hostname or "localhost", unquote(address.username or "")
    database, options = unquote(address.path.lstrip("/")), dict(parse_qsl(address.query))
    if driver.__name__ == "psycopg":
        given = {
            "host": options.pop("host", host),
            "port": address.port,
            "user": user or None,
            "password": password or None,
            "dbname": database or None,
            **options,
        }
        connection = driver.connect(**{key: value for key, value in given.items() if value is not None})
        connection.read_only = True
        # one view of the data for finding the newest row and for reading up to it; times as UTC
        connection.isolation_level = driver.IsolationLevel.REPEATABLE_READ
        connection.execute("SET TIME ZONE 'UTC'")
        return connection
    if driver.__name__ == "pymysql":
        cursors = importlib.import_module("pymysql.cursors")
        return driver.connect(
            host=host,
            port=address.port or 3306,
            user=user,
            password=password,
            database=database,
            cursorclass=cursors.SSCursor,
            charset="utf8mb4",
        )
    return driver.connect(host, database=database, user=user, password=password, port=address.port or 1433)


def _sqlite(address: SplitResult, where: Where) -> sqlite3.Connection:
    path = Path(os.path.normpath(where.folder / unquote(address.path.removeprefix("/"))))
    if not any(path.is_relative_to(os.path.normpath(folder)) for folder in (where.folder, *where.folders)):
        raise Refused("its file lies outside of the project's folder")
    if not path.is_file():
        raise Refused(f"there is no file {address.path.removeprefix('/')!r}")
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
