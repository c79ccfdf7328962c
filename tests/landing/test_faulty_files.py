"""Files with something wrong in them: a clear account, nothing lost, other files go on."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .shop import Shop, account

TILL = """
    kind: files
    path: data/*
    delimiter: ";"
    numbers: {decimal: ",", thousands: " "}
    times: {format: "%d/%m/%Y %H:%M"}
    tables:
      order_lines:
        key: [TICKET, LIGNE]
        columns:
          order_id: TICKET
          line_id: LIGNE
          order_time: DATE
          product_id: ARTICLE
          quantity: QTE
          unit_price: PRIX
"""
HEADER = "TICKET;LIGNE;DATE;ARTICLE;QTE;PRIX\n"
GOOD = "1;1;01/02/2026 10:00;A;2;1,50\n"


def rejected(shop: Shop, body: str | bytes) -> dict[int, tuple[str, str | None, str, str]]:
    """Lands one file whose first row is good; gives line: (rule, column, reason, original) of those that were not."""
    shop.source("till", TILL)
    raw = body if isinstance(body, bytes) else body.encode()
    shop.write("till.csv", (HEADER + GOOD).encode() + raw)
    landed = shop.run()
    assert ("1", "1") in landed.values("order_lines", "order_id", "line_id")
    return {
        row["line"]: (row["rule"], row["column_name"], row["reason"], row["original"])
        for row in landed.table("rejected")
    }


def test_a_letter_in_an_amount_rejects_the_row_with_its_original(shop: Shop) -> None:
    found = rejected(shop, "2;1;01/02/2026 10:00;A;1;1O,50\n3;1;01/02/2026 10:00;A;1;2,00\n")
    rule, column, reason, original = found[3]
    assert (rule, column, reason) == ("money", "unit_price", "PRIX: '1O,50' is not an amount")
    assert json.loads(original) == {
        "TICKET": "2",
        "LIGNE": "1",
        "DATE": "01/02/2026 10:00",
        "ARTICLE": "A",
        "QTE": "1",
        "PRIX": "1O,50",
    }
    assert list(found) == [3]


def test_an_impossible_date_rejects_the_row(shop: Shop) -> None:
    found = rejected(shop, "2;1;31/02/2026 10:00;A;1;1,50\n")
    assert found[3][:3] == ("time", "order_time", "DATE: '31/02/2026 10:00' is not a time")


def test_an_empty_key_rejects_the_row(shop: Shop) -> None:
    assert rejected(shop, ";;01/02/2026 10:00;A;1;1,50\n")[3][:2] == ("missing", "order_id")


def test_an_empty_row_rejects_itself(shop: Shop) -> None:
    assert rejected(shop, ";;;;;\n")[3][0] == "empty"


def test_too_few_and_too_many_fields_reject_the_row_only(shop: Shop) -> None:
    found = rejected(shop, "2;1\n3;1;01/02/2026 10:00;A;1;1,50\n4;1;01/02/2026 10:00;A;1;1,50;more\n")
    assert {line: (rule, reason) for line, (rule, _, reason, _) in found.items()} == {
        3: ("fields", "it has 2 fields, the header 6"),
        5: ("fields", "it has 7 fields, the header 6"),
    }


def test_a_quote_that_is_never_closed_rejects_its_line_and_not_the_rest_of_the_file(shop: Shop) -> None:
    rows = "".join(f'{n};1;01/02/2026 10:00;"B";1;1,50\n' for n in range(10, 20))
    found = rejected(shop, '2;1;01/02/2026 10:00;"A;1;1,50\n' + rows)
    assert {line: rule for line, (rule, *_) in found.items()} == {3: "quotes"}
    again = shop.run()
    assert account(again.counts["till"]) == (0, 0, 0, 0, 0, 0, 0)


def test_a_nul_character_rejects_its_row(shop: Shop) -> None:
    found = rejected(shop, b"2;1;01/02/2026 10:00;A\0B;1;1,50\n3;1;01/02/2026 10:00;A;1;1,50\n")
    assert {line: rule for line, (rule, *_) in found.items()} == {3: "nul"}


def test_lines_are_counted_as_an_editor_counts_them(shop: Shop) -> None:
    found = rejected(shop, '\n2;1;01/02/2026 10:00;"two\nlines";1;1,50\n\n3;1;31/02/2026 10:00;A;1;1,50\n')
    assert list(found) == [7]


def test_emoji_and_accents_pass_unharmed(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till.csv", HEADER + "1;1;01/02/2026 10:00;Thé glacé 🧊;1;1,50\n")
    assert shop.run().values("order_lines", "product_id") == ["Thé glacé 🧊"]


def test_a_wrong_header_refuses_the_file_and_names_the_nearest_column(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("a.csv", HEADER.replace("PRIX", "PRIX_TTC") + GOOD)
    shop.write("b.csv", HEADER + GOOD)
    count = shop.run().counts["till"]
    assert count.failed
    assert [str(each) for each in count.refused] == ["data/a.csv: it has no column 'PRIX'. Did you mean 'PRIX_TTC'?"]
    assert account(count) == (1, 1, 0, 1, 0, 0, 0)


def test_a_refused_file_is_tried_again_by_the_next_run(shop: Shop) -> None:
    shop.source("till", TILL)
    whole = gzip.compress((HEADER + "".join(f"{n};1;01/02/2026 10:00;A;1;1,50\n" for n in range(500))).encode())
    shop.write("till.csv.gz", whole[:-20])
    first = shop.run()
    assert [each.reason for each in first.counts["till"].refused] == [
        "it is cut short: the packed data ends before its end"
    ]
    assert first.rows("order_lines") == []
    assert shop.run().counts["till"].failed
    shop.write("till.csv.gz", whole)
    assert account(shop.run().counts["till"]) == (500, 500, 0, 500, 0, 0, 0)


def test_a_file_that_is_not_in_its_declared_encoding_is_refused_with_the_byte(shop: Shop) -> None:
    shop.source("till", TILL + "    encoding: utf-8\n")
    shop.write("till.csv", HEADER.encode() + "1;1;01/02/2026 10:00;Thé;1;1,50\n".encode("cp1252"))
    (refused,) = shop.run().counts["till"].refused
    at = len(HEADER) + len("1;1;01/02/2026 10:00;Th")
    assert f"not valid utf-8 at byte {at}" in refused.reason


def test_utf_8_with_one_damaged_byte_is_refused_and_not_read_as_something_else(shop: Shop) -> None:
    shop.source("till", TILL)
    body = (HEADER + "1;1;01/02/2026 10:00;Thé à l'été;1;1,50\n").encode() + b"2;1;01/02/2026 10:00;Th\xe9;1;1,50\n"
    shop.write("till.csv", body)
    (refused,) = shop.run().counts["till"].refused
    assert "damaged bytes" in refused.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_are_found_out(shop: Shop, encoding: str) -> None:
    shop.source("till", TILL)
    shop.write("till.csv", (HEADER + "1;1;01/02/2026 10:00;Thé;1;1,50\n").encode(encoding))
    assert shop.run().values("order_lines", "product_id") == ["Thé"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_unix_windows_and_old_macs(shop: Shop, ends: str) -> None:
    shop.source("till", TILL)
    shop.write("till.csv", (HEADER + GOOD + '2;1;01/02/2026 10:00;"A;""B""";1;1,50\n').replace("\n", ends))
    assert shop.run().values("order_lines", "order_id", "product_id") == [("1", "A"), ("2", 'A;"B"')]


def test_mixed_line_ends_lose_no_row(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write(
        "till.csv",
        HEADER + "1;1;01/02/2026 10:00;A;1;1,50\r\n2;1;01/02/2026 10:00;A;1;1,50\n3;1;01/02/2026 10:00;A;1;1,50\r\n",
    )
    assert shop.run().values("order_lines", "order_id") == ["1", "2", "3"]


def test_an_empty_file_and_one_with_a_header_only_deliver_nothing(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("a.csv", "")
    shop.write("b.csv", HEADER)
    count = shop.run().counts["till"]
    assert (account(count), count.deliveries, count.failed) == ((0, 0, 0, 0, 0, 0, 0), 2, False)


def test_json_lines_that_are_none_are_rejected_and_the_others_land(shop: Shop) -> None:
    shop.source(
        "web",
        """
        kind: files
        path: data/*.jsonl
        tables:
          events: {key: [id], columns: {name: name, event_time: at, value: price}}
    """,
    )
    lines = [
        '{"id": 1, "name": "page", "at": "2026-02-01T10:00:00Z"}',
        "",
        "{oops",
        '{"name": "page", "at": "x", "id": 3}',
        "[1, 2]",
        '{"id": 4, "name": "page", "at": "2026-02-01T10:00:00+02:00", "price": 1.5}',
        '{"id": 5, "na',
    ]
    shop.write("e.jsonl", "\n".join(lines))
    landed = shop.run()
    assert landed.values("events", "value", source="web") == [150, None]
    assert {(row["line"], row["rule"]) for row in landed.table("rejected")} == {
        (3, "json"),
        (4, "time"),
        (5, "empty"),
        (7, "json"),
    }


def test_a_broken_json_document_is_refused_whole(shop: Shop) -> None:
    shop.source(
        "web",
        """
        kind: files
        path: data/*.json
        tables:
          events: {key: [id], columns: {name: name, event_time: at}}
    """,
    )
    shop.write("a.json", '[{"id": 1, "name": "page", "at": "2026-02-01"}, {"id": ')
    shop.write("b.json", '[{"id": 2,\n "name": "page", "at": "2026-02-01"}]')
    landed = shop.run()
    assert [each.file for each in landed.counts["web"].refused] == ["data/a.json"]
    assert len(landed.rows("events", "web")) == 1


def test_one_bad_article_rejects_its_whole_order(shop: Shop) -> None:
    shop.source(
        "web",
        """
        kind: files
        path: data/*.jsonl
        tables:
          orders: {key: [id], columns: {order_id: id, order_time: at}}
          order_lines:
            key: [id, "items[].sku"]
            columns: {order_id: id, line_id: "items[].sku", quantity: "items[].qty"}
    """,
    )
    good = {"id": 1, "at": "2026-02-01", "items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}]}
    bad = {"id": 2, "at": "2026-02-01", "items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": "two"}]}
    shop.write("o.jsonl", "\n".join(json.dumps(each) for each in (bad, good, {**good, "id": 3, "items": []})))
    landed = shop.run()
    assert landed.values("orders", "order_id", source="web") == ["1", "3"]
    assert landed.values("order_lines", "order_id", "line_id", "quantity", source="web") == [
        ("1", "a", 1.0),
        ("1", "b", 2.0),
    ]
    assert [(row["line"], row["rule"], row["column_name"]) for row in landed.table("rejected")] == [
        (1, "number", "quantity")
    ]
    assert account(landed.counts["web"]) == (3, 2, 1, 2, 0, 0, 0)


def test_archives_that_mean_harm_are_refused(shop: Shop) -> None:
    shop.source("till", TILL)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../outside.csv", HEADER + GOOD)
    shop.write("outside.zip", packed.getvalue())
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", b"0" * 300_000_000)
    shop.write("bomb.zip", bomb.getvalue())
    reasons = {each.file: each.reason for each in shop.run().counts["till"].refused}
    assert "points outside" in reasons["data/outside.zip"]
    assert "times its size" in reasons["data/bomb.zip"]


def test_a_path_that_leaves_the_project_is_refused(shop: Shop) -> None:
    shop.source("till", TILL.replace("data/*", "../*"))
    (refused,) = shop.run().counts["till"].refused
    assert "leaves the project's folder" in refused.reason


def test_members_of_a_zip_are_all_read(shop: Shop) -> None:
    shop.source("till", TILL)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("north/a.csv", HEADER + GOOD)
        archive.writestr("south/b.csv", HEADER + GOOD.replace("1;1", "2;1", 1))
        archive.writestr("__MACOSX/a.csv", "rubbish")
    shop.write("day.zip", packed.getvalue())
    landed = shop.run()
    assert landed.values("order_lines", "order_id", "_file") == [
        ("1", "data/day.zip/north/a.csv"),
        ("2", "data/day.zip/south/b.csv"),
    ]


def test_errors_tell_no_row(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("a.csv", "zoe@example.fr;1\nlouis@example.fr;2\n")
    (refused,) = shop.run().counts["till"].refused
    assert "louis" not in str(refused)


cell = st.text(st.sampled_from('ab1é"😀 ;\0'), max_size=4)
row = st.lists(cell, min_size=1, max_size=4).map(";".join)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@example(rows=[';; "'], end="\n")
@given(rows=st.lists(row, max_size=12), end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_in_a_file_every_record_is_accounted_for(rows: list[str], end: str) -> None:
    """Counted by hand: a record is a line with something on it, or several when quotes are closed only further down."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "shop")
        shop.source(
            "till",
            """
            kind: files
            path: data/*
            delimiter: ";"
            tables:
              products: {key: [a], columns: {product_id: a, name: b, brand: c}}
        """,
        )
        shop.write("a.csv", f"a;b;c{end}" + "".join(row + end for row in [*rows, "last;1;2"]))
        landed = shop.run()
        (count,) = landed.counts.values()
        assert not count.failed
        assert count.received == count.landed + count.rejected == count.landed + len(landed.table("rejected"))
        assert "last" in landed.values("products", "product_id")
        lines = [row for row in rows if row]
        assert count.received <= len(lines) + 1
        if not any('"' in row or "\0" in row for row in rows):
            whole = [row for row in lines if row.count(";") == 2 and row.split(";")[0].strip()]
            assert (count.received, count.landed) == (len(lines) + 1, len(whole) + 1)


@pytest.mark.parametrize(
    "expression", ["= cast(DATE as date) * 2", "= substring(ARTICLE, 'x')", "= regexp_extract(ARTICLE, '(')"]
)
def test_an_expression_that_makes_no_sense_refuses_its_files_and_nothing_else(shop: Shop, expression: str) -> None:
    shop.source("till", TILL.replace("quantity: QTE", f'quantity: "{expression}"'))
    shop.source("other", TILL)
    shop.write("till.csv", HEADER + GOOD)
    counts = shop.run().counts
    assert counts["till"].failed
    assert account(counts["other"])[:2] == (1, 1)
