"""What a publication holds: people, what recognises them, and all that was worked out of each, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
import pyarrow as pa
from sqlglot import exp, select

from parcours.engine import Version, fingerprint, sql
from parcours.engine.types import SQL
from parcours.model import CONTRACTS
from parcours.project import Project
from parcours.publication import catalogue, sending
from parcours.publication.ahead import ahead
from parcours.publication.people import ASKED, MOST, people
from parcours.state import Database, queries

MEANING = 4  # raised when the same tables are told otherwise
PIECE = 3_000_000  # rows worked on at once, of all tables together: what bounds memory
BLOCK = 10_000  # rows sent at once
READS = (
    "persons", "record_persons", "identifiers", "customer_records", "memberships", "person_values", "propensities",
    "tastes", "recommendations", "allotments", "consents", "orders", "due_dates",
)  # fmt: skip
_LATELY = ("order_lines",)
_DAYS = 180  # for which it is told what was bought
_WORK = ("published_keys", "published_articles", "joining", "lately", "answered", "visitors_answered")
_LAST_ID = 2**63 - 1
_QUERIES = sql.load(__package__, "rows.sql")
_STATE = queries("publication")


@dataclass(frozen=True)
class Published:
    """A publication: its number, whether it was sent now (else the same was there), and how many people it tells of."""

    publication: int
    sent: bool
    people: int


def publish(
    version: Version, project: Project, database: Database, *, joining: sql.Query, horizons: Mapping[str, int],
    as_of: Any,
) -> Published:  # fmt: skip
    """Sends a published version to PostgreSQL, where readers see it all at once; the same again is not sent.

    `joining` gives each identifier's value that joins (record_id, kind, value, why_not). `horizons` says, by source of
    keys, up to which transaction the version knows what was collected. Raises Underway while another publishes.
    """
    tables = (*READS, *_LATELY, *catalogue.READS, "profiles")
    made_of = {name: version.table(name).fingerprint for name in tables if version.has(name)}
    kinds = sorted({channel.address for channel in project.consents.channels.values() if channel.address})
    content = fingerprint([MEANING, str(as_of), dict(horizons), project.profiles_anonymous, kinds, made_of])
    with sending.alone(database) as connection:
        sending.clear(connection)
        current = _row(connection, "current")
        if current and current[1] == content:
            return Published(current[0], False, current[4])
        rows = _Rows(version, project, joining, date.fromisoformat(str(as_of)))
        rows.meet(_answered(connection))
        begun = {"content": content, "version": version.number, "as_of": as_of, "attributes": rows.attributes}
        (publication,) = _row(connection, "begin", begun)
        for source, horizon in sorted(horizons.items()):
            values = {"publication": publication, "source": source, "horizon": horizon}
            connection.execute(_STATE["horizon"].text.encode(), values)
        sent = sending.send(connection, "people", publication, rows.people(publication))
        sending.send(connection, "identifiers", publication, rows.identifiers(publication))
        sending.send(connection, "addresses", publication, rows.addresses(publication, kinds))
        sending.send(connection, "delivered_consents", publication, rows.delivered_consents(publication))
        version.read(*catalogue.READS)
        sending.send(connection, "articles", publication, catalogue.articles(version, publication))
        sending.send(connection, "article_lists", publication, catalogue.lists(version, publication))
        rows.forget()
        sending.show(connection, publication, people=sent)
        sending.clear(connection)
    return Published(publication, True, sent)


def _row(connection: psycopg.Connection[Any], name: str, values: Mapping[str, Any] | None = None) -> Any:
    return connection.execute(_STATE[name].text.encode(), values).fetchone()


def _answered(connection: psycopg.Connection[Any]) -> pa.Table:
    """The visitors who were answered under an id before a publication told of them, and what founded each."""
    people, keys = _row(connection, "answered")
    return pa.table({"person_id": pa.array(people, pa.int64()), "key": pa.array(keys, pa.int64())})


class _Rows:
    """The rows of a publication's tables, as batches."""

    def __init__(self, version: Version, project: Project, joining: sql.Query, as_of: date) -> None:
        self._version, self._engine = version, version.engine
        self._anonymous = project.profiles_anonymous
        version.read(*READS)
        self.attributes: list[str] = []
        if version.has("profiles"):
            version.read("profiles")
            self.attributes = [name for name in version.table("profiles").columns if name not in ("person_id", "known")]
        self._engine.view("joining", joining)
        self._engine.temp("published_keys", _QUERIES["keys"].bind(anonymous=self._anonymous))
        self._as_of = as_of
        self._lately(as_of - timedelta(_DAYS))

    def _lately(self, since: date) -> None:
        """Lays out what was bought of late, reading no month before."""
        months = [f"{since:%Y-%m}", *self._months(since)]
        self._version.read_parts("order_lines", months, as_name="lately")
        self._engine.temp("published_articles", _QUERIES["articles_bought"].bind(since=since))

    def _months(self, since: date) -> list[str]:
        known = self._version.table("order_lines").parts if self._version.has("order_lines") else {}
        return [month for month in known if month > f"{since:%Y-%m}"]

    def meet(self, answered: pa.Table) -> None:
        """Works out who the visitors are who were answered under an id (person_id, key) that nothing tells of yet."""
        self._engine.register("visitors_answered", answered)
        self._engine.temp("answered", _QUERIES["answered"])

    def people(self, publication: int) -> Iterator[pa.RecordBatch]:
        """One row a person, a piece of the people at a time."""
        rows = sum(self._version.table(name).rows for name in READS if self._version.has(name))
        pieces = max(1, -(-rows // PIECE))
        ends = [_LAST_ID * piece // pieces for piece in range(1, pieces + 1)]
        with closing(ahead(map(self._asked, [-1, *ends], ends), 1)) as asked:
            for tables in asked:
                yield from people(tables, publication).to_batches(BLOCK)

    def _asked(self, above: int, up_to: int) -> dict[str, pa.Table]:
        """What the engine tells of the people of one piece, by the name of the query."""
        values = {"above": above, "up_to": up_to, "anonymous": self._anonymous, "most": MOST,
                  "as_of": self._as_of}  # fmt: skip
        queries = {name: _QUERIES[name].bind(**values) for name in ASKED}
        return {
            "profiles": self._engine.arrow(self._profiles(above, up_to)),
            **{name: self._engine.arrow(query) for name, query in queries.items()},
        }

    def _profiles(self, above: int, up_to: int) -> exp.Expression:
        """Each person's attributes as JSON, in the order of `attributes`, as `told` of the `owner`."""
        columns = self._version.table("profiles").columns if self.attributes else {}
        if not columns:
            return _QUERIES["no_profiles"].tree
        known = [_told(name, columns[name]) for name in self.attributes]
        told = exp.alias_(exp.func("concat_ws", exp.Literal.string(","), *known, dialect="duckdb"), "told")
        bounds = exp.and_(exp.column("person_id") > above, exp.column("person_id") <= up_to)
        return select(exp.alias_(exp.column("person_id"), "owner"), told).from_("profiles").where(bounds)

    def identifiers(self, publication: int) -> Iterator[pa.RecordBatch]:
        """One row a value that recognises somebody."""
        yield from self._engine.batches(_QUERIES["identifiers"].bind(publication=publication))

    def addresses(self, publication: int, kinds: list[str]) -> Iterator[pa.RecordBatch]:
        """One row an address of somebody; `kinds` are those that channels write to."""
        reached = exp.column("kind", table="i").isin(*kinds) if kinds else exp.false()
        yield from self._engine.batches(_QUERIES["addresses"].bind(publication=publication, reached=reached))

    def delivered_consents(self, publication: int) -> Iterator[pa.RecordBatch]:
        """One row a consent that a source delivered."""
        yield from self._engine.batches(_QUERIES["delivered_consents"].bind(publication=publication))

    def forget(self) -> None:
        """Frees what was made."""
        self._engine.forget(*_WORK)


def _told(name: str, word: str) -> exp.Expression:
    """A column's value as JSON."""
    text = exp.cast(exp.column(name, quoted=True), SQL["text"])
    value = exp.Anonymous(this="json_quoted", expressions=[text]) if word in ("text", "date", "time") else text
    return exp.func("coalesce", value, exp.Literal.string("null"))


assert {*READS, *_LATELY} <= set(CONTRACTS)
