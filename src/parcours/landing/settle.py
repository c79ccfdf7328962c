"""Settles what of a batch is new: keys that came twice, rows known already, rows that correct or restate earlier ones.

What remains is written as the batch's part of the landing table, a file a month; which earlier rows it makes void is
written beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from parcours.engine import sql
from parcours.landing.plan import Plan, TablePlan, hash63
from parcours.landing.stage import POSITION_BITS, Stage

QUERIES = sql.load(__package__, "settle.sql")
SUPERSEDED = pa.schema(
    [
        ("source", pa.string()),
        ("table_name", pa.string()),
        ("row_id", pa.int64()),
        ("partition", pa.string()),
        ("seq", pa.int64()),
    ]
)
_NOT_CONTENT = ("row_id", "record_id", "newest", "restated")
_MASK = (1 << POSITION_BITS) - 1


@dataclass(frozen=True)
class Landed:
    """What landed of a source before this batch: its files, and the files that say which of their rows are void."""

    files: Sequence[Path] = ()
    void: Sequence[Path] = ()


class Settlement:
    """The work of settling one staged batch."""

    def __init__(self, stage: Stage, plan: Plan, landed: Landed, seq: int) -> None:
        self.stage, self.plan, self.landed, self.seq = stage, plan, landed, seq
        self.connection: duckdb.DuckDBPyConnection = stage.connection
        self.renumbered: set[str] = set()
        self.fated: set[str] = set()
        self.restated: set[str] = set()
        self.corrected: set[str] = set()
        self.void: list[pa.Table] = []

    def settle(self, folder: Path) -> dict[str, list[Path]]:
        """Writes the rows that count into `folder`; gives the files by month, and completes the account."""
        for table in self.plan.tables:
            self._table(table)
        files = self._write(folder)
        self._account([file for held in files.values() for file in held])
        self._forget()
        return files

    def superseded(self) -> pa.Table:
        """The earlier rows that no longer count."""
        return pa.concat_tables(self.void) if self.void else SUPERSEDED.empty_table()

    # -- one table

    def _table(self, table: TablePlan) -> None:
        name = table.name
        self._view("rows_of", self._rows_of(table))
        if table.repeats == "number":
            self._number(table)
        many = "first_of_many" if table.repeats == "drop" else "newest_by_column" if table.newest else "newest_of_many"
        if self._fill(f"fate_{name}", QUERIES[many].text("duckdb")):
            self.fated.add(name)
        if table.restates and self._fill(f"restated_{name}", QUERIES["restated_in_batch"].text("duckdb")):
            self.restated.add(name)
        if self.landed.files:
            self._against_landed(table)

    def _rows_of(self, table: TablePlan) -> str:
        """The rows of one table: key, position, delivery, how new it says it is, and what it restates."""

        def column(what: str, there: bool) -> exp.Expression:
            return exp.alias_(exp.column(f"{table.name}__{what}", quoted=True) if there else exp.null(), what)

        own = exp.column(f"{table.name}__row_id", quoted=True)
        return (
            exp.select(
                column("row_id", True),
                exp.alias_(exp.column("_pos"), "pos"),
                exp.alias_(exp.column("_delivery"), "delivery"),
                column("newest", table.newest),
                column("restated", table.restates),
            )
            .from_("good")
            .where(own.is_(exp.null()).not_())
            .sql("duckdb")
        )

    def _number(self, table: TablePlan) -> None:
        """Equal keys of one delivery get a number, in the order of what else the rows say: the second, the third ..."""
        if not self._fill("same_key", QUERIES["repeated_in_delivery"].text("duckdb")):
            return
        content = [exp.column(each, table="g", quoted=True) for each in self._content(table)]
        turn = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column("delivery", table="s"), exp.column("row_id", table="s")],
            order=exp.Order(
                expressions=[
                    exp.Ordered(this=each, nulls_first=True) for each in (*content, exp.column("pos", table="s"))
                ]
            ),
        )
        numbered = (
            exp.select("s.pos", "s.row_id", exp.alias_(turn, "turn"))
            .from_(exp.to_table("same_key").as_("s"))
            .join(exp.to_table("good").as_("g"), on="g._pos = s.pos")
        )
        again = hash63(
            exp.Anonymous(
                this="concat_ws", expressions=[exp.Literal.string("#"), exp.column("row_id"), exp.column("turn")]
            )
        )
        query = exp.select("pos", exp.alias_(again, "row_id")).from_(numbered.subquery("n")).where("turn > 1")
        self._fill(f"number_{table.name}", query.sql("duckdb"))
        self.renumbered.add(table.name)
        self._view("rows_of", self._renumbered(table))

    def _renumbered(self, table: TablePlan) -> str:
        self._view("rows_as_read", self._rows_of(table))
        return (
            exp.select(
                exp.alias_(exp.func("coalesce", "n.row_id", "r.row_id"), "row_id"),
                "r.pos",
                "r.delivery",
                "r.newest",
                "r.restated",
            )
            .from_(exp.to_table("rows_as_read").as_("r"))
            .join(exp.to_table(f"number_{table.name}").as_("n"), on="n.pos = r.pos", join_type="left")
            .sql("duckdb")
        )

    def _content(self, table: TablePlan) -> list[str]:
        """The columns whose values make two rows equal."""
        apart = {f"{table.name}__{each}" for each in _NOT_CONTENT}
        return [each for each in table.columns if each not in apart]

    # -- against what landed before

    def _against_landed(self, table: TablePlan) -> None:
        self._view("kept", self._kept(table))
        self._view("landed", self._landed(table))
        known = self._fill("known", QUERIES["known"].text("duckdb"))
        if known:
            self._compare(table)
        if table.restates:
            gone = self.connection.execute(QUERIES["restated_before"].text("duckdb")).to_arrow_table()
            self._voided(table, gone)

    def _kept(self, table: TablePlan) -> str:
        """The rows of the batch that are left when it is settled with itself."""
        query = exp.select("r.*").from_(exp.to_table("rows_of").as_("r"))
        if table.name in self.fated:
            query = query.join(exp.to_table(f"fate_{table.name}").as_("f"), on="f.row_id = r.row_id", join_type="left")
            query = query.where("f.row_id IS NULL OR f.pos = r.pos")
        if table.name in self.restated:
            query = query.join(
                exp.to_table(f"restated_{table.name}").as_("w"), on="w.restated = r.restated", join_type="left"
            )
            query = query.where("w.restated IS NULL OR w.delivery = r.delivery")
        return query.sql("duckdb")

    def _landed(self, table: TablePlan, *more: exp.Expression) -> str:
        """Landed rows of a table that still count, with the month they lie in."""

        def column(what: str, there: bool) -> exp.Expression:
            held = exp.column(f"{table.name}__{what}", quoted=True) if there else exp.null()
            return exp.alias_(held, what)

        month = exp.Anonymous(
            this="regexp_extract",
            expressions=[exp.column("filename"), exp.Literal.string(r"([^/\\]+)~\d+\.parquet$"), exp.Literal.number(1)],
        )
        rows = (
            exp.select(
                column("row_id", True),
                column("newest", table.newest),
                column("restated", table.restates),
                exp.alias_(exp.column("_seq"), "seq"),
                exp.alias_(month, "month"),
                *more,
            )
            .from_(exp.Table(this=_parquet(self.landed.files, filename=True)))
            .where(exp.column(f"{table.name}__row_id", quoted=True).is_(exp.null()).not_())
        )
        if not self.landed.void:
            return rows.sql("duckdb")
        void = (
            exp.select("row_id", "partition", exp.alias_(exp.Max(this=exp.column("seq")), "seq"))
            .from_(exp.Table(this=_parquet(self.landed.void)))
            .where(exp.column("table_name").eq(table.name))
            .group_by("row_id", "partition")
        )
        return (
            exp.select("l.*")
            .from_(rows.subquery("l"))
            .join(
                void.subquery("v"),
                on="v.row_id = l.row_id AND v.partition = l.month AND v.seq >= l.seq",
                join_type="left",
            )
            .where("v.row_id IS NULL")
            .sql("duckdb")
        )

    def _compare(self, table: TablePlan) -> None:
        """Parts the known keys: those that say what is known (or are older) are dropped, the others correct it."""
        content = self._content(table)
        held = self._landed(table, exp.alias_(_digest([exp.column(each, quoted=True) for each in content]), "content"))
        given = (
            exp.select(
                "k.row_id",
                "k.pos",
                "k.newest",
                exp.alias_(_digest([exp.column(each, table="g", quoted=True) for each in content]), "content"),
            )
            .from_(exp.to_table("kept").as_("k"))
            .join("known", using=["row_id"])
            .join(exp.to_table("good").as_("g"), on="g._pos = k.pos")
        )
        self._view("given", given.sql("duckdb"))
        self._view("held", held)
        self._fill("outcome", QUERIES["outcome"].text("duckdb"))
        self._voided(table, self.connection.execute(QUERIES["changed"].text("duckdb")).to_arrow_table())
        if self._fill(f"corrected_{table.name}", QUERIES["correcting"].text("duckdb")):
            self.corrected.add(table.name)
        fate = f"fate_{table.name}"
        self._fill(fate, QUERIES["fate_with_known"].tables(fate=fate).text("duckdb"))
        self.fated.add(table.name)

    def _voided(self, table: TablePlan, rows: pa.Table) -> None:
        if rows.num_rows:
            same = [pa.array([value] * rows.num_rows, pa.string()) for value in (self.plan.source, table.name)]
            self.void.append(
                pa.table(
                    [
                        *same,
                        rows["row_id"].cast(pa.int64()),
                        rows["month"].cast(pa.string()),
                        rows["seq"].cast(pa.int64()),
                    ],
                    schema=SUPERSEDED,
                )
            )

    # -- writing

    def _settled(self, chosen: Sequence[exp.Expression]) -> exp.Select:
        """Columns of the staged rows that count for some table, with the tables that say which those are."""
        query = exp.select(*chosen).from_(exp.to_table("good").as_("g"))
        for table in self.plan.tables:
            name = table.name
            if name in self.renumbered:
                query = query.join(
                    exp.to_table(f"number_{name}").as_(f"n_{name}"), on=f"n_{name}.pos = g._pos", join_type="left"
                )
            if name in self.fated:
                query = query.join(
                    exp.to_table(f"fate_{name}").as_(f"f_{name}"),
                    join_type="left",
                    on=exp.column("row_id", table=f"f_{name}").eq(self._row_id(name)),
                )
            if name in self.restated:
                query = query.join(
                    exp.to_table(f"restated_{name}").as_(f"w_{name}"),
                    join_type="left",
                    on=exp.column("restated", table=f"w_{name}").eq(
                        exp.column(f"{name}__restated", table="g", quoted=True)
                    ),
                )
        return query.where(exp.or_(*[exp.paren(self._keeps(table.name)) for table in self.plan.tables]))

    def _row_id(self, name: str) -> exp.Expression:
        """The key of a staged row for a table; equal keys of one delivery may have been numbered."""
        own = exp.column(f"{name}__row_id", table="g", quoted=True)
        if name not in self.renumbered:
            return own
        return exp.func("coalesce", exp.column("row_id", table=f"n_{name}"), own)

    def _keeps(self, name: str) -> exp.Expression:
        """Whether a staged row counts for a table."""
        keep = self._row_id(name).is_(exp.null()).not_()
        if name in self.fated:
            keep = exp.and_(keep, f"f_{name}.row_id IS NULL OR f_{name}.pos = g._pos")
        if name in self.restated:
            keep = exp.and_(keep, f"w_{name}.restated IS NULL OR w_{name}.delivery = g._delivery")
        return keep

    def _write(self, folder: Path) -> dict[str, list[Path]]:
        folder.mkdir(parents=True, exist_ok=True)
        chosen: list[exp.Expression] = []
        for table in self.plan.tables:
            some = table.name in self.fated | self.restated
            for column in table.columns:
                own = column == f"{table.name}__row_id"
                tree = self._row_id(table.name) if own else exp.column(column, table="g", quoted=True)
                if some:  # a ticket told on every line of it is written once
                    tree = exp.case().when(self._keeps(table.name), tree)
                chosen.append(exp.alias_(tree, column, quoted=True))
        query = self._settled([*chosen, *self._origin()])
        target = exp.Literal.string(str(folder / "parts")).sql("duckdb")
        self.connection.execute(f"COPY ({query.sql('duckdb')}) TO {target} (FORMAT parquet, PARTITION_BY (_month))")
        return dict(_flattened(folder / "parts", folder))

    def _origin(self) -> Iterator[exp.Expression]:
        """Where a row comes from: batch, file, line, and the month it is kept under."""
        names = [exp.Literal.string(staged.piece.name) for staged in self.stage.pieces]
        shifts = [
            exp.Literal.number(_first_line(staged.piece, self.stage.layout) - staged.first)
            for staged in self.stage.pieces
        ]

        def pick(values: list[exp.Expression]) -> exp.Expression:
            at = exp.Add(this=exp.column("_number", table="g"), expression=exp.Literal.number(1))
            return exp.Anonymous(this="list_extract", expressions=[exp.Array(expressions=values), at])

        line = exp.Add(
            this=exp.paren(exp.BitwiseAnd(this=exp.column("_record", table="g"), expression=exp.Literal.number(_MASK))),
            expression=pick(list(shifts)),
        )
        yield exp.alias_(exp.cast(exp.Literal.number(self.seq), "bigint"), "_seq")
        yield exp.alias_(pick(list(names)), "_file")
        yield exp.alias_(exp.cast(line, "integer"), "_line")
        yield exp.alias_(exp.cast(exp.null(), "varchar"), "_rule")
        yield exp.column("_month", table="g")

    # -- the account

    def _account(self, files: Sequence[Path]) -> None:
        """New, corrected and repeated rows, file by file."""
        written = self._written(files)
        corrected = self._corrected()
        for staged in self.stage.pieces:
            count = staged.count
            count.corrected = corrected.get(staged.number, 0)
            count.new = written.get(staged.piece.name, 0) - count.corrected
            count.repeated = count.landed - count.set_aside - count.new - count.corrected
            count.check(staged.piece.name)

    def _written(self, files: Sequence[Path]) -> dict[str, int]:
        if not files:
            return {}
        lines: exp.Expression = (
            exp.Star() if not self.stage.exploded else exp.Distinct(expressions=[exp.column("_line")])
        )
        query = (
            exp.select("_file", exp.alias_(exp.Count(this=lines), "n"))
            .from_(exp.Table(this=_parquet(files)))
            .group_by("_file")
        )
        return dict(self.connection.execute(query.sql("duckdb")).fetchall())

    def _corrected(self) -> dict[int, int]:
        """How many records of each piece correct something and bring nothing new."""
        if not self.corrected:
            return {}
        parts = [exp.select("pos").from_(f"corrected_{name}") for name in sorted(self.corrected)]
        self._view("correcting", (exp.union(*parts) if len(parts) > 1 else parts[0]).sql("duckdb"))
        self._fill("records_touched", QUERIES["records_touched"].text("duckdb"))
        fresh = []
        for table in self.plan.tables:
            keep = self._keeps(table.name)
            if table.name in self.corrected:
                among = exp.In(
                    this=exp.column("_pos", table="g"),
                    query=exp.select("pos").from_(f"corrected_{table.name}").subquery(),
                )
                keep = exp.and_(keep, exp.not_(among))
            fresh.append(exp.paren(keep))
        rows = self._settled(
            [exp.column("_number", table="g"), exp.column("_record", table="g"), exp.alias_(exp.or_(*fresh), "fresh")]
        )
        self._view("settled", rows.where("g._record IN (SELECT _record FROM records_touched)").sql("duckdb"))
        return dict(self.connection.execute(QUERIES["corrected_records"].text("duckdb")).fetchall())

    # -- the engine

    def _view(self, name: str, text: str) -> None:
        self.connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {text}')

    def _fill(self, name: str, text: str) -> int:
        """Makes a temporary table; gives the number of its rows."""
        made = self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {text}').fetchall()
        return int(made[0][0])

    def _forget(self) -> None:
        rows = self.connection.execute("SELECT table_name, table_type FROM information_schema.tables").fetchall()
        for name, kind in rows:
            self.connection.execute(f'DROP {"VIEW" if kind == "VIEW" else "TABLE"} IF EXISTS "{name}"')


def _digest(columns: list[exp.Expression]) -> exp.Expression:
    """One number that says what a row says. It is compared within this run only, so the engine's own hash will do."""
    return exp.Anonymous(this="hash", expressions=columns or [exp.Literal.number(0)])


