from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from parcours import web
from parcours.web.words import LANGUAGES, words

HERE = Path(web.__path__[0])
# Names of coded things are looked up by their code: `channel.` and then what the table holds.
FAMILIES = {
    "coupons",
    *("channel", "reach", "wait", "identifier", "guard", "reason", "fault", "table", "stage", "moves", "pulse", "kpi"),
    *(
        "section",
        "basket_why",
        "shown_why",
        "shown_by",
        "shown_note",
        "lead",
        "channels",
        "waits",
        "joined",
        "refused",
        "reasons",
        "quality",
        "often",
        "lately",
        "too_little",
        "tried",
        "asked",
        "link",
        "link_next",
        "unfit",
    ),
}


def blanks(forms: tuple[str, ...]) -> set[str]:
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_no_key_is_missing_in_either_language() -> None:
    english, french = (words(language).sentences for language in ("en", "fr"))
    assert set(english) == set(french)
    assert all(form for forms in (*english.values(), *french.values()) for form in forms)


def test_a_sentence_has_the_same_blanks_in_both_languages() -> None:
    english, french = (words(language).sentences for language in ("en", "fr"))
    assert {key for key in english if blanks(english[key]) != blanks(french[key])} == set()


def test_every_key_the_page_asks_for_is_there() -> None:
    sources = [*HERE.glob("*.py"), *HERE.glob("pictures/*.py"), *HERE.glob("templates/*.html")]
    asked = {
        key
        for source in sources
        for key in re.findall(r"(?:say|count|note|empty)\(\s*[\"']([a-z_.]+)[\"']\s*[,)]", source.read_text())
    }
    assert len(asked) > 80
    assert asked - set(words("en").sentences) == set()


def test_no_sentence_is_written_for_nobody() -> None:
    sources = [*HERE.rglob("*.py"), *HERE.glob("templates/*.html")]
    text = "\n".join(source.read_text() for source in sources)
    unused = [
        key
        for key in words("en").sentences
        if f'"{key}"' not in text and f"'{key}'" not in text and key.split(".")[0] not in FAMILIES
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("language", "value", "written"),
    [("en", 1234567, "1,234,567"), ("fr", 1234567, "1\u202f234\u202f567"), ("en", None, "–"), ("fr", 2.5, "2")],
)
def test_whole_numbers(language: str, value: float | None, written: str) -> None:
    assert words(language).number(value) == written


@pytest.mark.parametrize(
    ("language", "minor", "currency", "cents", "written"),
    [
        ("en", 123456, "EUR", False, "€1,235"),
        ("en", 123456, "EUR", True, "€1,234.56"),
        ("fr", 123456, "EUR", True, "1\u202f234,56\xa0€"),
        ("fr", 123456, "EUR", False, "1\u202f235\xa0€"),
        ("en", -50, "GBP", True, "-£0.50"),
        ("fr", 1234, "JPY", True, "1\u202f234\xa0JPY"),  # no minor unit: 1234 is 1,234 yen
        ("en", 1_250_000_000, "EUR", False, "€12.5M"),
        ("en", None, "EUR", False, "–"),
    ],
)
def test_money_is_whole_minor_units(language: str, minor: int | None, currency: str, cents: bool, written: str) -> None:
    assert words(language).money(minor, currency, cents=cents) == written


def test_shares_and_changes() -> None:
    assert words("en").percent(0.839) == "83.9%"
    assert words("fr").percent(0.839) == "83,9\xa0%"
    assert words("en").growth(-0.042) == "−4.2%"
    assert words("en").growth(0.00004) == "0.0%"
    assert words("fr").points(0.018) == "+1,8\xa0pt"
    assert words("en").signed(-3) == "−3"


def test_days_and_months() -> None:
    assert words("en").day(date(2026, 3, 1)) == "1 March 2026"
    assert words("fr").day(date(2026, 3, 1)) == "1 mars 2026"
    assert words("fr").month(date(2026, 1, 1)) == "janv. 2026"


def test_french_counts_zero_in_the_singular_and_english_in_the_plural() -> None:
    assert [words("fr").count("lately.just", n) for n in (0, 1, 2)] == ["0 jour", "1 jour", "2 jours"]
    assert [words("en").count("lately.just", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


def test_a_code_of_the_retailer_s_own_is_shown_as_it_is_written() -> None:
    assert words("fr").name("channel", "web") == "Web"
    assert words("fr").name("channel", "pop_up_store") == "Pop up store"


def test_french_spaces_are_set_for_whoever_writes() -> None:
    forms = [form for forms in words("fr").sentences.values() for form in forms]
    assert not [form for form in forms if re.search(r" [:;?!%»]|« |'", form)]


def test_an_unknown_key_or_language_says_so() -> None:
    with pytest.raises(KeyError, match=r"words/fr\.po has no 'nothing'"):
        words("fr").say("nothing")
    with pytest.raises(ValueError, match="choose one of en, fr"):
        words("de")
    assert LANGUAGES == ("en", "fr")
