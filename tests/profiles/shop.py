"""A shop of three people, to which each test gives the facts it speaks of; what is not said of a fact is usual."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from parcours import profiles
from parcours.engine import Draft
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.kind import kinds_in
from parcours.profiles import kinds
from parcours.project import Project, load
from parcours.project.load import packs_in
from parcours.testing import write_files

AS_OF = date(2026, 3, 1)
ANN, BOB, EVE = 1, 2, 3
# Ann has two records, 10 and 11; record 30 is a visitor whom nobody knows.
RECORDS = {10: ANN, 11: ANN, 20: BOB, 30: EVE}
PERSONS = [{"person_id": who, "known": who != EVE, "records": 1} for who in (ANN, BOB, EVE)]

PRODUCTS = [
    {"product_id": "bread", "category_1": "Food", "category_2": "Bakery", "brand": "Moulin"},
    {"product_id": "wine", "category_1": "Drinks", "category_2": "Wine", "brand": "Domaine"},
    {"product_id": "water", "category_1": "Drinks", "category_2": "Water", "brand": None},
]
STORES = [{"store_id": "S1", "name": "Opéra", "city": "Paris"}, {"store_id": "S2", "name": "Bellecour", "city": "Lyon"}]


def day(ago: int, hour: int = 12) -> datetime:
    """So many days before the day of the profile, at an hour in UTC (an hour less than in Paris in winter)."""
    return datetime.combine(AS_OF - timedelta(days=ago), datetime.min.time()) + timedelta(hours=hour)


def order(row: int, record: int | None, ago: int, net: int | None = 1000, **more: Any) -> dict[str, Any]:
    """An order of so many days ago."""
    at = more.pop("at", day(ago))
    return {
        "row_id": row,
        "record_id": record,
        "order_id": f"o{row}",
        "channel": "store",
        "order_time": at,
        "order_date": at.date(),
        "status": "completed",
        "currency": "EUR",
        "lines": 1,
        "units": 1.0,
        "net_amount": net,
        "gross_amount": net,
        "discount_amount": 0,
        "returned_amount": 0,
        "is_purchase": True,
        **more,
    }


def line(row: int, record: int, ago: int, product: str, net: int, quantity: float = 1.0, **more: Any) -> dict[str, Any]:
    """A line of an order of so many days ago."""
    kind = "sale" if quantity > 0 else "return"
    return {
        "row_id": row,
        "record_id": record,
        "order_id": f"o{row}",
        "order_time": day(ago),
        "order_date": day(ago).date(),
        "product_id": product,
        "quantity": quantity,
        "net_amount": net,
        "gross_amount": net,
        "discount_amount": 0,
        "currency": "EUR",
        "kind": kind,
        "status": "completed",
        **more,
    }


def event(row: int, record: int, ago: int, name: str, **more: Any) -> dict[str, Any]:
    """Something done on the site so many days ago."""
    at = more.pop("at", day(ago))
    return {"row_id": row, "record_id": record, "name": name, "event_time": at, "event_date": at.date(), **more}


def mail(row: int, record: int, ago: int, message: str, what: str) -> dict[str, Any]:
    """What became of an e-mail so many days ago."""
    return {
        "row_id": row,
        "record_id": record,
        "message_id": message,
        "channel": "email",
        "event": what,
        "event_time": day(ago),
        "event_date": day(ago).date(),
    }


def arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table of the model; what they do not say is null, or what the model cannot do without."""
    columns = CONTRACTS[table].columns
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema(columns))


def put(draft: Draft, **tables: list[dict[str, Any]]) -> None:
    """Writes the tables given, with the three people, the products and the stores."""
    given = {
        "persons": PERSONS,
        "products": PRODUCTS,
        "stores": STORES,
        "record_persons": [{"record_id": record, "person_id": who} for record, who in RECORDS.items()],
        **tables,
    }
    for name, rows in given.items():
        draft.put(name, lambda name=name, rows=rows: arrow(name, rows), settings=repr(rows))


def project(folder: Path, attributes: str, segments: str = "", anonymous: bool = False, packs: str = "[]") -> Project:
    """A project with these attributes, written as YAML under `define`."""
    visitors = f"anonymous = {str(anonymous).lower()}"
    toml = f'[project]\nname = "shop"\n[profiles]\npacks = {packs}\n{visitors}\n[segments]\npacks = []\n'
    files: dict[str, str | bytes] = {"parcours.toml": toml}
    if attributes:
        files["attributes/own.yaml"] = "attributes: own\ndefine:\n" + attributes
    if segments:
        files["segments/own.yaml"] = "segments: own\ndefine:\n" + segments
    write_files(folder, files)
    return load(folder, {"attribute": kinds_in(kinds), "attribute_pack": packs_in(profiles)})


def build(draft: Draft, shop: Project, as_of: date = AS_OF) -> dict[int, dict[str, Any]]:
    """Makes the profiles of a day and gives them by person."""
    profiles.build(draft, shop, as_of=as_of, progress=lambda *_: None)
    draft.read("profiles")
    return {row["person_id"]: row for row in draft.engine.rows("SELECT * FROM profiles ORDER BY person_id")}


def one(
    draft: Draft, folder: Path, attribute: str, as_of: date = AS_OF, **tables: list[dict[str, Any]]
) -> dict[int, Any]:
    """The values of one attribute, by person (Ann and Bob: Eve is not known)."""
    put(draft, **tables)
    made = build(draft, project(folder / "project", f"  x: {attribute}\n"), as_of)
    return {who: row["x"] for who, row in made.items()}
