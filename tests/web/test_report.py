from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from parcours.measurement.figures import Change, Figures
from parcours.model.value import Title
from parcours.web.report import render

from .example import EMPTY, FOUND, ONE_CHANNEL, SHOP

NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
PAGES = [(figures, language) for figures in (SHOP, ONE_CHANNEL, EMPTY, FOUND) for language in ("en", "fr")]


class Page(HTMLParser):
    """A page as a list of (tag, attributes), with the text of it, and what each picture is called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.pictures: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "svg" and dict(attrs).get("aria-hidden") != "true":
            self.pictures.append(None)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title" and "svg" in self.open:
            self.pictures[-1] = data.strip()
        elif "style" not in self.open:
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        """What a reader reads, on one line, with plain spaces."""
        return re.sub(r"[\s\u00a0\u202f]+", " ", " ".join(word for word in self.words if word))


def read(figures: Figures, language: str = "en") -> str:
    return Page(render(figures, language)).text


@pytest.mark.parametrize(("figures", "language"), PAGES)
def test_the_page_asks_nothing_of_anybody(figures: Figures, language: str) -> None:
    page = render(figures, language)
    asked = [
        value
        for _, attributes in Page(page).tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster") and not (value or "").startswith("#")
    ]
    assert asked == ["data:,"]  # an empty icon, so that no browser looks for one
    assert not re.search(r"https?:|//[a-z]|@import|url\(", page)
    assert "script" not in {tag for tag, _ in Page(page).tags}


@pytest.mark.parametrize(("figures", "language"), PAGES)
def test_the_page_forbids_everything_but_its_own_style(figures: Figures, language: str) -> None:
    page = render(figures, language)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert not [tag for tag, attributes in Page(page).tags if "style" in attributes]


@pytest.mark.parametrize(("figures", "language"), PAGES)
def test_every_picture_has_a_name_and_every_table_a_caption(figures: Figures, language: str) -> None:
    page = Page(render(figures, language))
    tags = [tag for tag, _ in page.tags]
    assert all(page.pictures)
    assert tags.count("table") == tags.count("caption")


def test_the_whole_report_is_drawn_and_not_only_written() -> None:
    assert len(Page(render(SHOP)).pictures) > 40


@pytest.mark.parametrize(("figures", "language"), PAGES)
def test_headings_are_in_order_and_links_lead_somewhere(figures: Figures, language: str) -> None:
    page = Page(render(figures, language))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= set(links)
    assert len(links) == len([tag for tag, attributes in page.tags if tag == "section" and "id" in attributes])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_says_whose_it_is_of_which_day_and_what_to_know_of_the_data(language: str) -> None:
    text = read(SHOP, language)
    assert "Maison Lavande" in text
    assert {"en": "31 January 2026", "fr": "31 janvier 2026"}[language] in text
    assert {"en": "no real customer is behind them", "fr": "aucun vrai client"}[language] in text
    assert f'<html lang="{language}">' in render(SHOP, language)


def test_no_notice_is_shown_when_the_project_declares_none() -> None:
    assert "Notice" not in read(ONE_CHANNEL)


def test_the_money_at_stake_is_worked_out_in_words() -> None:
    text = read(SHOP)
    # 118,904 one-time buyers x 1% x 61.245 = 72,822.75
    assert "64.5% of customers have bought only once." in text
    assert "118,904 one-time buyers × 1% = 1,189 customers brought back" in text
    assert "at €61.24 for a second order, that is €72,823" in text


def test_the_money_at_stake_is_worked_out_in_french_too() -> None:
    text = read(SHOP, "fr")
    assert "118 904 acheteurs d’une seule fois × 1 % = 1 189 clients ramenés" in text
    assert "à 61,24 € la deuxième commande, cela fait 72 823 €" in text


def test_numbers_are_written_as_each_language_does() -> None:
    assert ">184,230<" in render(SHOP, "en")
    assert f">184{THIN}230<" in render(SHOP, "fr")
    assert f">57,91{NBSP}€<" in render(SHOP, "fr")
    assert ">€57.91<" in render(SHOP, "en")
    assert f">12,8{NBSP}M{NBSP}€<" in render(SHOP, "fr")


def test_segments_have_the_title_of_the_reader_s_language() -> None:
    assert "Our best customers, slipping away" in read(SHOP, "en")
    assert "Nos meilleurs clients s'éloignent" in read(SHOP, "fr")
    assert "slipping away" not in read(SHOP, "fr")


def test_growth_is_told_with_a_sign_and_an_arrow_and_not_by_colour_alone() -> None:
    text = read(SHOP)
    assert "▲ +5.9% on the twelve months before" in text  # 96,412 active customers, 91,007 a year earlier
    assert "▲ +1.8 pts" in text
    assert "No full year before to compare with" in read(ONE_CHANNEL)


def test_omnichannel_customers_are_compared_with_those_of_one_channel() -> None:
    # 3,542,100 / 12,244 = 289.29; 6,004,000 / 84,168 = 71.33
    assert "spends 4.1 times as much in a year as a customer of one channel (€289 against €71)" in read(SHOP)


def test_a_shop_of_one_channel_is_not_told_of_several() -> None:
    text = read(ONE_CHANNEL)
    assert "Every known customer used a single channel over the last twelve months: Stores." in text
    assert "Two channels or more" not in text


def test_channels_beyond_the_fourth_are_drawn_together() -> None:
    areas = re.findall(r'class="area tone-(\d)"', render(SHOP, "en"))
    assert areas == ["1", "2", "3", "4"]
    assert "Others" in read(SHOP)
    assert "Marketplace" in read(SHOP)  # in the table, each has its own line


def test_a_source_that_lost_rows_is_seen_at_once() -> None:
    lost = replace(SHOP, quality=(replace(SHOP.quality[0], landed=1_204_100), *SHOP.quality[1:]))
    assert "Every row received is accounted for" in read(SHOP)
    assert "20 rows received are neither landed nor rejected" in read(lost)
    assert "✗ +20" in read(lost)


def test_a_source_whose_data_stopped_says_since_when() -> None:
    assert "24 January 2026 7 days earlier" in read(SHOP)


def test_the_retailer_s_own_segments_stand_apart_from_those_ready_made() -> None:
    ready = replace(SHOP, segments=tuple(replace(one, own=one.name == "champions") for one in SHOP.segments))
    text = read(ready)
    own, made = text.index("Your segments"), text.index("Ready-made segments")
    assert own < text.index("Our champions", own) < made < text.index("Bought once", made)
    assert "Ready-made segments" not in read(SHOP)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_shop_before_its_first_customer_has_a_sentence_for_everything(language: str) -> None:
    page = render(EMPTY, language)
    empty = re.findall(r'<p class="empty">(.*?)</p>', page)
    assert len(empty) == 13
    assert all(empty)
    for broken in ("None", "nan", "inf", "{", "}"):
        assert broken not in read(EMPTY, language)
    # A dash stands for a value that is not known yet, and never inside a sentence.
    assert len(re.findall("\N{EN DASH}", read(EMPTY, language).split("Maison Vide", 2)[2])) == 2


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Active → Cooling 322", "No purchase → New 312", "than on 24 January 2026"]),
        ("fr", ["Actifs → Tièdes 322", "Aucun achat → Nouveaux 312", "que le 24 janvier 2026"]),
    ],
)
def test_who_moved_between_stages_is_told(language: str, said: list[str]) -> None:
    text = read(SHOP, language)
    assert [sentence for sentence in said if sentence not in text] == []
    assert "+371 \N{MINUS SIGN}150" in text  # entered and left the cooling


def test_one_person_is_told_in_the_singular() -> None:
    one = replace(SHOP, headline=replace(SHOP.headline, people=1, active=Change(1)),
                  identity=replace(SHOP.identity, records=2, persons=1))  # fmt: skip
    assert "1 known customer bought." in read(one)
    assert "of 1 known person " in read(one)
    assert "turned out to be 1 person:" in read(one)
    assert "1 client connu a acheté." in read(one, "fr")


def test_a_count_after_which_nobody_moved_says_so() -> None:
    assert "Nobody has moved from one stage to another" in read(replace(SHOP, moves=()))
    assert "There is no earlier count to compare with yet" in read(replace(SHOP, moves=(), moved_since=None))


def test_a_title_can_never_become_markup() -> None:
    page = render(replace(SHOP, project=Title.of("<script>alert(1)</script>")), "en")
    assert "<script" not in page
