"""What the batch side made of everybody is there for readers all at once, and once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from parcours import flow, identity
from parcours.model import person as ids
from parcours.project import Project, load
from parcours.publication import publish, sending
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files

CUSTOMERS = """id,email,first,last,city,card
1,ana@example.com,Ana,"O""Hara <b>;",Paris,C1
2,bob@example.com,Bob,,Lyon,C2
3,,Cy,Cool,,C3
"""
ORDERS = """order,at,card,total
A1,2026-03-01 10:00:00,C1,12.50
A2,2026-03-05 11:00:00,C1,7.00
A3,2026-03-06 12:00:00,C2,99.99
"""
FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "last_data"\n[scores]\npacks = []\n[segments]\npacks = []\n'
                     '[profiles]\npacks = []\n',
    "sources/crm.yaml": "source: crm\nkind: files\npath: crm.csv\ntables:\n  customer_records:\n    key: [id]\n"
                        "    columns: {first_name: first, last_name: last, city: city}\n"
                        "    identifiers: {email: email, loyalty_card: card}\n",
    "sources/till.yaml": "source: till\nkind: files\npath: till.csv\ntables:\n  orders:\n    key: [order]\n"
                         "    columns: {order_id: order, order_time: at, net_amount: total, channel: {value: store}}\n"
                         "    identifiers: {loyalty_card: card}\n",
    "attributes/mine.yaml": "attributes: mine\ndefine:\n  spend: {kind: sum, of: orders.net_amount}\n"
                            "  last_order: {kind: last, of: orders.order_date}\n"
                            "  city: {kind: latest_value, of: customer_records.city}\n",
    "segments/spenders.yaml": "segment: spenders\nwho: {spend: {at_least: 15 EUR}}\n",
    "crm.csv": CUSTOMERS, "till.csv": ORDERS,
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("publication") / "shop", FILES)


def run(folder: Path) -> Project:
    project = load(folder, flow.kinds())
    flow.run(project, now=datetime(2026, 3, 10, tzinfo=UTC), progress=lambda *_: None)
    return project


@pytest.fixture(scope="module")
def project(shop: Path) -> Project:
    return run(shop)


def ask(database: Database, text: str) -> list[dict[str, Any]]:
    return database.run(Query("asked", "What a test asks.", text))


def everybody(database: Database) -> dict[str, dict[str, Any]]:
    rows = ask(database, "SELECT n.attributes, p.* FROM people AS p JOIN publications AS n USING (publication)"
                         " WHERE n.current")  # fmt: skip
    lists = ("segments", "scores", "tastes", "recommendations", "coupons", "consents", "orders")
    told = [{**row, **{name: json.loads(row[name]) for name in lists},
             "profile": dict(zip(row["attributes"], json.loads(row["profile"])))} for row in rows]  # fmt: skip
    return {row["profile"]["city"] or "": row for row in told}


def test_each_person_is_one_row_with_all_that_is_known_of_them(project: Project, database: Database) -> None:
    done = flow.publish(project, database)
    assert (done.sent, done.people) == (True, 3)
    found = everybody(database)
    ana = found["Paris"]
    assert ana["profile"] == {"spend": 1950, "last_order": "2026-03-05", "city": "Paris"}
    assert ana["segments"] == [["spenders", "2026-03-06"]]
    assert ana["orders"] == [["A2", "2026-03-05 10:00:00", "store", None, "completed", 700, 0.0, True],
                             ["A1", "2026-03-01 09:00:00", "store", None, "completed", 1250, 0.0, True]]  # fmt: skip
    assert found["Lyon"]["profile"]["spend"] == 9999
    assert found[""]["profile"] == {"spend": 0, "last_order": None, "city": None}
    assert ids.parse(ids.show(ana["person_id"])) == ana["person_id"]


def test_a_person_is_found_by_the_hash_of_each_value_and_no_value_is_told(project: Project, database: Database) -> None:
    flow.publish(project, database)
    rows = ask(database, "SELECT * FROM identifiers")
    assert sorted(row["kind"] for row in rows) == ["email", "email", "loyalty_card", "loyalty_card", "loyalty_card"]
    ana = everybody(database)["Paris"]
    assert sorted(ana["keys"]) == sorted(row["key"] for row in rows if row["person_id"] == ana["person_id"])
    assert "example.com" not in json.dumps([dict(row) for row in rows])


def test_the_same_again_is_not_sent(project: Project, database: Database) -> None:
    first = flow.publish(project, database)
    assert flow.publish(project, database) == replace(first, sent=False)
    assert [row["n"] for row in ask(database, "SELECT count(*) AS n FROM publications")] == [1]


def test_a_row_that_fits_on_a_page_is_not_compressed(database: Database) -> None:
    columns = {"publication": [1, 1], "score": ["near"] * 2, "root": ["A1", "A2"], "told": ["x" * 7_500, "x" * 9_000]}
    with sending.alone(database) as connection:
        assert sending.send(connection, "article_lists", 1, [pa.record_batch(columns)]) == 2
    rows = ask(database, "SELECT pg_column_compression(told) AS how, length(told) FROM article_lists_1 ORDER BY root")
    assert [(row["how"], row["length"]) for row in rows] == [(None, 7_500), ("pglz", 9_000)]


def test_two_cannot_publish_at_once(project: Project, database: Database) -> None:
    with sending.alone(database), pytest.raises(sending.Underway):
        flow.publish(project, database)


class Killed(Exception):
    """Stands for the end of a process."""


def tables(database: Database) -> set[str]:
    text = r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(people|identifiers)_\d+$'"
    return {row["relname"] for row in ask(database, text)}


@pytest.mark.parametrize("step", ["send", "show"])
def test_a_killed_publication_leaves_the_old_one_and_the_next_cleans_up(
    project: Project, database: Database, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = flow.publish(project, database)
    other = replace(project, profiles_anonymous=True)

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    whole = sending.send

    def half(connection: Any, table: str, *rest: Any) -> int:
        return whole(connection, table, *rest) if table == "people" else killed()  # type: ignore[return-value]

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(sending, step, half if step == "send" else killed)
        flow.publish(other, database)
    assert everybody(database)["Paris"]["publication"] == first.publication
    again = flow.publish(other, database)
    assert tables(database) == {f"people_{again.publication}", f"identifiers_{again.publication}"}
    assert [row["publication"] for row in ask(database, "SELECT publication FROM publications")] == [again.publication]


def test_readers_see_the_old_or_the_new_and_never_a_gap(project: Project, database: Database) -> None:
    flow.publish(project, database)
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def read() -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            while not stop.is_set():
                (row,) = connection.execute(
                    "SELECT (SELECT count(*) FROM people AS p WHERE p.publication = n.publication), (SELECT count(*)"
                    " FROM identifiers AS i WHERE i.publication = n.publication) FROM publications AS n"
                    " WHERE n.current",
                    prepare=True,
                ).fetchall()  # fmt: skip
                seen.append(row)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for turn in range(4):
            flow.publish(replace(project, profiles_anonymous=turn % 2 == 0), database)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert len(seen) > 10
    assert set(seen) == {(3, 5)}


def test_a_reader_at_work_keeps_its_publication_until_it_is_done(project: Project, database: Database) -> None:
    first = flow.publish(project, database).publication
    text = f"SELECT count(*) FROM people WHERE publication = {first}"
    with psycopg.connect(database.url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute(text).fetchone() == (3,)
        other = threading.Thread(target=lambda: flow.publish(replace(project, profiles_anonymous=True), database))
        other.start()
        try:
            wait(lambda: ask(database, "SELECT publication FROM publications WHERE current")[0]["publication"] != first)
            assert reader.execute(text).fetchone() == (3,)
        finally:
            reader.commit()
            other.join()
    assert tables(database) == {f"people_{first + 1}", f"identifiers_{first + 1}"}


def wait(until: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(500):
        if until():
            return
        tick.wait(0.02)
    raise AssertionError("it did not happen")


def test_what_joins_nobody_is_sent_as_such(shop: Path, tmp_path: Path, database: Database) -> None:
    folder = write_files(
        tmp_path / "couple", {**FILES, "crm.csv": CUSTOMERS + "4,ana@example.com,Zoltan,Kiss,Nice,C4\n"}
    )
    flow.publish(run(folder), database)
    (mail,) = ask(database, "SELECT * FROM identifiers WHERE kind = 'email' AND shared")
    assert mail["person_id"] is None
    assert all(mail["key"] not in row["keys"] for row in everybody(database).values())


def test_what_was_sent_together_is_decided_by_the_next_publication(project: Project, database: Database) -> None:
    """A publication that knows a source up to a transaction says of each set of values whether they are one person."""
    flow.publish(project, database)
    keys = {(row["kind"], row["person_id"]): row["key"] for row in ask(database, "SELECT * FROM identifiers")}
    ana, bob = (everybody(database)[city]["person_id"] for city in ("Paris", "Lyon"))
    said = [(1, keys["email", ana]), (1, keys["loyalty_card", ana]), (2, keys["email", ana]), (2, keys["email", bob]),
            (3, keys["email", bob]), (3, 77)]  # fmt: skip
    for record, key in said:
        ask(database, f"INSERT INTO live_identifiers VALUES ({record}, {key}, 'x', true, true, 'web', now(), 5)")
    ask(database, "INSERT INTO live_identifiers VALUES (4, 78, 'x', true, true, 'web', now(), 50)")
    other = replace(project, profiles_anonymous=True)
    with flow.published(other) as version:
        publish(
            version, other, database, joining=identity.joining_values(other), horizons={"web": 10}, as_of="2026-03-10"
        )
    found = {row["record"]: row for row in ask(database, "SELECT * FROM link_decisions")}
    assert {record: row["decision"] for record, row in found.items()} == {1: "joined", 2: "apart", 3: "unknown"}
    assert sorted(found[2]["persons"]) == sorted([ana, bob])
    assert [row["record"] for row in ask(database, "SELECT record FROM live_identifiers")] == [4]
