"""parcours.toml and identity.yaml: defaults, and what is wrong with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from parcours.project import Project
from parcours.project.definitions import Compare, IdentifierRules

Faults = Callable[[Mapping[str, str]], list[str]]
Loaded = Callable[[Mapping[str, str]], Project]


def test_all_of_parcours_toml_is_read(loaded: Loaded) -> None:
    project = loaded({
        "parcours.toml": """\
            [project]
            name = "my_shop"
            title = {en = "My shop", fr = "Ma boutique"}
            currency = "CHF"
            zone = "Europe/Zurich"
            country = "CH"
            languages = ["fr", "en"]
            as_of = "last_data"
            notice = "Invented."

            [warehouse]
            folder = "tables"
            keep_versions = 5

            [engine]
            memory = "2 GB"
            threads = 2

            [profiles]
            packs = []
            anonymous = true

            [segments]
            packs = []

            [exchange_rates]
            USD = 0.9
            EUR = {"2025-01-01" = 0.94, "2026-01-01" = 0.93}
            """
    })  # fmt: skip
    assert (project.name, project.title.in_("fr"), project.language) == ("my_shop", "Ma boutique", "fr")
    assert project.warehouse == project.folder / "tables"
    assert (project.engine.memory, project.engine.threads, project.keep_versions) == ("2 GB", 2, 5)
    assert project.profiles_anonymous
    assert [(rate.currency, rate.since, rate.rate) for rate in project.exchange_rates] == [
        ("USD", None, 0.9), ("EUR", date(2025, 1, 1), 0.94), ("EUR", date(2026, 1, 1), 0.93),
    ]  # fmt: skip
    assert project.rates == {"CHF": 1.0, "USD": 0.9, "EUR": 0.93}


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("[project\n", ":1: not readable as TOML: Expected ']' at the end of a table declaration."),
        ("[projet]\n", ":1: no section 'projet'. Did you mean 'project'?"),
        ("project = 3\n", ":1: 'project' is a section. Write '[project]' on a line of its own."),
        ("[project]\n\nname = 'My Shop'\n", ":3: 'My Shop' is not a name. Use small letters, digits, '_' and '-'."),
        ("[project]\ncurrency = 'EURO'\n", ":2: no currency 'EURO'. Did you mean 'EUR'?"),
        ("[project]\ncountry = 'France'\n", ":2: no country 'France'. As in FR."),
        ("[project]\nas_of = 'now'\n", ":2: 'now' is not a choice for 'as_of'. Choose 'today' or 'last_data'."),
        ("[project]\nlanguages = ['de']\n", ":2: 'de' is not a choice for 'languages'. Choose 'en' or 'fr'."),
        ("[project]\nlanguages = []\n", ':2: a project speaks at least one language. As in ["fr"].'),
        ("[engine]\nmemory = 4\n", ":2: '4' is not an amount of memory. Write for example '4 GB'."),
        ("[engine]\nthreads = 0\n", ":2: 'threads' must be 1 or more."),
        ("[engine]\nthreads = true\n", ":2: 'threads' must be a whole number, not true."),
        ("[warehouse]\nkeep_versions = 0\n", ":2: 'keep_versions' must be 1 or more."),
        ("[exchange_rates]\nUSD = -1\n", ":2: the rate of USD must be a number above 0. As in 0.92."),
        ("[exchange_rates]\nEUR = 1\n", ":2: EUR is the project's own currency. Remove the line."),
        ("[exchange_rates]\nUSD = {yesterday = 1}\n",
         ":2: 'yesterday' is not a date. Write for example \"2026-01-31\" = 0.92."),
    ],
)  # fmt: skip
def test_each_mistake_of_parcours_toml_is_told_at_its_line(faults: Faults, toml: str, fault: str) -> None:
    assert faults({"parcours.toml": toml}) == [f"parcours.toml{fault}"]


def test_identity_is_read(loaded: Loaded) -> None:
    identity = loaded({
        "identity.yaml": """\
            identity: shop
            identifiers:
              email: {limit: 4, verified_only: true}
              phone: {joins_alone: false}
            blocked_values: {email: [null@null, noreply@*]}
            matching:
              compare: {last_name: name, birth_date: {how: date}}
              block_on: [[last_name, postcode], birth_date]
              join_above: 0.95
            households: {}
            """
    }).identity  # fmt: skip
    assert identity.kinds == {
        "email": IdentifierRules(limit=4, verified_only=True),
        "phone": IdentifierRules(joins_alone=False),
    }
    assert identity.blocked_values == {"email": ("null@null", "noreply@*")}
    assert identity.matching is not None
    assert identity.matching.compare == {"last_name": Compare(how="name"), "birth_date": Compare(how="date")}
    assert identity.matching.block_on == (("last_name", "postcode"), ("birth_date",))
    assert identity.households is not None
    assert identity.households.same == ("last_name", "street", "street_number", "postcode")


def test_a_browser_stays_one_customer_s_whatever_else_is_said_of_it(loaded: Loaded) -> None:
    project = loaded({"identity.yaml": """\
        identity: rules
        identifiers:
          cookie: {verified_only: true}
          device: {limit: 3}
          email: {joins_alone: false}
    """})  # fmt: skip
    limits = {kind: rules.limit for kind, rules in project.identity.kinds.items()}
    assert limits == {"cookie": 1, "device": 3, "email": 8}


def test_each_mistake_of_identity_is_told_at_its_line(faults: Faults) -> None:
    assert faults({
        "identity.yaml": """\
            identity: shop
            identifiers:
              email: {limt: 4}
              phone: many
            blocked_values: {emial: [x]}
            order: [email, fone]
            links_file: links.csv
            matching:
              compare: {lastname: name, first_name: sound}
              block_on: [[lastname]]
              join_above: 0.5
            households:
              same: [surname]
            """
    }) == [
        "identity.yaml:3: no setting 'limt'. Did you mean 'limit'?",
        "identity.yaml:4: 'phone' must say its rules. There is limit, joins_alone, verified_only.",
        "identity.yaml:5: no kind of identifier 'emial'. Did you mean 'email'?",
        "identity.yaml:6: no kind of identifier 'fone'. Did you mean 'phone'?",
        "identity.yaml:7: no file 'links.csv'. Paths start at the project's folder.",
        "identity.yaml:9: 'sound' is not a choice for 'first_name'. "
        "Choose 'exact', 'name', 'text', 'date', 'postcode', 'number', 'email' or 'phone'.",
        "identity.yaml:13: no column 'customer_records.surname'. Did you mean 'last_name'?",
    ]  # fmt: skip


def test_columns_and_probabilities_of_matching_are_checked(faults: Faults) -> None:
    assert faults({
        "identity.yaml": """\
            identity: shop
            matching:
              compare: {lastname: name}
              block_on: [[postcod]]
              join_above: 0.4
            """
    }) == [
        "identity.yaml:3: no column 'customer_records.lastname'. Did you mean 'last_name'?",
        "identity.yaml:4: no column 'customer_records.postcod'. Did you mean 'postcode'?",
        "identity.yaml:5: probabilities must stand in order. 0 < 'ask_a_human_above' <= 'join_above' <= 1.",
    ]  # fmt: skip
