"""Audiences as files: who is written, with which columns, and how values look outside."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.channels import write_audiences
from parcours.channels.formats import harmless
from parcours.model.value import Place
from parcours.project.definitions import Audience, AudienceColumn, Project
from tests.segments.world import World, living, merged, project

DAY = date(2026, 3, 2)
AT = Place("audiences/x.yaml", 1)
PEOPLE = [
    {"person_id": 255, "spend": 61250, "last_order": date(2026, 1, 31), "city": "Saint-Étienne"},
    {"person_id": 16, "spend": 5, "city": None},
    {"person_id": 300, "spend": 100},
]


def audience(name: str = "all", of: str = "everybody", format_: str = "csv", path: str | None = None,
             **columns: str) -> Audience:  # fmt: skip
    made = tuple(AudienceColumn(name=key, of=value, place=AT) for key, value in columns.items())
    return Audience(name=name, segment=of, format=format_, columns=made, path=path, place=AT)


def shop(folder: Path, *audiences: Audience) -> Project:
    made = project(folder, {"everybody": {"known": {"known": True}}, "rich": {"spend": {"at_least": "1 EUR"}}})
    return replace(made, audiences={each.name: each for each in audiences})


def written(world: World, of: Project, **tables: Any) -> list[tuple[str, int]]:
    """Works the segments out and writes the audiences below the world's folder: files and numbers of people."""
    given = {
        "profiles": PEOPLE,
        "record_persons": [
            {"record_id": person["person_id"] * 10, "person_id": person["person_id"]} for person in PEOPLE
        ],
        "orders": [],
        "identifiers": [],
        "customer_records": [],
        **tables,
    }
    world.run(DAY, of, **given)
    with world.version() as version:
        made = write_audiences(version, of, folder=world.folder)
    return [(each.file.relative_to(world.folder).as_posix(), each.people) for each in made]


def identifier(person: int, value: str, kind: str = "email", **columns: Any) -> dict[str, Any]:
    usual = {"source": "crm", "raw": value, "verified": False, "usable": True, "last_seen": datetime(2026, 1, 1)}
    return {"record_id": person * 10, "kind": kind, "value": value, **usual, **columns}


def test_a_csv_has_the_columns_asked_for_in_order_of_persons(world: World, tmp_path: Path) -> None:
    wanted = audience(client="person_id", total="spend", last="last_order", town="city", known="known")
    assert written(world, shop(tmp_path, wanted)) == [("out/all.csv", 3)]
    assert (tmp_path / "out/all.csv").read_bytes().decode() == (
        "client,total,last,town,known\r\n"
        "per_0000000000000010,0.05,,,true\r\n"
        "per_00000000000000ff,612.50,2026-01-31,Saint-Étienne,true\r\n"
        "per_000000000000012c,1.00,,,true\r\n"
    )


def test_json_lines_and_parquet_hold_the_same_people(world: World, tmp_path: Path) -> None:
    columns = {"person_id": "person_id", "spend": "spend", "last_order": "last_order", "segments": "segments"}
    wanted = [audience("j", "rich", "jsonl", **columns), audience("p", "rich", "parquet", **columns)]
    assert written(world, shop(tmp_path, *wanted)) == [("out/j.jsonl", 2), ("out/p.parquet", 2)]
    lines = [json.loads(line) for line in (tmp_path / "out/j.jsonl").read_text(encoding="utf-8").splitlines()]
    rich = {
        "person_id": "per_00000000000000ff",
        "spend": 612.5,
        "last_order": "2026-01-31",
        "segments": "everybody rich",
    }
    assert lines == [rich, {**rich, "person_id": "per_000000000000012c", "spend": 1, "last_order": None}]
    rows = pq.read_table(tmp_path / "out/p.parquet").to_pylist()
    assert rows[0] == {**rich, "spend": Decimal("612.50"), "last_order": date(2026, 1, 31)}
    assert rows[1]["spend"] == Decimal("1.00")


def test_only_living_and_known_people_are_written(world: World, tmp_path: Path) -> None:
    persons = [living(255), merged(16, into=255), {**living(300), "known": False}]
    assert written(world, shop(tmp_path, audience(id="person_id")), persons=persons) == [("out/all.csv", 1)]
    assert "per_00000000000000ff" in (tmp_path / "out/all.csv").read_text()


