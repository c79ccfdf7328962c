"""consents.yaml: what people are asked is declared, and every fault in it is told with its line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from parcours import flow
from parcours.consent.declared import Declared
from parcours.project import Project, ProjectFaults, load

GOOD = """\
consents: shop
public_url: https://data.shop.example
channels:
  email: {title: E-mail, address: email}
  sms: {title: SMS, address: phone, quiet: "20:00-08:00", quiet_days: [sunday]}
purposes:
  marketing:
    title: News
    channels:
      email: {needs: consent, soft_opt_in: 3 years}
      sms: consent
    texts:
      "2026-01": {en: Send me news., fr: Envoyez-moi des nouvelles.}
  profiling:
    title: Chosen for me
    ends_with: [marketing]
    texts:
      "2026-01": Use what I bought.
"""

Load = Callable[[str], Project]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def load_it(text: str) -> Project:
        (tmp_path / "parcours.toml").write_text('[project]\nname = "shop"\ntitle = "The shop"\n')
        (tmp_path / "consents.yaml").write_text(text)
        return load(tmp_path, flow.kinds())

    return load_it


def faults(loaded: Load, text: str) -> list[str]:
    with pytest.raises(ProjectFaults) as found:
        loaded(text)
    return [str(fault) for fault in found.value.faults]


def test_what_is_declared_is_read(loaded: Load) -> None:
    declared = loaded(GOOD).consents
    marketing = declared.purposes["marketing"]
    assert (marketing.text_version, marketing.text("fr")) == ("2026-01", ("fr", "Envoyez-moi des nouvelles."))
    assert declared.purposes["profiling"].text("fr") == ("", "Use what I bought.")
    assert marketing.channels["email"].soft_opt_in is not None and marketing.channels["sms"].soft_opt_in is None
    assert [declared.title.in_("en"), declared.zone] == ["The shop", "Europe/Paris"]


def test_a_project_that_says_nothing_asks_what_we_ship(tmp_path: Path) -> None:
    (tmp_path / "parcours.toml").write_text('[project]\nname = "shop"\n')
    declared = load(tmp_path, flow.kinds()).consents
    assert {"service", "marketing", "advertising", "profiling"} == set(declared.purposes)
    assert isinstance(declared, Declared) and declared.public_url is None


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("https://data.shop.example", "data.shop.example", "2: 'data.shop.example' is no public address"),
        ("https://data.shop.example", "https://x.fr/?a=<b>", "2: 'https://x.fr/?a=<b>' is no public address"),
        ("address: phone", "address: telefone", "5: no kind of identifier 'telefone'"),
        ("20:00-08:00", "8 pm", "5: 'quiet': '8 pm' are not hours: write for example '20:00-08:00'"),
        ("20:00-08:00", "25:00-08:00", "5: 'quiet': '25:00-08:00' are not hours"),
        ("[sunday]", "[sonntag]", "5: 'sonntag' is not a choice for 'quiet_days'"),
        ("sms: consent", "sms: maybe", "11: 'maybe' is not a choice for 'sms'"),
        ("sms: consent", "smss: consent", "11: no channel 'smss'. Did you mean 'sms'?"),
        ("needs: consent, soft", "needs: nothing, soft", "10: 'soft_opt_in' stands for a consent that is needed"),
        ("3 years", "ever", "10: 'soft_opt_in': 'ever' is not a duration"),
        ("en: Send me news., ", "", "13: this text is not there in 'en'"),
        ("Send me news.", "''", "13: a text has 1 to 2000 characters"),
        ('"2026-01": {', '"2026/01": {', "13: '2026/01' is no version"),
        ("    texts:\n      \"2026-01\": {en: Send me news., fr: Envoyez-moi des nouvelles.}\n", "",
         "7: 'marketing' has no text in which people are asked"),
        ("[marketing]", "[marketin]", "16: no other purpose 'marketin'. Did you mean 'marketing'?"),
        ("[marketing]", "[profiling]", "16: no other purpose 'profiling'"),
        ("  marketing:\n", "  Marketing!:\n", "7: 'Marketing!' is not a name"),
        ("public_url:", "publik_url:", "2: no setting 'publik_url'. Did you mean 'public_url'?"),
        ("consents: shop\n", "secret: hunter2hunter2\n", "1: 'secret' is a secret. Name the variable"),
        ("consents: shop\n", "secret: {env: PARCOURS_NOT_SET}\n", "1: the environment variable 'PARCOURS_NOT_SET'"),
        ("consents: shop\n", "link_for: 0 days\n", "1: 'link_for' is longer than nothing"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(loaded: Load, before: str, after: str, fault: str) -> None:
    assert before in GOOD
    assert any(each.startswith(f"consents.yaml:{fault}") for each in faults(loaded, GOOD.replace(before, after, 1)))


def test_the_secret_itself_is_not_in_the_project(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SHOP_SECRET", "a secret that is long enough")
    project = loaded(GOOD + "secret: {env: SHOP_SECRET}\n")
    assert project.consent_secret is not None and project.consent_secret.env == "SHOP_SECRET"
    assert "long enough" not in repr(project)
