"""Files delivered again, corrected, overlapping: nothing counts twice, and the account says what came of each row."""

from __future__ import annotations

import os

import pytest

from parcours.landing import FileGone

from .shop import Shop, account

CRM = """
    kind: files
    path: data/crm*.csv
    tables:
      customer_records:
        key: [id]
        columns: {record_key: id, first_name: name, city: city, updated_at: changed}
        identifiers: {email: mail}
"""
TILL = """
    kind: files
    path: data/till*.csv
    tables:
      order_lines:
        key: [ticket, line]
        columns: {order_id: ticket, line_id: line, order_time: at, product_id: article, quantity: n}
"""
HEAD = "ticket,line,at,article,n\n"
NOTHING = (0, 0, 0, 0, 0, 0, 0)


def lines(landed: object) -> list[tuple[object, ...]]:
    return landed.values("order_lines", "order_id", "line_id", "product_id", "quantity")  # type: ignore[attr-defined]


def test_the_same_bytes_again_land_nothing(shop: Shop) -> None:
    shop.source("till", TILL)
    path = shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,2,2026-02-01,B,2\n")
    shop.run()
    os.utime(path, (1, 1))
    assert account(shop.run().counts["till"]) == NOTHING
    shop.write("till2.csv", path.read_bytes())
    second = shop.run()
    assert account(second.counts["till"]) == (2, 2, 0, 0, 0, 2, 0)
    assert second.counts["till"].repeated_deliveries == 1
    assert len(lines(second)) == 2
    assert account(shop.run().counts["till"]) == NOTHING


