"""Data that no forecast and no discovery can be made of: each ends in a sentence with the number that is missing, and
the run goes on. Two tiny shops are run once and looked at many times.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from parcours import answers, flow
from parcours.measurement.figures import Figures
from parcours.project import Project, load
from parcours.testing import write_files
from parcours.web.report import render
from parcours.web.words import words

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
TOML = """
    [project]
    name = "tiny"
    title = {en = "The tiny shop", fr = "La petite boutique"}
    currency = "EUR"
    zone = "Europe/Paris"
    [profiles]
    packs = []
    [segments]
    packs = []
    [scores]
    packs = []
    """
SCORES = """
    scores: mine
    define:
      value: {kind: value}
      buys_30d: {kind: propensity, to: buy, within: 30 days}
      category_tastes: {kind: taste, of: category_2}
      replenishment: {kind: replenishment, of: category_2}
    """
SOURCES = """
    source: till
    kind: files
    path: data/till.csv
    times: {zone: Europe/Paris}
    tables:
      orders:
        key: [ticket]
        columns: {order_id: ticket, order_time: day, channel: {value: store}}
        identifiers: {loyalty_card: card}
      order_lines:
        key: [ticket]
        columns: {order_id: ticket, line_id: ticket, order_time: day, product_id: {value: tea}, quantity: {value: 1},
                  gross_amount: amount}
        identifiers: {loyalty_card: card}
    """
PRODUCTS = """
    source: catalogue
    kind: files
    path: data/products.csv
    tables:
      products: {key: [id], columns: {product_id: id, name: title, category_1: category, category_2: category}}
    """
ATTRIBUTES = """
    attributes: mine
    define:
      orders: {title: {en: Orders, fr: Commandes}, kind: count, of: orders}
      spend_365d: {title: {en: Spend, fr: Dépense}, kind: sum, of: orders.net_amount}
    """
IDENTITY = "identity: tiny\nidentifiers:\n  loyalty_card: {limit: 1}\n"
CUSTOMERS = 400  # of whom each bought once, the same tea for the same ten euros


@dataclass(frozen=True)
class Shop:
    """A shop that was run, and what its report counts."""

    project: Project
    figures: Figures
    discovered: flow.Discovered

    def refused(self, score: str, language: str) -> str:
        """What was too little for a score, as its card says it."""
        card = answers.score(self.project, score, language=language).cards[0]
        assert card["refused"], f"{score} was made"
        return words(language).missing(card["refused"])

    def report(self, language: str) -> str:
        """What a reader of the report reads, with plain spaces."""
        return Text(render(self.figures, language)).said


class Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)
        self.said = re.sub(r"[\s\u00a0\u202f]+", " ", " ".join(self.words))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def made(folder: Path, tickets: list[tuple[int, date]]) -> Shop:
    """A shop of tickets (card, day) of ten euros each, run and looked through for segments."""
    lines = [f"{n},{card},{day}T10:00:00,10.00" for n, (card, day) in enumerate(tickets)]
    write_files(folder, {
        "parcours.toml": TOML, "sources/till.yaml": SOURCES, "sources/catalogue.yaml": PRODUCTS,
        "attributes/mine.yaml": ATTRIBUTES, "scores/mine.yaml": SCORES, "identity.yaml": IDENTITY,
        "data/till.csv": "\n".join(["ticket,card,day,amount", *lines]) + "\n",
        "data/products.csv": "id,title,category\ntea,Green tea,Tea\n",
    })  # fmt: skip
    project = load(folder, flow.kinds())
    assert flow.run(project, now=NOW, progress=quiet).version == 1
    found = flow.discover(project, now=NOW, progress=quiet)
    return Shop(project, flow.figures(project), found)


def quiet(*_: object, **__: object) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop of one customer with one ticket."""
    return made(tmp_path_factory.mktemp("alone"), [(1, date(2026, 3, 1))])


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop of four hundred customers who bought once, over two hundred days; and three tickets of next year."""
    first = date(2025, 9, 1)
    tickets = [(card, first + timedelta(card % 200)) for card in range(CUSTOMERS)]
    return made(tmp_path_factory.mktemp("alike"), [*tickets, *((card, date(2027, 1, 1)) for card in range(3))])


each = pytest.mark.parametrize("language", ["en", "fr"])
Said = Callable[[str], str]


@each
def test_one_customer_is_too_few_for_anything_and_the_report_says_how_many_are_needed(
    alone: Shop, language: str
) -> None:
    said = {
        "en": ("too few customers: 300 are needed, 1 are there", "too few customers: 100 are needed, 1 are there"),
        "fr": (
            "trop peu de clients : il en faut 300, il y en a 1",
            "trop peu de clients : il en faut 100, il y en a 1",
        ),
    }[language]
    report = alone.report(language)
    assert alone.refused("buys_30d", language) == said[0].replace(" :", "\N{NO-BREAK SPACE}:")
    assert all(sentence in report for sentence in said)


@each
def test_one_customer_gives_no_segments_and_the_number_that_is_missing(alone: Shop, language: str) -> None:
    assert alone.discovered.segments == []
    said = {
        "en": "No segments were found: too few customers: 150 are needed, 1 are there.",
        "fr": "Aucun segment n’a été trouvé : trop peu de clients : il en faut 150, il y en a 1.",
    }
    assert said[language] in alone.report(language)


def test_one_customer_has_a_due_list_that_says_why_it_is_empty(alone: Shop, tmp_path: Path) -> None:
    listed = flow.due(alone.project, "replenishment", day=None, file=tmp_path / "due.csv")
    assert (listed.rows, listed.missing) == (0, {"code": "too_few_people", "needed": 100, "found": 1})
    assert (tmp_path / "due.csv").read_text(encoding="utf-8").startswith("person_id,item,due_on")


@each
def test_constant_attributes_tell_nobody_apart(alike: Shop, language: str) -> None:
    assert alike.discovered.segments == []
    said = {
        "en": "too little tells customers apart: 2 attributes that differ are needed, 0 are there",
        "fr": "trop peu distingue les clients : il faut 2 attributs qui varient, il y en a 0",
    }
    assert said[language] in alike.report(language)


@each
def test_without_repeat_buyers_no_value_is_foreseen(alike: Shop, language: str) -> None:
    said = {
        "en": "too few customers who came back: 30 are needed, 0 are there",
        "fr": "trop peu de clients revenus : il en faut 30, il y en a 0",
    }
    assert plain(alike.refused("value", language)) == said[language]
    assert said[language] in alike.report(language)


@each
def test_without_repeat_purchases_nothing_is_due(alike: Shop, language: str) -> None:
    said = alike.refused("replenishment", language)
    assert re.search(r"\d", said) and plain(said) in alike.report(language)


@each
def test_a_category_with_one_product_has_no_taste(alike: Shop, language: str) -> None:
    said = {
        "en": "there is nothing to compare: 2 are needed, 1 are there",
        "fr": "il n’y a rien à comparer : il en faut 2, il y en a 1",
    }
    assert plain(alike.refused("category_tastes", language)) == said[language]


@each
def test_fewer_orders_than_a_model_needs_are_told_with_the_number(alike: Shop, language: str) -> None:
    """Nobody ever buys twice: of those asked about, none did it."""
    said = {
        "en": "too few who did it: 100 are needed, 0 are there",
        "fr": "trop peu l’ont fait : il en faut 100, il y en a 0",
    }
    assert plain(alike.refused("buys_30d", language)) == said[language]


@each
def test_dates_in_the_future_are_told_and_left_out(alike: Shop, language: str) -> None:
    assert alike.figures.as_of == date(2026, 4, 1)  # today, not next year
    assert round(alike.figures.headline.orders.now or 0) == CUSTOMERS
    (ahead,) = [one for one in alike.figures.disagreements if (one.rule, one.table) == ("in_the_future", "orders")]
    assert ahead.rows == 3
    assert {"en": "Dated after the run", "fr": "Daté après l’exécution"}[language] in alike.report(language)


def plain(text: str) -> str:
    """A sentence with plain spaces."""
    return re.sub(r"[\u00a0\u202f]", " ", text)
