"""A slot is decided for everybody of a segment at once, as for each of them alone, and the decisions are kept."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from parcours import flow
from parcours.cli import parcours
from parcours.identity.recognised import hash63
from parcours.model.person import show
from parcours.project import Project, load
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import served
from tests.server.test_deciding import FILES

PEOPLE = 60
LETTER = """\
slot: letter
holdout: 20 %
milliseconds: 1000
variants:
  thanks: {content: {text: Thanks}, who: {in_segment: spenders}}
  rich: {content: {text: More}, who: {spend: {at_least: 30 EUR}}}
  snow: {who: {weather: snow}}
  always: {}
  usual: {}
rules: [{when: {spend: {at_least: 45 EUR}}, first: [rich]}, {when: {not: {in_segment: spenders}}, never: [always]}]
choose: thompson
fallback: usual
"""


def rows(database: Database, text: str) -> list[dict[str, Any]]:
    return database.run(Query("asked", "What a test asks.", text))


@pytest.fixture
def project(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
    people = "".join(f"{n},p{n}@example.com,P{n},Paris,u{n}\n" for n in range(PEOPLE))
    sold = "".join(f"A{n},2026-03-01 10:00:00,u{n},{n}.00\n" for n in range(PEOPLE))
    files = {**FILES, "slots/letter.yaml": LETTER, "crm.csv": "id,email,first,city,login\n" + people,
             "till.csv": "order,at,login,total\n" + sold}  # fmt: skip
    made = load(write_files(tmp_path / "shop", files), flow.kinds())
    flow.run(made, now=datetime(2026, 3, 10, 11, tzinfo=UTC), progress=lambda *_: None)
    return made


def test_the_file_says_what_each_is_shown_alone(project: Project, database: Database, tmp_path: Path) -> None:
    file, refused = tmp_path / "out" / "letter.csv", "u50"
    said = {"userId": refused, "event": "Page",
            "context": {"consent": {"categoryPreferences": {"personalisation": False}}}}  # fmt: skip
    flow.publish(project, database)
    ids = {row["key"]: show(row["person_id"]) for row in rows(database, "SELECT key, person_id FROM identifiers")}
    key = keys.make(database, "web", ["decide"])[1]
    with served(database, project=project) as running:
        assert running.post("/v1/track", said).status == 200
        many = flow.decide(project, database, "letter", file=file, now=datetime.now(UTC), keep=False)
        assert many == PEOPLE and rows(database, "SELECT 1 FROM decisions") == []
        with file.open(encoding="utf-8") as lines:
            found = {row["person_id"]: row for row in csv.DictReader(lines)}
        for number in range(PEOPLE):
            answer = running.post("/v1/decide", {"slots": ["letter"], "userId": f"u{number}"}, key=key).json()
            (alone,) = answer["decisions"]
            assert alone["because"] is None
            row = found[ids[hash63(f"login=u{number}")]]
            assert (row["how"], row["shown_1"]) == (alone["how"], alone["items"][0]["key"])
    shown = [found[ids[hash63(f"login=u{number}")]]["shown_1"] for number in range(PEOPLE)]
    assert set(shown) == {"thanks", "rich", "always", "usual"}
    assert shown[50] in ("always", "usual"), "who said no is a stranger"


def test_decisions_over_a_table_are_kept_and_teach(project: Project, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "letter.parquet"
    many = flow.decide(project, database, "letter", file=file, now=datetime.now(UTC), segment="spenders")
    kept = rows(database, "SELECT * FROM decisions")
    assert many == len(kept) == PEOPLE - 15
    teaching = [row for row in kept if row["learns"]]
    assert {row["how"] for row in teaching} == {"chosen"}
    assert {json.loads(row["told"])["may_use"] for row in kept} == {True}
    (shown,) = rows(database, "SELECT sum(shown) AS n FROM slot_counts")
    assert shown["n"] == len(teaching) > 0
    assert all(row["number"] == row["person"] and len(row["shown"]) == 1 for row in kept)
    assert {str(row["decision"]).replace("-", "") for row in kept} == set(
        pq.read_table(file).column("decision").to_pylist())  # fmt: skip


def test_what_is_only_decided_for_one_person_is_refused_in_a_sentence(project: Project) -> None:
    (project.folder / "slots" / "seen.yaml").write_text("slot: seen\ncandidates: viewed\n")
    answer = CliRunner().invoke(parcours, ["--project", str(project.folder), "--language", "fr", "decide", "seen"])
    assert answer.exit_code == 2
    assert "ne se décide que pour une personne à la fois" in answer.output
