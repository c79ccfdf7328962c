"""Why a slot showed what it did: in sentences by the command line, as data by the interface; who read it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from parcours import flow
from parcours.cli import parcours
from parcours.project import load
from parcours.server import keys
from parcours.state import Database
from parcours.state.database import URL
from parcours.testing import write_files
from parcours.testing.served import served
from tests.server.test_deciding import FILES, Shop, until

RULED = """\
slot: ruled
holdout: 0 %
milliseconds: 500
show: 2
variants:
  thanks: {title: {en: Thank you, fr: Merci}, who: {in_segment: spenders}}
  rain: {title: {en: Umbrellas, fr: Parapluies}}
  usual: {title: {en: Hello, fr: Bonjour}}
  late: {until: 2020-01-01}
rules:
  - {when: {weather: rain}, first: [rain]}
  - {when: {weather: snow}, never: [usual]}
  - {never: [late]}
success: {by: click, within: 1 days}
"""


@dataclass
class Explained(Shop):
    folder: Path

    def cli(self, *asked: str) -> Result:
        return CliRunner().invoke(parcours, ["--project", str(self.folder), *asked])

    def lines(self, *asked: str) -> str:
        told = self.cli(*asked)
        assert told.exit_code == 0, told.output
        return " ".join(
            told.output.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").split()
        )


@pytest.fixture
def shop(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explained]:
    monkeypatch.setenv(URL, database.url)
    folder = write_files(tmp_path / "shop", {**FILES, "slots/ruled.yaml": RULED})
    project = load(folder, flow.kinds())
    flow.run(project, now=datetime(2026, 3, 10, 11, tzinfo=UTC), progress=lambda *_: None)
    flow.publish(project, database)
    with served(database, project=project) as running:
        yield Explained(running, keys.make(database, "web", ["decide", "collect", "read"])[1], folder)


def decided(shop: Explained) -> str:
    """A decision about Bob in the rain, of which a click came twice, and one of what was not shown."""
    made = shop.decided("ruled", userId="bob", context={"weather": "rain", "colour": "red"})
    assert [item["key"] for item in made["items"]] == ["rain", "usual"]
    identity: str = made["decision_id"]
    until(lambda: bool(shop.rows("SELECT 1 FROM decisions")))
    for key in ("rain", "rain", "thanks"):
        told = {"userId": "bob", "event": "Decision Clicked", "messageId": str(uuid4()),
                "properties": {"decision_id": identity, "key": key}}  # fmt: skip
        assert shop.served.post("/v1/track", told).status == 200
    until(lambda: not shop.rows("SELECT 1 FROM rewards WHERE outcome = 'waiting'"))
    return identity


TOLD: dict[str, list[str]] = {
    "en": ["the file is still this version", "For per_", "weather: rain", "Told and not understood: colour",
           "Chosen for them.", "1. Umbrellas (rain): a variant of the slot; put there by a merchant's rule",
           "2. Hello (usual): a variant of the slot", "slots/ruled.yaml:11: ", "slots/ruled.yaml:13: always",
           "Thank you (thanks): it is not for them: its rule does not hold", "late: its time is over",
           "click, Umbrellas (rain)", "not counted: it had come before", "not counted: this was not shown"],
    "fr": ["le fichier est encore à cette version", "Pour per_", "Dit et non compris : colour",
           "Choisi pour cette personne.",
           "1. Parapluies (rain) : une variante de l'emplacement; placé là par une règle des marchands",
           "slots/ruled.yaml:13 : toujours", "Merci (thanks) : pas pour cette personne : sa règle ne s'applique pas",
           "late : son temps est passé", "clic, Parapluies (rain)", "non compté : déjà venu",
           "non compté : ce n'était pas montré"],
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_decision_is_told_in_sentences(shop: Explained, language: str) -> None:
    identity = decided(shop)
    told = shop.lines("--language", language, "explain", "decision", identity)
    assert [part for part in TOLD[language] if part not in told] == [], told
    person = shop.lines("--language", language, "explain", "person", "bob@example.com")
    assert identity in person and "rain, usual" in person


def test_a_slot_that_was_changed_since_is_told_so(shop: Explained) -> None:
    identity = decided(shop)
    write_files(shop.folder, {"slots/ruled.yaml": RULED.replace("show: 2", "show: 1")})
    told = shop.lines("explain", "decision", identity)
    assert "the file is another version by now" in told and "Of the version then: 1, 3" in told
    (shop.folder / "slots/ruled.yaml").unlink()
    assert "there is no such slot any more" in shop.lines("explain", "decision", identity)


def test_nobody_known_and_nothing_left(shop: Explained) -> None:
    made = shop.decided("nobody", context={"weather": "rain"})
    until(lambda: bool(shop.rows("SELECT 1 FROM decisions")))
    told = shop.lines("explain", "decision", made["decision_id"])
    assert "For somebody unknown." in told and "nothing was left to choose from" in told
    assert "y: a merchant's rule leaves it out" in told and "Nothing so far." in told


def test_an_id_that_is_none_or_unknown_is_said(shop: Explained) -> None:
    for asked, said, dit in (("nonsense", "is not the id of a decision", "n'est pas l'identifiant d'une décision"),
                             (str(uuid4()), "there is no decision", "il n'y a pas de décision")):  # fmt: skip
        for language, sentence in (("en", said), ("fr", dit)):
            told = shop.cli("--language", language, "explain", "decision", asked)
            assert (told.exit_code, sentence in told.output) == (3, True), told.output


def test_the_interface_tells_a_decision_and_keeps_who_read_it(shop: Explained) -> None:
    identity = decided(shop)
    answer = ask(shop, identity)
    assert answer.status == 200
    told = answer.json()
    assert (told["decision_id"], told["slot"], told["current"], told["how"]) == (identity, "ruled", True, "chosen")
    assert (told["shown"], told["by_rule"], told["rules"]) == (["rain", "usual"], ["rain"], [0, 2])
    assert {each["key"]: each["removed"] for each in told["considered"]} == {
        "thanks": "not_for_them", "rain": None, "usual": None, "late": "over"}  # fmt: skip
    assert sorted(each["outcome"] for each in told["came"]) == ["counted", "not_shown", "repeated"]
    (row,) = shop.rows("SELECT person_id FROM reads WHERE what = 'decision'")
    assert told["person"] == f"per_{row['person_id']:016x}"
    for asked, status, code in ((str(uuid4()), 404, "no_such_decision"), ("nonsense", 422, "no_decision_id")):
        answer = ask(shop, asked)
        assert (answer.status, answer.json()["code"]) == (status, code)
    _, collecting = keys.make(shop.database, "web", ["collect"])
    assert ask(shop, identity, collecting).status == 403


def test_decisions_and_what_came_of_them_are_counted(shop: Explained) -> None:
    decided(shop)
    shop.decided("nobody", context={"weather": "rain"})
    told: set[str] = set()

    def counted() -> bool:
        told.update(shop.served.ask("GET", "/metrics").body.decode().splitlines())
        return 'parcours_decisions_written_total{what="written"} 2' in told

    until(counted)
    assert {
        'parcours_decisions_total{slot="ruled",how="chosen",because=""} 1',
        'parcours_decisions_total{slot="nobody",how="fallback",because="nothing_left"} 1',
        'parcours_decisions_written_total{what="given_up"} 0',
        'parcours_rewards_total{outcome="counted"} 1',
        'parcours_rewards_total{outcome="repeated"} 1',
        'parcours_rewards_total{outcome="not_shown"} 1',
        "parcours_decisions_waiting 0",
    } <= told


def ask(shop: Explained, identity: str, key: str | None = None) -> Any:
    from base64 import b64encode

    given = b64encode(f"{key or shop.key}:".encode()).decode()
    return shop.served.ask("GET", f"/v1/decisions/{identity}", headers={"Authorization": f"Basic {given}"})
