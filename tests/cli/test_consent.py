"""`parcours consent`: shows, proves and suppresses, in a sentence or as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parcours import live
from parcours.cli import door
from parcours.consent import Statement
from parcours.state import Database
from parcours.state.database import URL

from .conftest import Call

ANA = "per_0000000000000001"


@pytest.fixture
def here(fresh: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """The starter project, its state on a database that is empty."""
    monkeypatch.setenv(URL, database.url)
    return str(fresh)


def test_who_said_nothing_is_shown_and_cannot_be_proven(call: Call, here: str) -> None:
    shown = call("--project", here, "consent", "show", ANA)
    assert shown.code == 0 and "never agreed" in shown.out
    french = call("--project", here, "--language", "fr", "consent", "show", ANA)
    assert "n'a jamais accepté" in french.out
    proof = call("--project", here, "consent", "prove", ANA)
    assert (proof.code, proof.err.strip()) == (door.NOTHING, f"{ANA} has said nothing of consent.")


def test_what_was_said_is_proven_word_for_word(call: Call, here: str, database: Database) -> None:
    call("--project", here, "consent", "show", ANA)  # makes the secret, keeps the texts
    project = door.Door(Path(here), "en", as_json=False).project()
    now = datetime.now(UTC)
    said = Statement(person=1, purpose="marketing", channel="email", state="granted", at=now - timedelta(days=1),
                     source="till", text_version="2026-01", language="fr", proof="sheet 12")  # fmt: skip
    live.register_of(project, database, now=now).say([said], now=now)
    (told,) = call("--project", here, "--json", "consent", "prove", ANA).json["statements"]
    assert (told["state"], told["source"], told["proof"]) == ("granted", "till", "sheet 12")
    assert told["text"].startswith("Envoyez-moi")
    assert "sheet 12" in call("--project", here, "consent", "prove", ANA).out


def test_a_list_is_suppressed_and_its_wrong_lines_are_told(call: Call, here: str, tmp_path: Path) -> None:
    listed = tmp_path / "blocked.csv"
    listed.write_text("email\nana@example.com\nnothing\n")
    done = call("--project", here, "consent", "suppress", str(listed), "--reason", "complained")
    assert (done.code, done.err.strip()) == (door.LOOK, "1 line is no address: 3")
    assert "1 address is new on the list." in done.out and "ana@" not in done.out + done.err
    listed.write_bytes(b"\xff\xfe\x00")
    assert call("--project", here, "consent", "suppress", str(listed)).code == door.WRONG


def test_a_list_comes_off_again_with_a_reason_that_is_kept(
    call: Call, here: str, database: Database, tmp_path: Path
) -> None:
    listed, erased = tmp_path / "blocked.csv", tmp_path / "erased.csv"
    listed.write_text("email\nana@example.com\nbob@example.com\n")
    erased.write_text("eve@example.com\n")
    call("--project", here, "consent", "suppress", str(listed), "--reason", "bounced")
    call("--project", here, "consent", "suppress", str(erased), "--reason", "erased")
    assert call("--project", here, "consent", "release", str(listed)).code == door.WRONG, "a reason is asked for"
    assert call("--project", here, "consent", "release", str(listed), "--because", " ").code == door.WRONG
    listed.write_text("email\nana@example.com\neve@example.com\nzoe@example.com\nnothing\n")
    told = call("--project", here, "--json", "consent", "release", str(listed), "--because", "the mailbox works").json
    assert (told["released"], told["left"], told["wrong"]) == (1, 2, [5])
    with database.connection() as connection:
        kept = connection.execute("SELECT reason FROM suppressions ORDER BY reason").fetchall()
        assert [row["reason"] for row in kept] == ["bounced", "erased"]
        (row,) = connection.execute("SELECT * FROM suppressions_released").fetchall()
    assert (row["reason"], row["source"], row["because"]) == ("bounced", "blocked.csv", "the mailbox works")
    french = call("--project", here, "--language", "fr", "consent", "release", str(listed), "--because", "x")
    assert "plus sur la liste" in french.out


@pytest.mark.parametrize("asked", ["ana@example.com", "loyalty_card=C1", "C1"])
def test_somebody_unknown_is_nobody(call: Call, here: str, asked: str) -> None:
    assert call("--project", here, "consent", "show", asked).code == door.NOTHING


def test_an_id_that_is_none_and_a_server_without_an_address_are_told(call: Call, here: str) -> None:
    assert call("--project", here, "consent", "show", "per_x").code == door.WRONG
    link = call("--project", here, "consent", "link", ANA)
    assert link.code == door.WRONG and "public_url" in link.err
