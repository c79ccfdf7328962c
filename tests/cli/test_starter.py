"""`parcours new`, then `run` and `report`: the first five minutes."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
AS_OF = date(2026, 3, 31)


def test_a_new_project_runs_and_accounts_for_every_row(ran: tuple[Path, Any]) -> None:
    folder, said = ran
    assert said.code == 0, said.err
    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0][:6] == ["Source", "received", "=", "landed", "+", "rejected"]
    rows = {line[0]: [int(cell) for cell in line[1:4]] for line in lines[1:5]}
    for name, pattern in (("till", "till_*.csv"), ("web_shop", "web_orders.csv"), ("customers", "customers.csv")):
        written = sum(len(file.read_text().splitlines()) - 1 for file in (folder / "data").glob(pattern))
        assert rows[name] == [written, written, 0]


def test_a_second_run_with_nothing_new_changes_nothing(shop: Path, call: Call) -> None:
    said = call("--project", str(shop), "run")
    assert said.code == 0
    assert said.out.splitlines() == [
        "Nothing new: customers, products, till, web_shop.",
        "Nothing has changed since the last run.",
    ]


def test_the_segment_of_the_starter_holds_whom_it_should(shop: Path, call: Call) -> None:
    found = call("--project", str(shop), "explain", "segment", "slipping_away", "--json").json
    assert found["people"] == len(slipping_away(shop, spend=60))


def slipping_away(shop: Path, *, spend: float) -> set[str]:
    """Worked out without Parcours: spent so much within 180 days, and was last here more than 45 days ago."""
    owners = {row["email"].lower(): row["card"] for row in rows(shop / "data" / "customers.csv")}
    spent: dict[str, float] = defaultdict(float)
    last: dict[str, date] = {}
    for file in sorted((shop / "data").glob("till_*.csv")):
        tickets: dict[str, float] = defaultdict(float)
        for row in rows(file, ";"):
            tickets[row["ticket"]] += float(row["total"].replace(",", "."))
        for row in rows(file, ";"):
            day = date(int(row["time"][6:10]), int(row["time"][3:5]), int(row["time"][:2]))
            if row["card"]:
                spent[row["card"]] += float(row["total"].replace(",", ".")) if AS_OF - day < timedelta(180) else 0
                if tickets[row["ticket"]] > 0:
                    last[row["card"]] = max(day, last.get(row["card"], day))
    for row in rows(shop / "data" / "web_orders.csv"):
        day, card = date.fromisoformat(row["ordered_at"][:10]), owners[row["email"]]
        if row["status"] == "paid":
            paid = float(row["price"]) * int(row["quantity"]) - float(row["discount"])
            spent[card] += paid if AS_OF - day < timedelta(180) else 0
            last[card] = max(day, last.get(card, day))
    return {card for card, sum_ in spent.items() if round(sum_, 2) >= spend and AS_OF - last[card] >= timedelta(45)}


def rows(file: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def test_plan_says_in_people_what_an_edited_segment_would_do(shop: Path, call: Call) -> None:
    before, after = slipping_away(shop, spend=60), slipping_away(shop, spend=40)
    file = shop / "segments" / "slipping_away.yaml"
    file.write_text(file.read_text().replace("60 EUR", "40 EUR"))
    said = call("--project", str(shop), "plan")
    assert said.code == 0
    assert f"  slipping_away: {len(after - before)} enter, 0 leave, {len(after)} people in it" in said.out.splitlines()
    assert call("--project", str(shop), "status", "--json").json["version"] == 1


def test_plan_tells_new_and_gone_definitions(shop: Path, call: Call) -> None:
    (shop / "segments" / "tea_lovers.yaml").unlink()
    (shop / "segments" / "regulars.yaml").write_text("segment: regulars\nwho: {coffee_spend: {at_least: 0 EUR}}\n")
    attributes = shop / "attributes" / "mine.yaml"
    text = attributes.read_text()
    attributes.write_text(
        text.replace("within: 180 days", "within: 1 day", 1)  # orders_180d: nobody came twice on the last day
        + "  coffee_spend: {kind: sum, of: order_lines.net_amount, where: {category_1: Coffee}}\n"
    )
    found = call("--project", str(shop), "plan", "--json").json
    moves = {move["segment"]: move for move in found["segments"] if move["what"] != "kept"}
    assert moves["regulars"] == {"segment": "regulars", "what": "new", "people": 40, "enter": 40, "leave": 0}
    lovers = call("--project", str(shop), "explain", "segment", "tea_lovers", "--json")
    assert lovers.code == 3  # it is no longer defined, so it cannot be explained
    assert (moves["tea_lovers"]["what"], moves["tea_lovers"]["people"]) == ("gone", 0)
    assert moves["tea_lovers"]["leave"] > 0
    assert moves.keys() == {"regulars", "tea_lovers"}
    changed = {move["attribute"]: (move["what"], move["people"]) for move in found["attributes"]}
    assert changed["coffee_spend"] == ("new", 40)
    assert changed["orders_180d"][0] == "changed"
    told = call("--project", str(shop), "plan").out.splitlines()
    assert "  regulars: new, 40 enter, 0 leave, 40 people in it" in told
    assert "  coffee_spend: new, known for 40 people" in told


def test_the_report_is_one_page(shop: Path, call: Call) -> None:
    said = call("--project", str(shop), "report", "--language", "fr")
    assert said.code == 0
    assert said.out.startswith("Le rapport est dans ")
    page = (shop / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    assert 'lang="fr"' in page
    assert "La boutique de thé" in page


def test_audiences_are_written_as_the_project_says(shop: Path, call: Call) -> None:
    assert call("--project", str(shop), "audiences").code == 0
    written = rows(shop / "out" / "win_back.csv")
    assert len(written) == len(slipping_away(shop, spend=60))
    assert list(written[0]) == ["email", "first_name", "spend_180d", "last_purchase"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_starter_is_right_in_both_languages(tmp_path: Path, call: Call, language: str) -> None:
    said = call("--project", str(tmp_path), "new", "boutique", "--language", language)
    assert said.code == 0
    checked = call("--project", str(tmp_path / "boutique"), "check", "--language", language)
    assert (checked.code, checked.err) == (0, "")
    name = {"en": "The tea shop: nothing wrong.", "fr": "La boutique de thé : rien à redire."}[language]
    assert checked.out.splitlines()[0] == name


def test_both_languages_lay_down_the_same_project(tmp_path: Path, call: Call) -> None:
    said = {}
    for language in ("en", "fr"):
        call("--project", str(tmp_path), "new", language, "--language", language)
        said[language] = {file.relative_to(tmp_path / language) for file in (tmp_path / language).rglob("*")}
    assert said["en"] == said["fr"]


def test_nothing_is_laid_down_over_what_is_there(tmp_path: Path, call: Call) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").touch()
    said = call("--project", str(tmp_path), "new", "shop")
    assert (said.code, said.err) == (2, "'shop' exists already. Choose another name.\n")
    assert [file.name for file in (tmp_path / "shop").iterdir()] == ["mine.txt"]
    assert call("--project", str(tmp_path), "new", "my shop!").code == 2