def test_the_best_identifier_is_the_checked_then_the_latest_then_the_first(world: World, tmp_path: Path) -> None:
    identifiers = [
        identifier(255, "late@x.org", last_seen=datetime(2026, 2, 1)),
        identifier(255, "checked@x.org", verified=True),
        identifier(255, "broken", verified=True, usable=False),
        identifier(16, "b@x.org"), identifier(16, "a@x.org"), identifier(16, "c@x.org", last_seen=None),
        identifier(300, "+33612345678", kind="phone"),
    ]  # fmt: skip
    written(world, shop(tmp_path, audience(email="email", phone="phone")), identifiers=identifiers)
    with (tmp_path / "out/all.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["email", "phone"], ["a@x.org", ""], ["checked@x.org", ""], ["", "+33612345678"]]  # fmt: skip


def test_what_a_person_declared_is_the_newest_that_says_anything(world: World, tmp_path: Path) -> None:
    def record(number: int, first_name: str | None, updated: datetime | None) -> dict[str, Any]:
        return {"record_id": number, "source": "crm", "record_key": str(number), "first_name": first_name,
                "updated_at": updated}  # fmt: skip

    records = [record(2550, "Anne", datetime(2026, 1, 1)), record(2551, None, datetime(2026, 2, 1)),
               record(160, "Bob", None)]  # fmt: skip
    owners = [{"record_id": 2550, "person_id": 255}, {"record_id": 2551, "person_id": 255},
              {"record_id": 160, "person_id": 16}]  # fmt: skip
    wanted = audience(name_="first_name", seen="first_seen")
    persons = [{**living(255), "first_seen": datetime(2026, 7, 1, 22, 30)}, living(16), living(300)]
    written(world, shop(tmp_path, wanted), customer_records=records, record_persons=owners, persons=persons)
    assert (tmp_path / "out/all.csv").read_text(encoding="utf-8").splitlines() == [
        "name_,seen", "Bob,", "Anne,2026-07-02T00:30:00+02:00", ","]  # fmt: skip


def test_a_file_takes_the_place_of_the_old_one_whole_and_always_the_same(world: World, tmp_path: Path) -> None:
    of = shop(tmp_path, audience(path="deep/er/{date}.csv", id="person_id"))
    assert written(world, of) == [("deep/er/2026-03-02.csv", 3)]
    first = (tmp_path / "deep/er/2026-03-02.csv").read_bytes()
    (tmp_path / "deep/er/2026-03-02.csv").write_text("old")
    written(world, of)
    assert (tmp_path / "deep/er/2026-03-02.csv").read_bytes() == first
    assert [file.name for file in (tmp_path / "deep/er").iterdir()] == ["2026-03-02.csv"]


def test_a_failure_leaves_the_old_file_and_no_other(world: World, tmp_path: Path, monkeypatch: Any) -> None:
    of = shop(tmp_path, audience(id="person_id"))
    written(world, of)

    def fails(file: Path, columns: Any, batches: Any) -> int:
        file.write_text("half")
        raise OSError("the disk is full")

    monkeypatch.setitem(__import__("parcours.channels.formats", fromlist=["FORMATS"]).FORMATS, "csv", fails)
    with world.version() as version, pytest.raises(OSError, match="full"):
        write_audiences(version, of, folder=tmp_path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["all.csv"]
    assert (tmp_path / "out/all.csv").read_text().count("per_") == 3


def test_two_audiences_cannot_be_one_file(world: World, tmp_path: Path) -> None:
    of = shop(tmp_path, audience("a", path="x.csv", id="person_id"), audience("b", path="x.csv", id="person_id"))
    with pytest.raises(ValueError, match="'b' would overwrite 'a'"):
        written(world, of)


def test_a_segment_nobody_is_in_is_a_file_with_a_header(world: World, tmp_path: Path) -> None:
    of = shop(tmp_path, audience(of="rich", id="person_id"))
    assert written(world, of, profiles=[{"person_id": 1, "spend": 0}]) == [("out/all.csv", 0)]
    assert (tmp_path / "out/all.csv").read_text() == "id\n"


def test_no_cell_is_a_formula_and_numbers_stay_numbers(world: World, tmp_path: Path) -> None:
    profiles = [{"person_id": 16, "city": '=HYPERLINK("http://x","y")', "spend": -500}]
    written(world, shop(tmp_path, audience(**{"@town": "city", "spend": "spend"})), profiles=profiles)
    with (tmp_path / "out/all.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["'@town", "spend"], ['\'=HYPERLINK("http://x","y")', "-5.00"]]
    assert [harmless(text) for text in ("+33612345678", "-12,50", "-", "+a", "@x", "\t=1", "＝1", "a=1", "")] == [
        "+33612345678", "-12,50", "'-", "'+a", "'@x", "'\t=1", "'＝1", "a=1", ""]  # fmt: skip


@given(st.text())
def test_a_harmless_text_starts_like_no_formula_unless_it_is_a_number(text: str) -> None:
    made = harmless(text)
    assert made.removeprefix("'") == text.removeprefix("'") or made == "'" + text
    assert made[:1] not in set("=@\t\r\n＝＋－＠")
    assert (
        made[:1] not in set("+-") or set(made[1:]) <= set("0123456789 .,٠١٢٣٤٥٦٧٨٩") or made[1:].strip(" .,").isdigit()
    )
