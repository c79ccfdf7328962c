"""Every way of writing files gives the same rows."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from .shop import Landed, Shop, account

COLUMNS = """
    tables:
      order_lines:
        key: [ticket, line]
        columns:
          order_id: ticket
          line_id: line
          order_time: at
          product_id: article
          quantity: n
          unit_price: price
"""
EXPECTED = [
    ("T1", "1", datetime(2026, 2, 1, 9), "A", 1.0, 150),
    ("T1", "2", datetime(2026, 2, 1, 9), None, 2.5, 120000),
]


def lines(landed: Landed, source: str = "till") -> list[tuple[Any, ...]]:
    return landed.values(
        "order_lines", "order_id", "line_id", "order_time", "product_id", "quantity", "unit_price", source=source
    )


def test_tabs(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/*.tsv\n" + COLUMNS)
    shop.write(
        "a.tsv",
        "ticket\tline\tat\tarticle\tn\tprice\nT1\t1\t2026-02-01 10:00\tA\t1\t1.50\n"
        "T1\t2\t2026-02-01 10:00\t\t2.5\t1200\n",
    )
    assert lines(shop.run()) == EXPECTED


def test_blanks_around_values_and_delimiters_found_out(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/*.txt\n" + COLUMNS)
    shop.write(
        "a.txt",
        "ticket| line| at| article| n| price\nT1 | 1 | 2026-02-01 10:00 | A |1 |1.50\n"
        "T1\u00a0| 2| 2026-02-01 10:00 |  |2.5| 1200\n",
    )
    assert lines(shop.run()) == EXPECTED


def test_no_header_but_declared_names_after_lines_to_skip(shop: Shop) -> None:
    shop.source(
        "till",
        "    kind: files\n    path: data/*.csv\n    skip: 1\n"
        "    names: [ticket, line, at, article, n, price]\n" + COLUMNS,
    )
    shop.write(
        "a.csv", "Export of the day\nT1,1,2026-02-01 10:00,A,1,1.50\nT1,2,2026-02-01 10:00,,2.5,1200\nT1,3,x,,,\n"
    )
    landed = shop.run()
    assert lines(landed) == EXPECTED
    assert [row["line"] for row in landed.table("rejected")] == [4]


def test_fixed_width(shop: Shop) -> None:
    shop.source(
        "till",
        """
    kind: files
    path: data/*.dat
    widths: {ticket: 4, line: 2, at: 17, article: 6, n: 4, price: 7}
"""
        + COLUMNS,
    )
    shop.write(
        "a.dat",
        "T1  1 2026-02-01 10:00 A     1   1.50\nT1  2 2026-02-01 10:00       2.5 1200\n\n"
        "T1  3 2026-02-31 10:00 thé   2.5 1200\n",
    )
    landed = shop.run()
    assert lines(landed) == EXPECTED
    (row,) = landed.table("rejected")
    assert (row["line"], json.loads(row["original"])["article"]) == (4, "thé")


def test_nested_json_in_lines_arrays_and_documents(shop: Shop) -> None:
    mapping = """
    tables:
      orders:
        key: [id]
        columns: {order_id: id, order_time: placed.at}
        identifiers: {email: customer.contact.email}
      order_lines:
        key: [id, "items[].no"]
        columns: {order_id: id, line_id: "items[].no", order_time: placed.at, product_id: "items[].sku",
                  quantity: "items[].qty", unit_price: "items[].price"}
      coupons:
        key: [id]
        when: "= items[0].price > 1"
        columns: {coupon_id: id, product_id: "items[0].sku"}
"""
    order = {
        "id": "T1",
        "placed": {"at": "2026-02-01T10:00:00+01:00"},
        "customer": {"contact": {"email": " Z@a.fr "}},
        "items": [{"no": 1, "sku": "A", "qty": 1, "price": 1.5}, {"no": 2, "sku": None, "qty": 2.5, "price": "1200"}],
    }
    shop.source("lines", "    kind: files\n    path: data/*.jsonl\n" + mapping)
    shop.source("array", "    kind: files\n    path: data/*.json\n" + mapping)
    shop.source(
        "document", "    kind: files\n    path: data/*.doc\n    format: json\n    records: data.orders\n" + mapping
    )
    shop.write("a.jsonl", json.dumps(order) + "\n")
    shop.write("a.json", json.dumps([order], indent=2))
    shop.write("a.doc", json.dumps({"data": {"orders": [order]}}, indent=2))
    landed = shop.run()
    for source in ("lines", "array", "document"):
        assert lines(landed, source) == EXPECTED
        assert landed.values("orders", "id__email", source=source) == ["z@a.fr"]
        assert landed.values("coupons", "coupon_id", "product_id", source=source) == [("T1", "A")]
        assert account(landed.counts[source]) == (1, 1, 0, 1, 0, 0, 0)


def test_parquet_with_types_and_nested_columns(shop: Shop) -> None:
    shop.source(
        "till",
        "    kind: files\n    path: data/*.parquet\n    numbers: {decimal: ','}\n"
        + COLUMNS
        + """
        identifiers: {crm_id: who.id}
""",
    )
    table = pa.table(
        {
            "ticket": ["T1", "T1", "T1"],
            "line": [1, 2, 3],
            "at": [datetime(2026, 2, 1, 10)] * 2 + [None],
            "article": ["A", None, "A"],
            "n": [1.0, 2.5, 1.0],
            "price": ["1,50", "1200", "x"],
            "who": [{"id": 7}, None, {"id": 8}],
        }
    )
    pq.write_table(table, shop.folder / "data" / "a.parquet")
    landed = shop.run()
    assert lines(landed) == EXPECTED
    assert landed.values("order_lines", "line_id", "id__crm_id") == [("1", "7"), ("2", None)]
    (row,) = landed.table("rejected")
    assert (row["line"], row["rule"], json.loads(row["original"])["who"]) == (3, "money", {"id": 8})


def test_excel(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/*.xlsx\n    sheet: Ventes\n" + COLUMNS)
    book = Workbook()
    sheet = book.create_sheet("Ventes")
    sheet.append(["ticket", "line", "at", "article", "n", "price"])
    sheet.append(["T1", 1, datetime(2026, 2, 1, 10), "A", 1, "1.50"])
    sheet.append(["T1", 2.0, "2026-02-01 10:00", None, 2.5, 1200])
    sheet.append(["T1", 3, date(2026, 2, 1), None, "two", 1200])
    held = io.BytesIO()
    book.save(held)
    shop.write("a.xlsx", held.getvalue())
    landed = shop.run()
    assert lines(landed) == EXPECTED
    assert [(row["line"], row["rule"]) for row in landed.table("rejected")] == [(4, "number")]


def test_files_of_several_shapes_in_one_source(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/till*\n" + COLUMNS)
    shop.write("till1.csv", "ticket,line,at,article,n,price\nT1,1,2026-02-01 10:00,A,1,1.50\n")
    shop.write("till2.csv", "line;ticket;at;article;more;n;price\n2;T1;2026-02-01 10:00;;?;2.5;1200\n")
    pq.write_table(
        pa.table(
            {
                "ticket": ["T2"],
                "line": ["1"],
                "at": [datetime(2026, 2, 1, 10)],
                "article": ["A"],
                "n": [1],
                "price": [1.5],
            }
        ),
        shop.folder / "data" / "till3.parquet",
    )
    shop.write(
        "till4.jsonl", '{"ticket": "T3", "line": 1, "at": "2026-02-01T09:00:00Z", "article": "A", "n": 1, "price": 1.5}'
    )
    landed = shop.run()
    assert lines(landed) == [*EXPECTED, ("T2", *EXPECTED[0][1:]), ("T3", *EXPECTED[0][1:])]
    assert account(landed.counts["till"]) == (4, 4, 0, 4, 0, 0, 0)


def test_a_name_with_signs_in_it_is_a_file_and_no_pattern(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/*.csv\n" + COLUMNS)
    for name in ("a[1].csv", "a1.csv", "b (copy)'s é.csv"):
        shop.write(name, f"ticket,line,at,article,n,price\n{name},1,2026-02-01 10:00,A,1,1.50\n")
    assert account(shop.run().counts["till"]) == (3, 3, 0, 3, 0, 0, 0)


def test_months_are_local_and_rows_without_a_time_are_undated(shop: Shop) -> None:
    shop.source("till", "    kind: files\n    path: data/*.csv\n" + COLUMNS)
    shop.write(
        "a.csv", "ticket,line,at,article,n,price\nT1,1,2026-01-31T23:30:00Z,A,1,1\nT2,1,,A,1,1\nT3,1,1899-12-30,A,1,1\n"
    )
    assert list(shop.run().draft.table("landing_till").parts) == ["2026-02/000001", "undated/000001"]


def test_constants_defaults_words_and_expressions(shop: Shop) -> None:
    shop.source(
        "till",
        """
    kind: files
    path: data/*.csv
    numbers: {decimal: ","}
    tables:
      order_lines:
        key: [id]
        when: "= TYPE <> 'TEST'"
        columns:
          order_id: "= upper(SHOP) || '-' || id"
          channel: {value: store}
          currency: {from: CUR, default: EUR}
          kind: {from: TYPE, map: {V: sale, R: return}}
          status: {from: STATE, map: {X: cancelled}, other: keep}
          quantity: "= case when TYPE = 'R' then -QTY else QTY end"
          gross_amount: "= PRICE * QTY - coalesce(OFF, 0)"
          net_amount: {from: NET, unit: minor}
          product_id: "= coalesce(ART, 'none')"
""",
    )
    shop.write(
        "a.csv",
        "id;SHOP;CUR;TYPE;STATE;QTY;PRICE;OFF;NET;ART\n1;lille;;V;;2;1,50;;299;A\n2;lille;JPY;R;X;1;150;20;7;\n"
        "3;lille;;T;Y;1;1;1;1;A\n4;lille;;TEST;;1;1;1;1;A\n5;lille;;V;;1;1;y;1;A\n6;lille;EUR;V;Y;1;9,99;;1;A\n",
    )
    landed = shop.run()
    assert landed.values(
        "order_lines",
        "order_id",
        "channel",
        "currency",
        "kind",
        "status",
        "quantity",
        "gross_amount",
        "net_amount",
        "product_id",
    ) == [
        ("LILLE-1", "store", "EUR", "sale", None, 2.0, 300, 299, "A"),
        ("LILLE-2", "store", "JPY", "return", "cancelled", -1.0, 130, 7, "none"),
        ("LILLE-6", "store", "EUR", "sale", "Y", 1.0, 999, 1, "A"),
    ]
    assert {row["line"]: (row["rule"], row["reason"]) for row in landed.table("rejected")} == {
        4: ("map", "TYPE: 'T' is a word that the mapping does not name"),
        6: ("number", "OFF: 'y' is not a number"),
    }
    assert landed.counts["till"].aside == {"taken by no table": 1}


def test_who_a_row_speaks_of_follows_from_its_identifiers(shop: Shop) -> None:
    shop.source(
        "till",
        """
    kind: files
    path: data/*.csv
    tables:
      orders:
        key: [id]
        columns: {order_id: id}
        identifiers: {email: mail, phone: tel, loyalty_card: {from: card, verified: true}}
""",
    )
    shop.write("a.csv", "id,mail,tel,card\n1,A@b.fr,06 12 34 56 78,\n2,a@b.fr,+33612345678,\n3,,,\n4,bad,,C1\n5,,,C1\n")
    rows = {row["order_id"]: row for row in shop.run().rows("orders")}
    assert rows["1"]["record_id"] == rows["2"]["record_id"] is not None
    assert rows["3"]["record_id"] is None
    assert rows["4"]["record_id"] != rows["5"]["record_id"]
    assert (rows["4"]["id__email"], rows["4"]["raw__email"], rows["4"]["verified__loyalty_card"]) == (None, "bad", True)
    assert (rows["1"]["id__phone"], rows["1"]["raw__phone"]) == ("+33612345678", "06 12 34 56 78")
