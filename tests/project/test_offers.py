"""Offers and allotments: read from files, and every fault told at once with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parcours import flow
from parcours.model.value import Money, Share
from parcours.project import Project, ProjectFaults, load

TOML = '[project]\ncurrency = "EUR"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'
GOOD = """\
offers: spring
title: {en: Spring, fr: Printemps}
suppliers:
  babyco: {title: BabyCo, budget: 2000 EUR}
define:
  nappies:
    title: {en: 2 € off nappies, fr: 2 € sur les couches}
    good_for: {category_2: NAPPIES, brand: [Soft, Dry]}
    value: 2 EUR
    supplier: babyco
    funding: 100 %
    households: 500
    until: 2026-06-30
  tea: {good_for: {category_2: TEA}, value: 20 %, stock: 40, who: {known: true}}
"""
LETTER = "allotment: letter\nfrom: 2026-04-01\nuntil: 2026-04-28\nplaces: 2\n"


def project(folder: Path, **files: str) -> Project:
    (folder / "offers").mkdir()
    (folder / "parcours.toml").write_text(TOML)
    for name, text in files.items():
        (folder / "offers" / f"{name}.yaml").write_text(text)
    return load(folder, flow.kinds())


def faults(folder: Path, **files: str) -> list[str]:
    with pytest.raises(ProjectFaults) as wrong:
        project(folder, **files)
    return [str(fault) for fault in wrong.value.faults]


def test_offers_suppliers_and_allotments_are_read(tmp_path: Path) -> None:
    read = project(tmp_path, spring=GOOD, letter=LETTER)
    nappies, tea = read.offers["nappies"], read.offers["tea"]
    assert nappies.value == Money(200, "EUR") and nappies.funding == Share(1.0)
    assert nappies.good_for.said() == {"brand": ("Soft", "Dry"), "category_2": ("NAPPIES",)}
    assert nappies.until == date(2026, 6, 30)
    assert tea.value == Share(0.2) and tea.who is not None
    assert read.suppliers["babyco"].budget == Money(200_000, "EUR")
    assert read.allotments["letter"].starts == date(2026, 4, 1)
    assert (read.allotments["letter"].parts.known, read.allotments["letter"].parts.discover) == (2, 0)


def test_twelve_places_are_nine_known_and_three_to_discover_if_nothing_else_is_said(tmp_path: Path) -> None:
    letter = "allotment: letter\nfrom: 2026-04-01\nuntil: 2026-04-28\ncampaign: spring\nvalue: 1 EUR\n"
    mix = project(tmp_path, letter=letter).allotments["letter"].parts
    assert (mix.known, mix.discover) == (9, 3)


def test_every_fault_is_told_at_once_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    text = """\
offers: spring
suppliers:
  babyco: {budget: 10 USD}
define:
  nappies: {good_for: {category_2: NAPPIES}, value: 2 EUR, suplier: babyco}
  tea: {good_for: {category_2: TEA}, value: 2 EUR, supplier: babico, funding: 50 %}
  milk: {good_for: {}, value: 120 %}
  bread: {good_for: {brand: X}, value: 2 EUR, budget: 1 EUR, until: 2026-01-01, from: 2026-02-01}
  wine: {good_for: {brand: X}, value: 1 EUR, households: 0, code: tea}
  jam: {good_for: {brand: X}, value: much}
  ham: {good_for: {brand: X}, value: 1 EUR, who: {in_segment: nobody_s}}
  fig: {good_for: {brand: X}, value: 1 EUR, never: {did: {redeemed: any}}}
"""
    letter = (
        "allotment: letter\nfrom: 2026-05-01\nuntil: 2026-04-28\noffers: [tea, teaa]\nmix: {known: 3, discover: 3}\n"
    )
    found = faults(tmp_path, spring=text, letter=letter)
    for expected in (
        "offers/spring.yaml:3: 'budget' is in USD. The project counts in EUR.",
        "offers/spring.yaml:5: no setting 'suplier'. Did you mean 'supplier'?",
        "offers/spring.yaml:6: no supplier 'babico'. Did you mean 'babyco'?",
        "offers/spring.yaml:7: 'milk' is good for nothing. As in 'good_for: {category_2: [TEA]}'.",
        "offers/spring.yaml:7: 'value' must be between 0 and 100 %.",
        "offers/spring.yaml:8: the budget of 1.00 EUR does not pay for one use of 2.00 EUR.",
        "offers/spring.yaml:8: it ends on 2026-01-01, before it starts on 2026-02-01. Exchange 'from' and 'until'.",
        "offers/spring.yaml:9: 'households' must be 1 or more.",
        "offers/spring.yaml:9: a second offer has the code 'tea'. 'tea' in offers/spring.yaml:6 has it already.",
        "offers/spring.yaml:11: no segment 'nobody_s'.",
        "offers/letter.yaml:1: no offer 'teaa'. Did you mean 'tea'?",
        "offers/letter.yaml:1: 3 known and 3 to discover are not 12 places. Write numbers that add up.",
        "offers/letter.yaml:1: it ends on 2026-04-28, before it starts on 2026-05-01. Exchange 'from' and 'until'.",
    ):
        assert expected in found
    assert any(one.startswith("offers/spring.yaml:10: 'value':") for one in found)
    assert any("spring.yaml:12: an offer cannot ask what people did." in one for one in found)


def test_an_offer_is_defined_once(tmp_path: Path) -> None:
    found = faults(tmp_path, one=GOOD, two=GOOD.replace("spring", "summer"))
    assert "offers/two.yaml:6: a second offer is called 'nappies'. It is defined in offers/one.yaml:6 already." in found
    assert any("a second supplier is called 'babyco'" in one for one in found)


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ("places: 3\n", "3 places for each, and offers in force: 2. Write more offers, or fewer places."),
        ("from: 2026-07-01\n", "2 places for each, and offers in force: 1. Write more offers, or fewer places."),
        ("offers: [nappies, tea]\nfrom: 2026-07-01\n",
         "offer 'nappies' is not in force between 2026-07-01 and 2026-08-28."),
        ("campaign: spring\n", "a campaign's coupons are dealt, and nothing says what they are worth."),
        ("holdout: 120 %\n", "'holdout' must be between 0 and 100 %."),
        ("funding: 50 %\n", "a part is funded, and nothing says by whom. As in 'supplier: babyco'."),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_said_before_anything_runs(tmp_path: Path, letter: str, said: str) -> None:
    settings = {"from": "2026-04-01", "until": "2026-08-28", "places": "2"}
    settings |= dict(line.split(": ", 1) for line in letter.strip().splitlines())
    text = "allotment: letter\n" + "".join(f"{key}: {value}\n" for key, value in settings.items())
    assert any(said in one for one in faults(tmp_path, spring=GOOD, letter=text))


def test_a_suppliers_budget_that_pays_for_no_use_is_a_fault(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, spring=GOOD.replace("2000 EUR", "1 EUR"))
    assert found.startswith("offers/spring.yaml:6: the budget of 'babyco', 1.00 EUR, pays for no part of one use.")


def test_a_file_that_names_neither_is_told_so(tmp_path: Path) -> None:
    found = faults(tmp_path, spring="offer: tea\nvalue: 1 EUR\n")
    assert any("'offers' is missing." in one for one in found)
