"""Parses the files of a batch, once: typed columns, keys and faults, in the order of the records.

Pieces of one shape are read together into one Parquet file of the scratch folder. What the fast parser could not make
sense of is read again carefully, record by record, and every count is compared with one made independently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from sqlglot import exp

from parcours.engine import sql
from parcours.engine.reader import ITEM, PIECE, Layout, Piece, Refused, Shape, relation, shape_of
from parcours.engine.reader.documents import without_content
from parcours.engine.reader.records import careful
from parcours.landing import phones
from parcours.landing.account import LostRows, PieceCount
from parcours.landing.plan import RAW, Plan
from parcours.project.faults import nearest

QUERIES = sql.load(__package__, "stage.sql")
POSITION_BITS = 36


@dataclass
class Staged:
    """One piece of a batch: which delivery it belongs to, and where its rows were staged."""

    number: int
    delivery: int
    piece: Piece
    shape: Shape
    first: int = 0  # position of its first record in its group
    rows: int = 0
    count: PieceCount = field(default_factory=PieceCount)
    bad: dict[int, int] = field(default_factory=dict)  # record (from 0): code of the rule it broke


def connect(*, memory: str, threads: int, temporary: Path) -> duckdb.DuckDBPyConnection:
    """An engine for parsing, whatever engine works on the tables afterwards."""
    temporary.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:")
    connection.execute("SET memory_limit = ?", [memory])
    connection.execute("SET temp_directory = ?", [str(temporary)])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET preserve_insertion_order = true")
    if threads:
        connection.execute("SET threads = ?", [threads])
    phones.register(connection)
    return connection


def check_columns(shape: Shape, plan: Plan) -> None:
    """Raises Refused when a mapped column is not in a file, naming the one that may have been meant."""
    for each in plan.wanted:
        if shape.has(each.path) or (shape.open and (each.path not in plan.needed or "[]" in each.path)):
            continue
        hint = nearest(each.path, shape.columns)
        raise Refused(f"it has no column {each.path!r}.{' ' + hint if hint else ''}")


class Unreadable(Exception):
    """A file that the parser gives up on; nothing of its delivery lands."""

    def __init__(self, staged: Staged, why: str) -> None:
        super().__init__(why)
        self.staged = staged


class Stage:
    """The staged rows of a batch, as the view `staged` of a connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, plans: Callable[[Shape], Plan], layout: Layout, scratch: Path
    ) -> None:
        self.connection, self.plans, self.layout, self.scratch = connection, plans, layout, scratch
        self.groups: list[tuple[Path, list[int | None]]] = []
        self.pieces: list[Staged] = []

    def read(self, pieces: Iterable[Staged]) -> None:
        """Parses all pieces; afterwards each has its count and `staged` its rows."""
        self.pieces = list(pieces)
        again = list(self._parse([piece for piece in self.pieces if piece.piece.size]))
        mended = []
        for staged in again:
            target = self.scratch / f"careful_{staged.number}"
            staged.piece = careful(staged.piece, self.layout, target)
            staged.shape = shape_of(staged.piece, self.layout)
            mended.append(staged)
        for staged in self._parse(mended):
            raise LostRows(f"{staged.piece.name}: {staged.piece.records} records, but {staged.rows} were read")
        self._view()
        self._count()

    def _parse(self, pieces: Sequence[Staged]) -> Iterator[Staged]:
        """Parses pieces, those of one shape together; gives back those whose count does not come out."""
        groups: dict[tuple[object, ...], list[Staged]] = {}
        for staged in pieces:
            groups.setdefault((staged.shape.key, staged.piece.careful), []).append(staged)
        for group in groups.values():
            target = self.scratch / f"group_{len(self.groups)}.parquet"
            stumbled = self._copy(group, target)
            self._measure(group, target)
            wrong = [
                staged
                for position, staged in enumerate(group)
                if position in stumbled or (staged.piece.records is not None and staged.rows != staged.piece.records)
            ]
            self.groups.append((target, [None if staged in wrong else staged.number for staged in group]))
            yield from wrong

    def _copy(self, group: Sequence[Staged], target: Path) -> set[int]:
        """Writes the group's rows in their order; gives the positions of pieces in which the parser stumbled."""
        plan = self.plans(group[0].shape)
        raw = relation([staged.piece for staged in group], group[0].shape, plan.wanted, self.layout)
        query = exp.replace_tables(plan.query, {RAW: "raw_rows"}).with_("raw_rows", as_=raw)
        self.connection.execute("DROP TABLE IF EXISTS reject_errors")
        self.connection.execute("DROP TABLE IF EXISTS reject_scans")
        to = exp.Literal.string(str(target)).sql("duckdb")
        try:
            self.connection.execute(f"COPY ({query.sql('duckdb')}) TO {to} (FORMAT parquet, COMPRESSION lz4_raw)")
        except duckdb.BinderException as error:
            said = str(error).splitlines()[0].removeprefix("Binder Error: ")
            raise Unreadable(group[-1], f"an expression of the mapping cannot be worked out: {said}") from None
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
            for each in group if len(group) > 1 else ():
                self._copy([each], target)
            raise Unreadable(group[-1], without_content(str(error))) from None
        return set(self._stumbled(group))

    def _stumbled(self, group: Sequence[Staged]) -> Iterator[int]:
        paths = {str(staged.piece.path): position for position, staged in enumerate(group)}
        if self._tables() >= {"reject_errors", "reject_scans"}:
            for (path,) in self._rows("stumbled"):
                yield paths[path]

    def _tables(self) -> set[str]:
        return {
            name for (name,) in self.connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        }

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(QUERIES[query].text("duckdb")).fetchall()

    def _measure(self, group: Sequence[Staged], target: Path) -> None:
        """How many records each piece has, and where in the group they begin."""
        plan = self.plans(group[0].shape)
        record = exp.column("file_row_number") if not plan.exploded else exp.column("record")
        rows = _positions(target, exploded=plan.exploded)
        main = exp.column(ITEM).eq(0) if plan.exploded else exp.true()
        query = (
            exp.select(PIECE, exp.alias_(exp.Count(this=exp.Star()), "n"), exp.alias_(exp.Min(this=record), "f"))
            .from_(rows.subquery("p"))
            .where(main)
            .group_by(PIECE)
        )
        for position, count, first in self.connection.execute(query.sql("duckdb")).fetchall():
            group[position].rows, group[position].first = count, first

    def _view(self) -> None:
        """`staged`: all rows, each with its piece, its delivery, its position and its record's."""
        deliveries = exp.Array(expressions=[exp.Literal.number(staged.delivery) for staged in self.pieces])
        parts = []
        for target, numbers in self.groups:
            exploded = _has_items(target)
            mapping = exp.Array(expressions=[exp.Literal.number(-1 if n is None else n) for n in numbers])
            rows = _positions(target, exploded=exploded)
            at = exp.Anonymous(
                this="list_extract",
                expressions=[mapping, exp.Add(this=exp.column(PIECE), expression=exp.Literal.number(1))],
            )
            record = exp.column("record" if exploded else "file_row_number")
            base = exp.Mul(this=exp.paren(at.copy()), expression=exp.Literal.number(1 << POSITION_BITS))
            keep = [
                exp.alias_(exp.cast(at, "bigint"), "_number"),
                exp.alias_(exp.cast(exp.Add(this=base, expression=exp.column("file_row_number")), "bigint"), "_pos"),
                exp.alias_(exp.cast(exp.Add(this=base.copy(), expression=record), "bigint"), "_record"),
            ]
            parts.append(exp.select("*", *keep).from_(rows.subquery("p")).where(at.copy() >= 0))
        self.connection.execute("DROP VIEW IF EXISTS staged")
        if not parts:
            return
        delivery = exp.Anonymous(
            this="list_extract",
            expressions=[deliveries, exp.Add(this=exp.column("_number"), expression=exp.Literal.number(1))],
        )
        union = exp.union(*parts, distinct=False, by_name=True) if len(parts) > 1 else parts[0]
        rows = exp.select("*", exp.alias_(delivery, "_delivery")).from_(union.subquery("u"))
        self.connection.execute(f"CREATE TEMP VIEW staged AS {rows.sql('duckdb')}")

    @property
    def empty(self) -> bool:
        return not self.groups

    @property
    def exploded(self) -> bool:
        return any(_has_items(target) for target, _ in self.groups)

    def _count(self) -> None:
        """Counts what landed, was rejected or set aside, piece by piece, and remembers the records at fault."""
        for staged in self.pieces:
            staged.count = PieceCount(received=staged.rows + len(staged.piece.bad), rejected=len(staged.piece.bad))
        if self.empty:
            return
        self._faulty()
        rows = self._rows("landed_records" if self.exploded else "landed")
        for number, aside, count, moment in rows:
            staged = self.pieces[number]
            staged.count.landed += count
            if moment is not None:
                staged.count.watermark = max(moment, staged.count.watermark or moment)
            if aside is not None:
                name = self.plans(staged.shape).asides[aside]
                staged.count.aside[name] = staged.count.aside.get(name, 0) + count

    def _faulty(self) -> None:
        """The records that broke a rule (one bad element of an array rejects its record), and `good`, the rest."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE faulty AS {QUERIES['faulty'].text('duckdb')}")
        faulty = self.connection.execute("SELECT * FROM faulty").fetchall()
        for number, record, code in faulty:
            staged = self.pieces[number]
            staged.bad[(record & ((1 << POSITION_BITS) - 1)) - staged.first] = code
            staged.count.rejected += 1
        good = QUERIES["good_records" if self.exploded and faulty else "good"].text("duckdb")
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS {good}")


def _positions(target: Path, *, exploded: bool) -> exp.Select:
    """The rows of a staged file with their number; where arrays were told apart, with that of their record too."""
    read = exp.Anonymous(
        this="read_parquet",
        expressions=[
            exp.Literal.string(str(target)),
            exp.EQ(this=exp.column("file_row_number"), expression=exp.true()),
        ],
    )
    rows = exp.select("*").from_(exp.Table(this=read))
    if not exploded:
        return rows
    begun = exp.cast(exp.column(ITEM).eq(0), "bigint")
    running = exp.Window(
        this=exp.Sum(this=begun),
        spec=exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
    )
    return exp.select("*", exp.alias_(exp.Sub(this=running, expression=exp.Literal.number(1)), "record")).from_(
        rows.subquery("q")
    )


def _has_items(target: Path) -> bool:
    return ITEM in pq.read_schema(target).names
