"""The merchant's rules: what is never shown, pinned, promoted and buried, and rules that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.cli.words import words
from parcours.engine import Engine, open_engine
from parcours.scores.kinds.feed import Feed
from parcours.scores.kinds.recommendations import Recommendations
from parcours.scores.recommendations.merchandising import FILE, check
from tests.scores.recommendation_shop import Line
from tests.scores.test_recommendations import few, lists, shown


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(memory="1GB", threads=1)
    yield engine
    engine.close()


def rules(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    assert check(folder) == []
    return folder


def test_never_is_shown_to_nobody(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "never: [tea 1, {brand: Finest}]")
    tables = few(Line(1, 40, "tea 1"))
    tables.products[3]["brand"] = "Finest"
    assert shown(engine, tables, folder=tmp_path) == ["tea 2", "tea 3", "tea 5"]
    order = Feed().make(tables.world(engine, tmp_path)).also["catalogue_order"]["product_id"].to_pylist()
    assert sorted(order) == ["tea 2", "tea 3", "tea 5"]


def test_pinned_stands_at_its_place_where_it_may_be_shown(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "pin: [{product: tea 5, at: 1}, {product: tea 4, at: 3}]")
    back = few(Line(1, 40, "tea 5"), Line(1, 30, "tea 5", -1))
    assert shown(engine, back, 2, tmp_path) == ["tea 5", "tea 1", "tea 4", "tea 2", "tea 3"]
    assert shown(engine, back, 2, tmp_path, places=3) == ["tea 5", "tea 1", "tea 4"]
    assert shown(engine, back, 1, tmp_path) == ["tea 1", "tea 2", "tea 4", "tea 3"], "it was brought back"
    found = lists(Recommendations(places=5).make(back.world(engine, tmp_path)))
    assert found[2][0]["reason"] == {"code": "pinned"}


def test_promoted_comes_sooner_and_buried_only_where_there_is_nothing_else(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "promote: [{product: tea 4, times: 1000}]\nbury: [tea 1]")
    tables = few(Line(1, 40, "tea 1"))
    assert shown(engine, tables, 2, tmp_path) == ["tea 4", "tea 2", "tea 3", "tea 5", "tea 1"]
    assert shown(engine, tables, 1, tmp_path, places=4) == ["tea 4", "tea 2", "tea 3", "tea 5"]


def test_a_rule_holds_on_its_days_only(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "never: [{product: tea 1, until: 2026-02-28}, {product: tea 2, from: 2026-03-01}]")
    assert shown(engine, few(), folder=tmp_path) == ["tea 1", "tea 3", "tea 4", "tea 5"]


def test_a_rule_names_a_category_of_any_level_or_a_tag(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "never: [{category: Drinks > Tea}, {tag: winter}]")
    tables = few()
    tables.products[0]["category_path"] = "Drinks > Tea"
    tables.products[1]["properties"] = '{"tags": ["winter", "gift"]}'
    assert shown(engine, tables, folder=tmp_path) == ["tea 3", "tea 4", "tea 5"]


def test_a_rule_about_nothing_is_noted_with_the_nearest_name(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "never:\n  - {category: teas}\npin: [{product: tea 1, at: 1}]\n")
    tables = few()
    notes = Recommendations().make(tables.world(engine, tmp_path)).card.detail["notes"]
    assert {
        "code": "rule_without_article",
        "line": 2,
        "what": "category",
        "name": "teas",
        "near": "Did you mean 'tea'?",
    } in notes


def test_pinned_but_never_shown_is_noted_and_not_shown(engine: Engine, tmp_path: Path) -> None:
    rules(tmp_path, "never: [{brand: Finest}]\npin: [{product: tea 1, at: 1}]\n")
    tables = few()
    tables.products[0]["brand"] = "Finest"
    notes = Recommendations().make(tables.world(engine, tmp_path)).card.detail["notes"]
    assert {"code": "pin_never_shown", "product": "tea 1"} in notes
    assert shown(engine, tables, folder=tmp_path) == ["tea 2", "tea 3", "tea 4", "tea 5"]


@pytest.mark.parametrize(
    ("text", "english", "french"),
    [
        (
            "never: [tea 1]\npin: [{product: tea 1, at: 1}]",
            "merchandising.yaml:2: 'pin' contradicts 'never' of merchandising.yaml:1: both are about product 'tea 1' "
            "on the same days. Remove one, or let one end before the other begins.",
            "merchandising.yaml:2: « pin » contredit « never » de merchandising.yaml:1 : les deux portent sur product "
            "'tea 1' aux mêmes jours. Enlevez l'une, ou faites finir l'une avant que l'autre commence.",
        ),
        (
            "promote: [{brand: A, until: 2026-01-31}]\nbury: [{brand: A, from: 2026-01-31}]",
            "merchandising.yaml:2: 'bury' contradicts 'promote' of merchandising.yaml:1: both are about brand 'A' on "
            "the same days. Remove one, or let one end before the other begins.",
            "",
        ),
        (
            "pin: [{product: A, at: 2}, {product: B, at: 2}]",
            "merchandising.yaml:1: two articles are pinned at place 2: the other one is of merchandising.yaml:1. Give "
            "each a place of its own.",
            "",
        ),
        ("never: [{from: 2026-01-01}]", "merchandising.yaml:1: this rule names no article", ""),
        ("never: [{product: A, from: 2026-02-01, until: 2026-01-01}]", "merchandising.yaml:1: this rule ends on", ""),
        ("nevr: [A]", "merchandising.yaml:1: no setting 'nevr'. Did you mean 'never'?", ""),
    ],
)
def test_rules_that_cannot_be_are_faults(tmp_path: Path, text: str, english: str, french: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    (fault,) = check(tmp_path)
    assert str(fault).startswith(english)
    told = words("fr").fault(fault)
    assert told != str(fault)
    assert told == french or not french


def test_rules_that_follow_each_other_do_not_contradict(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        "promote: [{brand: A, until: 2026-01-31}]\nbury: [{brand: A, from: 2026-02-01}]", encoding="utf-8"
    )
    assert check(tmp_path) == []