def test_a_run_without_anything_new_changes_no_table(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n")
    first = shop.run()
    again = shop.run()
    assert again.draft.unchanged() or again.draft.tables == first.draft.tables


def test_the_same_bytes_twice_in_one_run_land_once(shop: Shop) -> None:
    shop.source("till", TILL)
    for name in ("till1.csv", "till2.csv"):
        shop.write(name, HEAD + "1,1,2026-02-01,A,1\n")
    landed = shop.run()
    assert account(landed.counts["till"]) == (2, 2, 0, 1, 0, 1, 0)


def test_overlapping_files_count_once(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n2,1,2026-02-02,A,1\n")
    shop.run()
    shop.write("till2.csv", HEAD + "2,1,2026-02-02,A,1\n3,1,2026-02-03,A,1\n")
    landed = shop.run()
    assert account(landed.counts["till"]) == (2, 2, 0, 1, 0, 1, 0)
    assert lines(landed) == [("1", "1", "A", 1.0), ("2", "1", "A", 1.0), ("3", "1", "A", 1.0)]


def test_a_corrected_row_replaces_the_old_one_even_in_another_month(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n2,1,2026-02-02,A,1\n")
    shop.run()
    shop.write("till2.csv", HEAD + "1,1,2026-03-01,A,5\n")
    landed = shop.run()
    assert account(landed.counts["till"]) == (1, 1, 0, 0, 1, 0, 0)
    assert lines(landed) == [("1", "1", "A", 5.0), ("2", "1", "A", 1.0)]
    assert [(row["partition"], row["seq"]) for row in landed.table("superseded")] == [("2026-02", 1)]
    assert list(landed.draft.table("superseded").parts) == ["2026-02/till/000002"]


def test_a_row_corrected_back_and_forth_counts_once(shop: Shop) -> None:
    shop.source("till", TILL)
    for turn, n in enumerate([1, 2, 1, 3, 1]):
        shop.write(f"till{turn}.csv", HEAD + f"1,1,2026-0{2 + turn % 2}-01,A,{n}\n" + f"{turn + 10},1,2026-02-01,A,1\n")
        landed = shop.run()
        assert ("1", "1", "A", float(n)) in lines(landed)
        assert len(lines(landed)) == turn + 2


def test_a_changed_file_under_its_name_corrects(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n2,1,2026-02-02,A,1\n")
    shop.run()
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n2,1,2026-02-02,B,1\n3,1,2026-02-02,B,1\n")
    landed = shop.run()
    assert account(landed.counts["till"]) == (3, 3, 0, 1, 1, 1, 0)
    assert [entry["file"] for entry in landed.table("deliveries")] == ["data/till1.csv"] * 2


def test_of_rows_under_one_key_in_one_file_the_last_counts(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,1,2026-02-01,A,2\n1,1,2026-02-01,A,3\n2,1,2026-02-01,A,1\n")
    landed = shop.run()
    assert lines(landed) == [("1", "1", "A", 3.0), ("2", "1", "A", 1.0)]
    assert account(landed.counts["till"]) == (4, 4, 0, 2, 0, 2, 0)


def test_drop_keeps_the_first_of_one_file(shop: Shop) -> None:
    shop.source("till", TILL.replace("key: [ticket, line]", "key: [ticket, line]\n        repeats: drop"))
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,1,2026-02-01,A,2\n")
    assert lines(shop.run()) == [("1", "1", "A", 1.0)]


def test_later_names_are_newer_deliveries_and_people_count_10_after_9(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till10.csv", HEAD + "1,1,2026-02-01,A,10\n")
    shop.write("till9.csv", HEAD + "1,1,2026-02-01,A,9\n")
    assert lines(shop.run()) == [("1", "1", "A", 10.0)]


def test_equal_rows_without_a_key_all_count_and_overlaps_do_not_double(shop: Shop) -> None:
    shop.source("till", TILL.replace("key: [ticket, line]\n", "").replace("line_id: line, ", ""))
    twice = "1,1,2026-02-01,A,1\n1,2,2026-02-01,A,1\n"
    shop.write("till1.csv", HEAD + twice + "2,1,2026-02-02,A,1\n")
    first = shop.run()
    assert account(first.counts["till"]) == (3, 3, 0, 3, 0, 0, 0)
    shop.write("till2.csv", HEAD + "3,1,2026-02-02,A,1\n" + twice)
    second = shop.run()
    assert account(second.counts["till"]) == (3, 3, 0, 1, 0, 2, 0)
    assert second.values("order_lines", "order_id", "product_id") == [("1", "A"), ("1", "A"), ("2", "A"), ("3", "A")]


def test_a_delivery_that_restates_an_order_takes_its_other_lines_away(shop: Shop) -> None:
    shop.source("till", TILL.replace("key: [ticket, line]", "key: [ticket, line]\n        restates: [order_id]"))
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,2,2026-02-01,B,1\n2,1,2026-02-01,A,1\n")
    shop.run()
    shop.write("till2.csv", HEAD + "1,1,2026-02-01,A,1\n1,3,2026-02-01,C,1\n")
    landed = shop.run()
    assert lines(landed) == [("1", "1", "A", 1.0), ("1", "3", "C", 1.0), ("2", "1", "A", 1.0)]
    shop.write("till3.csv", HEAD + "1,2,2026-02-01,B,1\n")
    assert lines(shop.run()) == [("1", "2", "B", 1.0), ("2", "1", "A", 1.0)]


def test_restating_within_one_run_gives_the_same(shop: Shop) -> None:
    shop.source("till", TILL.replace("key: [ticket, line]", "key: [ticket, line]\n        restates: [order_id]"))
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,2,2026-02-01,B,1\n2,1,2026-02-01,A,1\n")
    shop.write("till2.csv", HEAD + "1,1,2026-02-01,A,1\n1,3,2026-02-01,C,1\n")
    shop.write("till3.csv", HEAD + "1,2,2026-02-01,B,1\n")
    assert lines(shop.run()) == [("1", "2", "B", 1.0), ("2", "1", "A", 1.0)]


def test_the_newest_row_counts_by_the_column_that_says_so_in_whatever_order_it_comes(shop: Shop) -> None:
    shop.source("crm", CRM.replace("key: [id]", "key: [id]\n        newest_by: changed"))
    head = "id,name,city,mail,changed\n"
    shop.write(
        "crm1.csv", head + "1,Zoé,Lille,z@a.fr,2026-03-01\n2,Ana,Lyon,,2026-01-01\n1,Zoé,Paris,z@a.fr,2026-02-01\n"
    )
    first = shop.run()
    assert first.values("customer_records", "record_key", "city", source="crm") == [("1", "Lille"), ("2", "Lyon")]
    shop.write("crm2.csv", head + "1,Zoé,Metz,z@a.fr,2026-01-15\n2,Ana,Nice,,2026-04-01\n")
    second = shop.run()
    assert second.values("customer_records", "record_key", "city", source="crm") == [("1", "Lille"), ("2", "Nice")]
    assert account(second.counts["crm"]) == (2, 2, 0, 0, 1, 1, 0)


def test_the_line_that_repeats_the_ticket_is_new_and_the_ticket_stands_once(shop: Shop) -> None:
    shop.source(
        "till",
        TILL
        + """      orders:
        key: [ticket]
        columns: {order_id: ticket, order_time: at}
""",
    )
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,2,2026-02-01,B,1\n")
    first = shop.run()
    assert account(first.counts["till"]) == (2, 2, 0, 2, 0, 0, 0)
    assert len(first.rows("orders")) == 1
    shop.write("till2.csv", HEAD + "1,2,2026-02-01,B,4\n1,3,2026-02-01,C,1\n")
    second = shop.run()
    assert account(second.counts["till"]) == (2, 2, 0, 1, 1, 0, 0)
    assert len(second.rows("orders")) == 1
    assert len(second.rows("order_lines")) == 3


def test_what_is_set_aside_landed_and_is_counted_by_name(shop: Shop) -> None:
    shop.source(
        "till",
        TILL
        + """    set_aside:
      postage: "= article = 'POST'"
      nothing: "= n = 0"
""",
    )
    shop.write(
        "till1.csv", HEAD + "1,1,2026-02-01,A,1\n1,2,2026-02-01,POST,1\n1,3,2026-02-01,POST,0\n1,4,2026-02-01,B,0\n"
    )
    count = shop.run().counts["till"]
    assert account(count) == (4, 4, 0, 1, 0, 0, 3)
    assert count.aside == {"postage": 2, "nothing": 1}


def test_a_row_set_aside_may_be_as_odd_as_it_likes(shop: Shop) -> None:
    shop.source("till", TILL + "    set_aside: {total: \"= ticket = 'TOTAL'\"}\n")
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\nTOTAL,,,,one\n")
    assert account(shop.run().counts["till"]) == (2, 2, 0, 1, 0, 0, 1)


def test_a_changed_mapping_reads_the_files_again(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n")
    shop.write("till2.csv", HEAD + "2,1,2026-02-01,A,1\n")
    shop.run()
    shop.source("till", TILL.replace("quantity: n", 'quantity: "= n * 2"'))
    landed = shop.run()
    assert account(landed.counts["till"]) == (2, 2, 0, 2, 0, 0, 0)
    assert landed.values("order_lines", "quantity") == [2.0, 2.0]
    assert len(landed.table("deliveries")) == 2


def test_moving_lines_in_a_yaml_file_is_no_change(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n")
    shop.run()
    shop.source("till", "# a remark\n\n" + "\n".join(line.removeprefix("    ") for line in TILL.splitlines()))
    assert account(shop.run().counts["till"]) == NOTHING


def test_a_changed_mapping_whose_file_is_gone_says_which(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n")
    path = shop.write("till2.csv", HEAD + "2,1,2026-02-01,A,1\n")
    shop.run()
    path.unlink()
    assert account(shop.run().counts["till"]) == NOTHING, "a file that has landed may go"
    shop.source("till", TILL.replace("quantity: n", 'quantity: "= n * 2"'))
    with pytest.raises(FileGone, match=r"data/till2\.csv.*--replay till"):
        shop.run()


def test_rejected_rows_land_when_the_mapping_is_mended_and_replayed(shop: Shop) -> None:
    shop.source("till", TILL)
    path = shop.write("till1.csv", HEAD + '1,1,2026-02-01,A,1\n2,1,2026-02-01,A,"1,5"\n3,1,2026-02-31,A,1\nrag,ged\n')
    first = shop.run()
    assert account(first.counts["till"]) == (4, 1, 3, 1, 0, 0, 0)
    path.unlink()
    shop.source("till", TILL + '    numbers: {decimal: ","}\n')
    landed = shop.run(replay="till")
    assert landed.values("order_lines", "order_id", "quantity", "_file") == [
        ("1", 1.0, "data/till1.csv"),
        ("2", 1.5, "data/till1.csv"),
    ]
    assert {(row["line"], row["rule"]) for row in landed.table("rejected")} == {(4, "time"), (5, "fields")}
    (entry,) = landed.table("deliveries")
    assert (entry["received"], entry["landed"], entry["rejected"]) == (4, 2, 2)
    assert account(shop.run().counts["till"]) == NOTHING


def test_only_the_named_source_is_read_and_the_others_stay(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.source("crm", CRM)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\n")
    shop.write("crm1.csv", "id,name,city,mail,changed\n1,Zoé,Lille,z@a.fr,2026-03-01\n")
    shop.run()
    shop.write("till2.csv", HEAD + "2,1,2026-02-01,A,1\n")
    landed = shop.run(only=("crm",))
    assert len(landed.rows("order_lines")) == 1
    assert len(landed.rows("customer_records", "crm")) == 1
    assert len(shop.run().rows("order_lines")) == 2


def test_a_run_that_was_never_published_is_done_again_alike(shop: Shop) -> None:
    shop.source("till", TILL)
    shop.write("till1.csv", HEAD + "1,1,2026-02-01,A,1\nx\n")
    lost = shop.run(publish=False)
    done = shop.run()
    assert done.draft.tables.keys() == lost.draft.tables.keys()
    assert done.draft.tables["landing_till"] == lost.draft.tables["landing_till"]
    assert account(done.counts["till"]) == account(lost.counts["till"])
