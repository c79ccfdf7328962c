"""What `explain` says of people: who they are, where they stand, and why, in the language of whoever asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parcours.cli import foreseen
from parcours.cli.evidence import likeness
from parcours.cli.words import words
from parcours.scores.propensity.features import FAMILIES

Call = Callable[..., Any]
CORNER_SHOP = Path(__file__).parents[2] / "examples" / "corner_shop"


def told(call: Call, shop: Path, *asked: str) -> list[str]:
    """The lines of an answer, without the space around them; French spaces are plain ones."""
    said = call("--project", str(shop), *asked)
    assert said.code == 0, said.err
    return [line.strip().replace("\N{NO-BREAK SPACE}", " ") for line in said.out.splitlines()]


def test_where_a_customer_stands_is_part_of_what_is_known(corner_shop: Path, call: Call) -> None:
    (noel,) = call("--project", str(corner_shop), "explain", "person", "90010012", "--json").json["persons"]
    # bought in October and November: on rhythm, and late compared with the others
    assert (noel["profile"]["life_cycle"], noel["profile"]["rfm_cell"]) == ("active", "at_risk")
    inside = {one["segment"]: one["reasons"][0]["has"] for one in noel["segments"] if one["inside"]}
    assert (inside["life_active"], inside["rfm_at_risk"]) == ("“Active”", "“At risk”")
    lines = [line.split() for line in told(call, corner_shop, "explain", "person", "90010012", "--language", "fr")]
    assert ["life_cycle", "Cycle", "de", "vie", "Actifs"] in lines
    assert ["rfm_cell", "Groupe", "RFM", "À", "risque"] in lines


@pytest.mark.parametrize(
    ("language", "card", "alike"),
    [
        ("en", "same loyalty card 90010011: 2 records (crm, till)",
         "first name equal, last name with a typing error, birth date equal, street equal, postcode equal: 99.9"),
        ("fr", "même carte de fidélité 90010011 : 2 fiches (crm, till)",
         "prénom identique, nom à une faute de frappe près, date de naissance identique, rue identique, "
         "code postal identique : 99,9"),
    ],
)  # fmt: skip
def test_what_joined_a_person_is_told_in_words(
    corner_shop: Path, call: Call, language: str, card: str, alike: str
) -> None:
    lines = told(call, corner_shop, "explain", "person", "90010012", "--language", language)
    assert card in lines
    (likely,) = [line for line in lines if alike in line]
    assert likely.startswith(("crm K011", "crm K012"))
    assert not [line for line in lines if "{" in line]


def test_likeness_is_weighed_against_people_who_live_together_and_is_never_certain() -> None:
    evidence = (
        '{"first_name": {"level": "same", "weight": 7}, "birth_date": {"level": "one digit differs", "weight": 4}, '
        '"shoe_size": {"level": "same", "weight": 1}, "place": {"level": "same postcode, city alike", "weight": 3}, '
        '"chance": {"level": "any two records", "weight": -7}, "otherwise": {"level": "one household", "weight": -2}}'
    )
    assert likeness(evidence, 0.99217, words("en")) == (
        "first name equal, birth date one digit apart, shoe size equal, postcode equal, city alike: 99.21 % "
        "(allowing for two people of one household)"
    )
    assert likeness('{"city": {"level": "same", "weight": 20}}', 0.9999999, words("en")) == "city equal: 99.99 %"


def test_every_source_that_gave_an_identifier_is_named(corner_shop: Path, call: Call) -> None:
    # Agnès's till tickets and her answers to the survey name her card and nothing else: one record, two sources
    (zoe,) = call("--project", str(corner_shop), "explain", "person", "90010001", "--json").json["persons"]
    seen = {(one["kind"], one["source"]) for one in zoe["identifiers"] if one["value"] == "90010001"}
    assert seen == {("loyalty_card", "crm"), ("loyalty_card", "till"), ("loyalty_card", "survey")}
    days = {one["source"]: one["first_seen"][:10] for one in zoe["identifiers"] if one["value"] == "90010001"}
    assert days["survey"] == "2026-03-16"  # and not the day of her first ticket


def test_pairs_to_review_are_told_in_words(corner_shop: Path, call: Call) -> None:
    lines = told(call, corner_shop, "identity", "review", "--language", "fr")
    assert "date de naissance qui diffère" in lines[0]


def test_one_person_is_told_in_the_singular(corner_shop: Path, call: Call) -> None:
    assert "1 person: 2 % of 50." in told(call, corner_shop, "explain", "segment", "unhappy")
    french = told(call, corner_shop, "explain", "segment", "unhappy", "--language", "fr")
    assert "1 personne : 2 % de 50." in french
    nobody = told(call, corner_shop, "explain", "segment", "abandoned_cart", "--language", "fr")
    assert "0 personne : 0 % de 50." in nobody


def test_plan_and_run_count_the_same_people_and_name_nothing_of_ours(tmp_path: Path, call: Call) -> None:
    left_out = shutil.ignore_patterns("warehouse", "out", "*.html")
    folder = shutil.copytree(CORNER_SHOP, tmp_path / "shop", ignore=left_out)
    lines = told(call, folder, "plan", "--as-of", "2026-03-31")
    assert "50 known persons, 4 visitors." in lines
    assert not [line for line in lines if "did_" in line or "sequence_" in line or "profile_" in line]
    tables = set(lines[lines.index("Tables that change") + 1].split(", "))
    assert {"orders", "order lines", "profiles", "stages"} <= tables
    assert not {"identifiers seen", "identity links", "profile passes"} & tables
    assert ": 50 known persons, 4 visitors, " in call("--project", str(folder), "run", "--as-of", "2026-03-31").out


def test_one_who_enters_is_told_in_the_singular() -> None:
    for language, said in (("en", ["1 enters", "2 enter"]), ("fr", ["1 entre", "2 entrent"])):
        assert [words(language).count("{n} enters", "{n} enter", n) for n in (1, 2)] == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ": too few customers: 300 are needed, "), ("fr", " : trop peu de clients : il en faut 300, il y en a ")],
)
def test_a_score_that_could_not_be_made_says_the_number_that_is_missing(
    corner_shop: Path, call: Call, language: str, said: str
) -> None:
    lines = told(call, corner_shop, "explain", "score", "buys_30d", "--language", language)
    assert [line for line in lines if said in line]
    wrong = call("--project", str(corner_shop), "explain", "score", "buys_3d")
    assert wrong.code == 3 and "no score 'buys_3d'. Did you mean 'buys_30d'?" in wrong.err


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_reason_is_told_in_words_of_a_shop(language: str) -> None:
    told = foreseen._Told(SimpleNamespace(currency="EUR"), words(language), None)  # type: ignore[arg-type]
    for family in FAMILIES:
        for value in (0.5, 4, None):
            said = told.reason({"what": family.shown, "value": value})
            assert family.shown not in said and family.shown.replace("_", " ") not in said
            assert language == "en" or said != foreseen._Told(told.project, words("en"), told.terminal).reason(
                {"what": family.shown, "value": value}
            )
    assert told.reason({"what": "orders_365d", "value": 4}) == {
        "en": "4 orders in the last 365 days", "fr": "4 commandes sur les 365 derniers jours"
    }[language]  # fmt: skip
