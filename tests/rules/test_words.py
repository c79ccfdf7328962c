"""Rules in words: what a marketer reads, in English and in French."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from parcours.model.value import Title
from parcours.rules import in_words, reasons, why
from parcours.rules.phrases import COLUMNS, DEEDS, PHRASES

from .reading import read

TITLES = {
    "spend_365d": Title.of({"en": "Spend in a year", "fr": "Dépense sur un an"}),
    "last_order": Title.of({"en": "last order", "fr": "la dernière commande"}),
    "birth_date": Title.of({"en": "the birth date", "fr": "la naissance"}),
    "segment:vip": Title.of({"en": "Best customers", "fr": "Nos meilleurs clients"}),
    "city=Lyon": "Lyon (69)",
}


@pytest.mark.parametrize(
    ("node", "english", "french"),
    [
        ({"spend_365d": {"at_least": "500 EUR"}},
         "Spend in a year is at least €500", "Dépense sur un an est d'au moins 500\xa0€"),
        ({"spend_365d": {"between": ["12.50 EUR", "20 EUR"]}},
         "Spend in a year is between €12.50 and €20", "Dépense sur un an est entre 12,50\xa0€ et 20\xa0€"),
        ({"last_order": {"longer_ago_than": "90 days"}},
         "Last order is more than 90 days ago", "La dernière commande remonte à plus de 90 jours"),
        ({"last_order": {"within": "1 day"}},
         "Last order is within the last day", "La dernière commande tombe dans le dernier jour"),
        ({"last_order": {"at_least": "2026-03-01"}},
         "Last order is March 1, 2026 or later", "La dernière commande date du 1er mars 2026 ou d'après"),
        ({"birth_date": {"on_day_of_year_within": "7 days"}},
         "The anniversary of the birth date is within the next 7 days",
         "L'anniversaire de la naissance tombe dans les 7 prochains jours"),
        ({"city": ["Lille", "Lyon", "Nice"]},
         "City is “Lille”, “Lyon (69)” or “Nice”", "City est « Lille », « Lyon (69) » ou « Nice »"),
        ({"opted_in": True}, "Opted in is yes", "Opted in est oui"),
        ({"return_rate": {"more_than": "12.5 %"}}, "Return rate is more than 12.5%", "Return rate dépasse 12,5\xa0%"),
        ({"city": {"known": False}}, "City is unknown", "On ignore city"),
        ({"not": {"city": "Nice"}}, "Not (city is “Nice”)", "Non (city est « Nice »)"),
        ({"not_in_segment": "vip"},
         "Is not in “Best customers”", "Ne fait pas partie de « Nos meilleurs clients »"),
        ({"did": {"event": "product_viewed", "within": "14 days", "at_least": 2}},
         "Has viewed a product at least 2 times in the last 14 days",
         "A vu un produit au moins 2 fois dans les 14 derniers jours"),
        ({"did_not": {"event": "product_viewed", "within": "36 hours"}},
         "Has not viewed a product in the last 36 hours", "N'a pas vu de produit dans les 36 dernières heures"),
        ({"did": {"order": "store", "at_most": 0}}, "Has not bought in a store", "N'a pas acheté en magasin"),
        ({"did": {"order": "any", "exactly": 1}}, "Has bought exactly once", "A acheté exactement une fois"),
        ({"did": {"event": "newsletter", "between": ["2026-01-01", "2026-01-31"]}},
         "Has done “newsletter” from January 1, 2026 to January 31, 2026",
         "A fait « newsletter » du 1er janvier 2026 au 31 janvier 2026"),
        ({"did": {"bought": "any", "where": {"category_1": "Shoes"}, "longer_ago_than": "1 year"}},
         "Has bought an article (category 1 is “Shoes”) more than 365 days ago",
         "A acheté un article (rayon est « Shoes ») il y a plus de 365 jours"),
        ({"sequence": {"first": "product_viewed", "then_not": {"bought": "any"}, "within": "7 days", "since": "30 days",
                       "same": "product_id"}},
         "Has viewed a product in the last 30 days and then has not bought an article (same product) within 7 days",
         "A vu un produit dans les 30 derniers jours puis n'a pas acheté d'article (même produit) "
         "dans un délai de 7 jours"),
        ({"not": {"sequence": {"first": "product_added", "then": {"order": "store"}, "within": "same day"}}},
         "Has not put a product in the cart and then has bought in a store on the same day",
         "N'a pas mis de produit au panier puis a acheté en magasin le même jour"),
        ({"all": [{"orders": 1}, {"spend_365d": {"less_than": "1 EUR"}}, {"return_rate": 0.5}]},
         "Orders is 1 and spend in a year is less than €1 and return rate is 0.5",
         "Orders est 1 et dépense sur un an reste sous 1\xa0€ et return rate est 0,5"),
        ({"all": [{"orders": 1}, {"any": [{"orders": 2}, {"orders": {"at_least": 1000}}]}]},
         "Orders is 1 and (orders is 2 or orders is at least 1,000)",
         "Orders est 1 et (orders est 2 ou orders est d'au moins 1\u202f000)"),
    ],
)  # fmt: skip
def test_rules_are_said_as_people_would(node: Any, english: str, french: str) -> None:
    assert in_words(read(node), "en", TITLES) == english
    assert in_words(read(node), "fr", TITLES) == french


def test_an_attribute_keeps_its_capital_where_it_is_part_of_the_name() -> None:
    titles = {"return_rate": "NPS", "city": "Wi-Fi city", "orders": "Orders"}
    rule = read({"all": [{"orders": 1}, {"return_rate": 0.5}, {"city": "Nice"}, {"orders": 2}]})
    assert in_words(rule, "en", titles) == "Orders is 1 and NPS is 0.5 and Wi-Fi city is “Nice” and orders is 2"


def test_a_language_we_do_not_speak_is_answered_in_english() -> None:
    assert in_words(read({"orders": 1}), "de") == "Orders is 1"


def test_both_languages_have_every_word() -> None:
    for words in (PHRASES, DEEDS):
        assert words["en"].keys() == words["fr"].keys()
    assert COLUMNS.keys() == PHRASES.keys()


# --- why


RULE = {
    "all": [
        {"spend_365d": {"at_least": "500 EUR"}},
        {"any": [{"city": "Lyon"}, {"orders": {"at_least": 5}}]},
        {"not": {"did": {"event": "product_viewed"}}},
    ]
}


def test_why_in_tells_what_was_needed_with_her_values() -> None:
    text = why(read(RULE), {"spend_365d": 61250, "city": "Lyon", "orders": 2}, date(2026, 3, 1), "en", titles=TITLES)
    assert text == (
        "Is in it, because:\n"
        "✓ Spend in a year is at least €500: €612.50\n"
        "✓ City is “Lyon (69)”: “Lyon (69)”\n"
        "✓ Has not viewed a product: never"
    )


def test_why_out_tells_what_failed() -> None:
    view = {"name": "product_viewed", "event_date": date(2026, 2, 1)}
    text = why(read(RULE), {"city": "Nice"}, date(2026, 3, 1), "fr", titles=TITLES, facts={"events": [view, view]})
    assert text == (
        "N'en fait pas partie, car :\n"
        "✗ Dépense sur un an est d'au moins 500\xa0€ : inconnu\n"
        "✗ City est « Lyon (69) » : « Nice »\n"
        "✗ Orders est d'au moins 5 : inconnu\n"
        "✗ N'a pas vu de produit : 2 fois"
    )


def test_reasons_hold_every_condition_and_say_which_decided() -> None:
    found = reasons(read(RULE), {"spend_365d": 60000, "orders": 7}, date(2026, 3, 1), "en")
    assert [(each.asks, each.met, each.decisive) for each in found] == [
        ("Spend 365d is at least €500", True, True),
        ("City is “Lyon”", False, False),
        ("Orders is at least 5", True, True),
        ("Has not viewed a product", True, True),
    ]


def test_below_a_not_the_reasons_are_those_of_what_is_negated() -> None:
    rule = read({"not": {"all": [{"orders": 1}, {"city": "Lyon"}]}})
    found = reasons(rule, {"orders": 1, "city": "Nice"}, date(2026, 3, 1), "en")
    assert [(each.asks, each.met, each.decisive) for each in found] == [
        ("Orders is 1", True, False), ("City is “Lyon”", False, True)]  # fmt: skip