def _parquet(files: Sequence[Path], *, filename: bool = False) -> exp.Expression:
    options = {"filename": filename, "union_by_name": True, "hive_partitioning": False}
    return exp.Anonymous(
        this="read_parquet",
        expressions=[
            exp.Array(expressions=[exp.Literal.string(str(file)) for file in files]),
            *[exp.EQ(this=exp.column(key), expression=exp.convert(value)) for key, value in options.items()],
        ],
    )


def _first_line(piece: object, layout: object) -> int:
    """The line the first record of a piece stands on, blank lines and records of several lines apart."""
    lines = getattr(piece, "lines", ())
    if lines:
        return int(lines[0][1])
    has_header = getattr(piece, "header", None) is not None and not getattr(layout, "names", ())
    return 1 + int(getattr(layout, "skip", 0)) + int(has_header)


def _flattened(parts: Path, folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Moves `_month=2026-01/data_0.parquet` to `2026-01~0.parquet`, so that nobody reads columns out of paths."""
    if parts.is_file():  # no row at all
        parts.unlink()
        return
    for held in sorted(parts.iterdir()) if parts.is_dir() else []:
        month = held.name.split("=", 1)[1]
        files = []
        for number, file in enumerate(sorted(held.glob("*.parquet"))):
            target = folder / f"{month}~{number}.parquet"
            file.rename(target)
            files.append(target)
        held.rmdir()
        if any(pq.read_metadata(file).num_rows for file in files):
            yield month, files
    if parts.is_dir():
        parts.rmdir()
