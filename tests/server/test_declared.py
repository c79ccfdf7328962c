"""Events that are not as the project declares them: kept and told, or refused with a sentence, by call and by batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parcours import flow
from parcours.cli import parcours
from parcours.project import load
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.databases import fresh_database
from parcours.testing.served import Served, served

KEPT = Query("kept", "What was kept.", "SELECT name FROM collected ORDER BY number")
REJECTED = Query("rejected", "What was not.", "SELECT reason, detail, body FROM collected_rejected ORDER BY detail")
EMPTIED = Query("emptied", "Empties.", "TRUNCATE collected, collected_rejected, collected_misfits")
SITE = """\
source: site
kind: collected
events:
  Product Viewed:
    required: [product_id]
    properties: {product_id: text, price: number}
    other: flag
  Cart Viewed: {}
unknown_events: {unknown}
when_it_does_not_fit: {otherwise}
"""
TOML = '[project]\nname = "shop"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'


def project_at(folder: Path, *, unknown: str = "flag", otherwise: str = "flag") -> Path:
    site = SITE.replace("{unknown}", unknown).replace("{otherwise}", otherwise)
    write_files(folder, {"parcours.toml": TOML, "sources/site.yaml": site})
    return folder


def track(event: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "u", "event": event, "properties": properties}


@pytest.fixture(scope="module", params=["flag", "refuse"])
def running(request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: Any) -> Iterator[tuple[str, Served]]:
    folder = project_at(tmp_path_factory.mktemp("project"), unknown=request.param, otherwise=request.param)
    with fresh_database(postgres_url) as database, served(database, project=load(folder, flow.kinds())) as server:
        yield request.param, server


@pytest.fixture
def shop(running: tuple[str, Served]) -> tuple[str, Served]:
    running[1].database.run(EMPTIED)
    return running


def test_one_call(shop: tuple[str, Served]) -> None:
    otherwise, server = shop
    call = track("Product Viewed", price="4,50")
    answer = server.post("/v1/track", call)
    detail = "'product_id' is missing; 'price' must be a number, not text"
    if otherwise == "flag":
        assert (answer.status, answer.json()) == (200, {"success": True})
        assert server.database.run(KEPT) == [{"name": "Product Viewed"}]
        assert server.database.run(REJECTED) == []
    else:
        assert (answer.status, answer.json()["code"]) == (400, "missing_property")
        assert answer.json()["detail"] == f"{detail}."
        assert server.database.run(KEPT) == []
        (rejected,) = server.database.run(REJECTED)
        assert (rejected["reason"], rejected["detail"]) == ("missing_property", detail)
        assert json.loads(rejected["body"]) == call, "to be mended and sent again"


def test_a_batch_keeps_what_fits(shop: tuple[str, Served]) -> None:
    otherwise, server = shop
    batch = [track("Product Viewed", product_id="tea", price=4), track("Product Viewed", product_id=7),
             track("Wheel Turned"), track("cart viewed", anything=[])]  # fmt: skip
    assert server.post("/v1/batch", {"batch": batch}).status == 200
    kept = [row["name"] for row in server.database.run(KEPT)]
    rejected = [(row["reason"], row["detail"]) for row in server.database.run(REJECTED)]
    if otherwise == "flag":
        assert kept == ["Product Viewed", "Product Viewed", "Wheel Turned", "cart viewed"]
        assert rejected == []
    else:
        assert kept == ["Product Viewed", "cart viewed"]
        assert rejected == [("wrong_type", "'product_id' must be text, not a number"),
                            ("unknown_event", "no event 'Wheel Turned' is declared")]  # fmt: skip
    lines = server.ask("GET", "/metrics").body.decode()
    what = {"flag": "flagged", "refuse": "refused"}[otherwise]
    assert f'parcours_misfits_total{{source="web",what="{what}"}} ' in lines


def test_what_was_mended_is_kept_under_the_same_message_id(shop: tuple[str, Served]) -> None:
    otherwise, server = shop
    if otherwise == "refuse":
        assert server.post("/v1/track", {**track("Product Viewed"), "messageId": "m1"}).status == 400
    assert server.post("/v1/track", {**track("Product Viewed", product_id="tea"), "messageId": "m1"}).status == 200
    assert len(server.database.run(KEPT)) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_status_tells_what_does_not_fit(
    postgres_url: str, tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = "id,at,amount\n1,2026-01-05,5\n"
    till = ("source: till\nkind: files\npath: data/*.csv\ntables:\n  orders:\n    columns:\n      order_id: id\n"
            "      order_time: at\n      net_amount: amount\n")  # fmt: skip
    write_files(project_at(tmp_path), {"sources/till.yaml": till, "data/a.csv": data})
    with fresh_database(postgres_url) as database:
        monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
        with served(database, project=load(tmp_path, flow.kinds())) as server:
            assert server.post("/v1/track", track("Product Viewed", size="S")).status == 200
        run = CliRunner().invoke(parcours, ["--project", str(tmp_path), "run"])
        assert run.exit_code == 0, run.output
        told = CliRunner().invoke(parcours, ["--project", str(tmp_path), "--language", language, "status"]).output
    title, missing, other = {
        "en": ("Events that are not as declared", "property is missing", "property that is not declared"),
        "fr": ("Événements qui ne sont pas comme déclarés", "propriété absente", "propriété non déclarée"),
    }[language]
    lines = {line.split()[3]: line for line in told[told.index(title) :].splitlines() if "Product Viewed" in line}
    assert missing in lines["product_id"] and other in lines["size"]


@pytest.mark.parametrize(
    ("change", "by", "english", "french"),
    [
        ("other: flag", "other: refuse", "sources/site.yaml:7: 'refuse' is not a choice for 'other'. Choose",
         "n'est pas un choix pour"),
        ("price: number", "price: nubmer", "sources/site.yaml:6: 'nubmer' is not a choice for 'price'. Did you mean "
         "'number'?", "Vouliez-vous dire"),
        ("    required:", "    requird:", "sources/site.yaml:5: no setting 'requird'. Did you mean 'required'?",
         "Vouliez-vous dire"),
        ("  Cart Viewed:", "  product_viewed:", "sources/site.yaml:3: 'events': 'Product Viewed' and "
         "'product_viewed' are one event. Keep one of them.", "sont un seul événement"),
        ("unknown_events: flag", "unknown_events: drop", "sources/site.yaml:9: 'drop' is not a choice for "
         "'unknown_events'. Choose", "n'est pas un choix pour"),
        (SITE[SITE.index("events:") : SITE.index("unknown")], "", "sources/site.yaml:3: 'unknown_events: flag' is "
         "nothing without 'events'. Declare some.", "n'est rien sans"),
    ],
)  # fmt: skip
def test_check_tells_what_cannot_be_declared(tmp_path: Path, change: str, by: str, english: str, french: str) -> None:
    project_at(tmp_path)
    file = tmp_path / "sources/site.yaml"
    text = file.read_text()
    assert change in text
    file.write_text(text.replace(change, by, 1))
    for language, sentence in (("en", english), ("fr", french)):
        told = CliRunner().invoke(parcours, ["--project", str(tmp_path), "--language", language, "check"])
        assert told.exit_code == 2 and sentence in " ".join(told.output.split()), told.output
