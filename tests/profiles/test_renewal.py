"""After a day only those are worked out anew whose measures may have changed; nobody could tell from the result."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours import profiles
from parcours.engine import Draft, Warehouse, open_engine
from parcours.profiles.renewal import Renewal
from parcours.project import Project
from parcours.testing import table_bytes

from .shop import AS_OF, PRODUCTS, arrow, event, line, mail, order, project

NEXT = AS_OF + timedelta(days=1)
People = dict[int, int]
Facts = dict[str, list[dict[str, Any]]]


@contextmanager
def draft_of(folder: Path) -> Iterator[Draft]:
    engine = open_engine(memory="1GB", threads=1, temporary=folder / "temporary")
    with Warehouse(folder, engine).draft(now=datetime(2026, 3, 1, tzinfo=UTC)) as draft:
        yield draft
    engine.close()


def put(draft: Draft, facts: Facts, people: People, products: list[dict[str, Any]]) -> None:
    """Writes facts by month, as the canonical tables are, and identity."""
    persons = [{"person_id": who, "known": who < 900, "records": 1} for who in sorted(set(people.values()))]
    draft.put("persons", lambda: arrow("persons", persons), settings=persons)
    records = [{"record_id": record, "person_id": who} for record, who in sorted(people.items())]
    draft.put("record_persons", lambda: arrow("record_persons", records), settings=records)
    draft.put("products", lambda: arrow("products", products), settings=products)
    for table, rows in facts.items():
        months: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            months.setdefault(str(row.get("order_date") or row.get("event_date"))[:7], []).append(row)
        for month, found in sorted(months.items()):
            draft.put(table, lambda table=table, found=found: arrow(table, found), settings=found, partition=month)


def run(
    folder: Path, shop: Project, day: date, facts: Facts, people: People, products: list[dict[str, Any]] = PRODUCTS
) -> dict[str, list[dict[str, Any]]]:
    """A run that publishes; gives every table of the profiles as rows."""
    with draft_of(folder) as draft:
        put(draft, facts, people, products)
        profiles.build(draft, shop, as_of=day, progress=lambda *_: None)
        made = {}
        for name in sorted(draft.tables):
            if name.startswith("profile"):
                draft.read_parts(name, list(draft.table(name).parts))
                made[name] = draft.engine.arrow(f"SELECT * FROM {name}").to_pylist()
        draft.publish({})
    return made


def facts_of(chance: random.Random, people: People, many: int = 60) -> Facts:
    """Facts of some weeks before the first day and of the day after it, which the first run must not look at."""
    ago = [
        chance.choice([-1, -1, 0, 1, 5, 28, 29, 30, 31, 88, 89, 90, 91, 300, 364, 365, 366, 728, 730])
        for _ in range(many)
    ]
    whom = [chance.choice(list(people)) for _ in range(many)]
    names = ["bread", "wine", "water", "gone"]
    return {
        "orders": [
            order(
                n,
                whom[n],
                ago[n],
                chance.randrange(100, 3000),
                channel=chance.choice(["web", "store"]),
                store_id=chance.choice(["S1", "S2"]),
            )
            for n in range(0, many, 3)
        ],
        "order_lines": [
            line(n, whom[n], ago[n], chance.choice(names), chance.randrange(100, 900)) for n in range(1, many, 3)
        ],
        "events": [
            event(
                n,
                whom[n],
                ago[n],
                chance.choice(["product_viewed", "page", "product_added"]),
                product_id=chance.choice(names),
                session_id=n // 5,
            )
            for n in range(many)
        ],
        "message_events": [
            mail(n, whom[n], ago[n], f"m{n % 9}", chance.choice(["sent", "opened"])) for n in range(2, many, 3)
        ],
    }


def change(chance: random.Random, facts: Facts) -> Facts:
    """Some rows gone, some different, some new."""
    changed = {}
    for table, rows in facts.items():
        kept = [row for row in rows if chance.random() > 0.05]
        changed[table] = [{**row, **_other(chance, table)} if chance.random() < 0.05 else row for row in kept]
    return changed


def _other(chance: random.Random, table: str) -> dict[str, Any]:
    if table in ("orders", "order_lines"):
        return {"net_amount": chance.randrange(1, 50)}
    return {"record_id": chance.choice([10, 20, None])}


@pytest.mark.parametrize("seed", range(6))
def test_a_renewed_profile_is_the_one_worked_out_from_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    people = {record: record // 10 for record in range(10, 130, 5)}
    shop = project(tmp_path / "project", "", packs='["retail"]')
    facts = facts_of(chance, people)
    run(tmp_path / "kept", shop, AS_OF, facts, people)
    # a day later: facts changed, two people were found to be one, a visitor gave a name, wine became food
    people |= {115: 11, 110: 12, 500: 50, 15: 950}
    products = [PRODUCTS[0], {**PRODUCTS[1], "category_1": "Food"}, *PRODUCTS[2:]] if seed % 2 else PRODUCTS
    later = change(chance, facts)
    renewed = run(tmp_path / "kept", shop, NEXT, later, people, products)
    fresh = run(tmp_path / "fresh", shop, NEXT, later, people, products)
    assert renewed == fresh
    kept, made = table_bytes(tmp_path / "kept"), table_bytes(tmp_path / "fresh")
    assert {file for file in made if "/profile" in file} <= kept.keys()
    assert {file: kept[file] for file in made if file in kept} == made


def test_only_those_whom_the_day_touched_are_worked_out_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {1: 1, 2: 2, 3: 3, 4: 4}
    shop = project(tmp_path / "project", "  recent: {kind: count, of: orders, within: 30 days}\n")
    orders = [order(1, 1, 29), order(2, 2, 28), order(3, 3, 100), order(4, 4, -1)]
    touched: list[list[int]] = []
    find = Renewal._find

    def spy(self: Renewal, table: str) -> bool:
        found = find(self, table)
        touched.append([row["person_id"] for row in self.draft.engine.rows("SELECT person_id FROM touched ORDER BY 1")])
        return found

    monkeypatch.setattr(Renewal, "_find", spy)
    run(tmp_path / "kept", shop, AS_OF, {"orders": orders}, people)
    made = run(tmp_path / "kept", shop, NEXT, {"orders": orders}, people)
    # the order of 29 days ago left the window, tomorrow's came in; the others' counts are what they were
    assert touched == [[1, 4]]
    assert [row["recent"] for row in made["profiles"]] == [0, 1, 0, 1]


def test_a_changed_attribute_is_worked_out_for_everybody(tmp_path: Path) -> None:
    people = {1: 1, 2: 2}
    orders = [order(1, 1, 5), order(2, 2, 50)]
    shop = project(tmp_path / "one", "  n: {kind: count, of: orders, within: 30 days}\n")
    run(tmp_path / "kept", shop, AS_OF, {"orders": orders}, people)
    shop = project(tmp_path / "two", "  n: {kind: count, of: orders, within: 60 days}\n")
    assert [row["n"] for row in run(tmp_path / "kept", shop, AS_OF, {"orders": orders}, people)["profiles"]] == [1, 1]
