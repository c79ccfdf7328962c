"""A market: households who buy a few categories each, laid into a warehouse, and a project with offers on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from parcours import decisions, flow
from parcours.engine import Draft, Warehouse
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.project import Project, load

AS_OF = date(2026, 3, 31)
TOML = """\
[project]
currency = "EUR"
zone = "UTC"
languages = ["en"]
[profiles]
packs = []
[segments]
packs = []
[scores]
packs = []
"""
CATEGORIES = 8
BRANDS = 3


@dataclass
class Market:
    """What is in the market; tests add to it before it is laid."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    persons: list[dict[str, Any]] = field(default_factory=list)
    profiles: dict[str, dict[int, Any]] = field(default_factory=dict)
    memberships: list[tuple[str, int]] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def person(self, number: int, household: int | None = None) -> None:
        """Somebody, alone or in a household."""
        self.persons.append({"person_id": number, "household_id": household, "known": True, "records": 1})

    def buys(self, number: int, ago: int, product: str, net: int = 400) -> None:
        """One article bought by somebody so many days ago."""
        self.lines.append({
            "row_id": len(self.lines), "source": "till", "record_id": number, "order_id": f"{number}-{ago}",
            "order_date": AS_OF - timedelta(ago), "product_id": product, "quantity": 1.0, "net_amount": net,
            "currency": "EUR", "kind": "sale", "status": "completed",
        })  # fmt: skip


def market(people: int = 90, seed: int = 5) -> Market:
    """Households of one who buy two to five categories, each about every second week, for ten months."""
    chance, made = np.random.default_rng(seed), Market()
    for person in range(1, people + 1):
        made.person(person)
        for category in chance.choice(CATEGORIES, size=2 + person % 4, replace=False):
            ago = int(chance.integers(0, 14))
            while ago < 300:
                made.buys(person, ago, f"c{category}-b{chance.integers(0, 2)}", net=int(300 + 50 * category))
                ago += int(chance.integers(4, 25))
    return made


def products() -> list[dict[str, Any]]:
    """Three brands of each category, with what they cost."""
    return [
        {"product_id": f"c{c}-b{b}", "source": "catalogue", "name": f"c{c} of b{b}", "brand": f"b{b}",
         "category_1": "food", "category_2": f"c{c}", "category_3": None, "cost": 150, "currency": "EUR"}
        for c in range(CATEGORIES) for b in range(BRANDS)
    ]  # fmt: skip


def offers(**more: str) -> str:
    """An offer on each brand of each category, named `c3_b1`; `more` adds settings to some, by name."""
    lines = ["offers: market", "define:"]
    for c in range(CATEGORIES):
        for b in range(BRANDS):
            own = more.get(f"c{c}_b{b}", "")
            lines.append(f"  c{c}_b{b}: {{good_for: {{category_2: c{c}, brand: b{b}}}, value: 0.50 EUR{own}}}")
    return "\n".join(lines) + "\n"


ALLOTMENT = "allotment: letter\nfrom: 2026-04-01\nuntil: 2026-04-28\n"


def project(folder: Path, *files: str) -> Project:
    """A project with these files of offers."""
    (folder / "offers").mkdir(parents=True, exist_ok=True)
    (folder / "parcours.toml").write_text(TOML)
    for number, text in enumerate(files):
        (folder / "offers" / f"{number}.yaml").write_text(text)
    return load(folder, flow.kinds())


def lay(draft: Draft, market: Market) -> None:
    """Writes the market's tables."""
    people = [row["person_id"] for row in market.persons]
    tables = {
        "persons": market.persons, "order_lines": market.lines, "products": products(),
        "record_persons": [{"record_id": p, "person_id": p, "household_id": None} for p in people],
        "memberships": [{"segment": s, "person_id": p, "since": AS_OF} for s, p in market.memberships],
        **market.tables,
    }  # fmt: skip
    for name, rows in tables.items():
        columns = CONTRACTS[name].columns
        filled = [{column: row.get(column) for column in columns} for row in rows]
        draft.put(name, lambda filled=filled, columns=columns: pa.Table.from_pylist(filled, schema(columns)),
                  settings=repr(rows))  # fmt: skip
    known = {"person_id": people, "known": [True] * len(people)}
    known |= {name: [values.get(p) for p in people] for name, values in market.profiles.items()}
    draft.put("profiles", lambda: pa.table(known), settings=repr(known))


def deal(house: Warehouse, market: Market, project: Project, *, as_of: date = AS_OF) -> dict[str, list[dict[str, Any]]]:
    """Lays the market, deals, publishes; gives the rows of the tables of allotments."""
    now = datetime.combine(as_of, datetime.min.time(), UTC)
    with house.draft(now=now) as draft:
        lay(draft, market)
        decisions.build(draft, project, as_of=as_of, progress=lambda *_: None)
        draft.publish({"as_of": str(as_of)})
        names = [name for name in draft.tables if name.startswith("allotment")]
        draft.read(*names)
        return {name: draft.engine.rows(f"SELECT * FROM {name}") for name in names}
