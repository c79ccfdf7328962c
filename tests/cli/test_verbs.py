"""What each verb says, and how it ends: exit codes a scheduler can rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from parcours.cli import parcours

Call = Callable[..., Any]


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))
    else:
        yield path, command


COMMANDS = dict(commands(parcours))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(call: Call, path: tuple[str, ...]) -> None:
    said = call(*path, "--help")
    assert said.code == 0
    assert f"Example: parcours {' '.join(path)}" in said.out
    assert "--json" in said.out


def test_help_is_in_the_language_asked_for(call: Call) -> None:
    assert "Vérifie les fichiers du projet, dit toutes les erreurs." in call("check", "--help", "--language", "fr").out
    assert "Checks the project's files and tells all faults at once." in call("check", "--help", "--language", "en").out


def test_a_wrong_project_is_told_and_ends_with_2(fresh: Path, call: Call) -> None:
    file = fresh / "segments" / "slipping_away.yaml"
    file.write_text(file.read_text().replace("spend_180d", "spend_18d"))
    said = call("--project", str(fresh), "check")
    assert said.code == 2
    assert said.err.splitlines() == [
        "segments/slipping_away.yaml:7: no attribute 'spend_18d'. Did you mean 'spend_180d'?",
        "1 fault.",
    ]
    assert call("--project", str(fresh), "run").code == 2
    french = call("--project", str(fresh), "check", "--language", "fr").err.splitlines()
    assert french == [
        "segments/slipping_away.yaml:7: pas d'attribut 'spend_18d'. Vouliez-vous dire 'spend_180d' ?",
        "1 erreur.",
    ]
    assert call("--project", str(fresh), "check", "--json").json == {
        "ok": False,
        "faults": [{
            "file": "segments/slipping_away.yaml", "line": 7, "message": "no attribute 'spend_18d'.",
            "hint": "Did you mean 'spend_180d'?",
        }],
    }  # fmt: skip


def test_columns_that_no_file_has_are_told_before_anything_runs(fresh: Path, call: Call) -> None:
    file = fresh / "sources" / "till.yaml"
    text = (
        file.read_text().replace("order_id: ticket", "order_id: tickt", 1).replace("price = '0,00'", "prise = '0,00'")
    )
    file.write_text(text.replace("key: [ticket, line]", "key: [ticket, lign]"))
    newest = "data/till_2026-03.csv"
    for old in (fresh / "data").glob("till_*.csv"):
        os.utime(old, (0, 0 if old.name != "till_2026-03.csv" else 1))
    said = call("--project", str(fresh), "check")
    assert said.code == 2
    assert said.err.splitlines() == [
        f"sources/till.yaml:12: no column 'prise' in {newest}. Did you mean 'price'?",
        f"sources/till.yaml:15: no column 'tickt' in {newest}. Did you mean 'ticket'?",
        f"sources/till.yaml:20: no column 'lign' in {newest}. Did you mean 'line'?",
        f"sources/till.yaml:20: no column 'prise' in {newest}. Did you mean 'price'?",
        "4 faults.",
    ]


def test_a_source_without_files_is_noted(fresh: Path, call: Call) -> None:
    (fresh / "data" / "web_orders.csv").unlink()
    said = call("--project", str(fresh), "check")
    assert (said.code, said.err) == (0, "sources/web_shop.yaml:2: web_shop has no files yet. Look at its 'path'.\n")


def test_a_folder_that_is_no_project_ends_with_2(tmp_path: Path, call: Call) -> None:
    said = call("--project", str(tmp_path), "check")
    assert said.code == 2
    assert "this is not a project" in said.err


@pytest.mark.parametrize("words", [("status",), ("explain", "segment", "tea_lovers"), ("report",), ("audiences",)])
def test_before_the_first_run_there_is_nothing_to_show_and_the_code_is_3(
    fresh: Path, call: Call, words: tuple[str, ...]
) -> None:
    said = call("--project", str(fresh), *words)
    assert said.code == 3
    assert "parcours run" in said.err


def test_a_name_that_is_not_there_is_told_with_the_nearest(shop: Path, call: Call) -> None:
    place = ("--project", str(shop))
    assert call(*place, "run", "--only", "tills").err == "no source or room 'tills'. Did you mean 'till'?\n"
    assert call(*place, "run", "--only", "tills").code == 2
    assert call(*place, "status", "tills").code == 2
    segment = call(*place, "explain", "segment", "tea_lover")
    assert (segment.code, segment.err) == (3, "no segment 'tea_lover'. Did you mean 'tea_lovers'?\n")
    person = call(*place, "explain", "person", "nobody@example.com")
    assert (person.code, person.err) == (3, "there is nobody of the identifier 'nobody@example.com'.\n")


def test_a_person_is_explained_by_any_identifier(shop: Path, call: Call) -> None:
    place = ("--project", str(shop))
    said = call(*place, "explain", "person", "ANNA.Martin@example.com", "--json").json
    (anna,) = said["persons"]
    assert [record["record_key"] for record in anna["records"]] == ["C1001"]
    for other in ("C1001", "loyalty_card:C1001", anna["person"], "email:anna.martin@example.com"):
        (same,) = call(*place, "explain", "person", other, "--json").json["persons"]
        assert same["person"] == anna["person"]
    told = call(*place, "explain", "person", "C1001").out
    assert "Why these records are one person" in told
    assert "same loyalty card C1001: " in told


def test_rejected_rows_beyond_what_is_tolerated_end_with_1(shop: Path, call: Call) -> None:
    with (shop / "data" / "till_2026-03.csv").open("a", encoding="utf-8") as file:
        file.write("S1-99999;1;31/03/2026 18:00;C1001;T01;one;8,90;8,90\n")
    said = call("--project", str(shop), "run")
    assert said.code == 1
    assert "Look at till: 'parcours status till' says why." in said.err
    status = call("--project", str(shop), "status", "till")
    assert status.code == 0
    assert "Why rows were rejected" in status.out
    assert "quantity" in status.out
    assert "C1001" not in status.out  # the row itself is personal data


def test_a_file_that_cannot_be_read_ends_with_1_and_is_named(shop: Path, call: Call) -> None:
    (shop / "data" / "till_2026-04.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 truncated")
    file = shop / "sources" / "till.yaml"
    file.write_text(file.read_text().replace("data/till_*.csv ", "data/till_*.csv* "))
    said = call("--project", str(shop), "run")
    assert said.code == 1
    assert "till refuses data/till_2026-04.csv.gz: " in said.err


def test_a_refused_file_stays_in_the_status_until_it_is_mended(shop: Path, call: Call) -> None:
    place = ("--project", str(shop))
    file = shop / "data" / "till_2026-04.csv"
    file.write_text("ticket;other\n1;2\n", encoding="utf-8")
    assert call(*place, "run").code == 1
    told = call(*place, "status", "till").out
    assert "Files that are refused: nothing of them has landed" in told
    assert "data/till_2026-04.csv" in told
    assert "it has no column" in told
    assert "Mend the file, or sources/till.yaml: the next 'parcours run' reads it again." in told
    assert "till: 1 file is refused. 'parcours status till' says why." in call(*place, "status").err
    (refused,) = call(*place, "status", "till", "--json").json["refused"]
    assert refused["file"] == "data/till_2026-04.csv"
    assert call(*place, "run", "--only", "customers").code == 0  # who was not asked is not mended
    assert "data/till_2026-04.csv" in call(*place, "status", "till").out
    file.unlink()
    assert call(*place, "run").code == 0
    assert "refused" not in call(*place, "status", "till").out


def test_status_tells_what_was_read_for_the_version_and_what_in_all(shop: Path, call: Call) -> None:
    place = ("--project", str(shop))
    before = {one["source"]: one for one in call(*place, "status", "--json").json["sources"]}
    assert before["till"]["read"]["received"] == before["till"]["received"]
    with (shop / "data" / "till_2026-04.csv").open("w", encoding="utf-8") as file:
        lines = (shop / "data" / "till_2026-03.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        file.write(lines[0] + "S1-99999;1;31/03/2026 18:00;C1001;T01;1;8,90;8,90\n")
    assert call(*place, "run").code == 0
    after = {one["source"]: one for one in call(*place, "status", "--json").json["sources"]}
    assert after["till"]["read"] == {"deliveries": 1, "received": 1, "landed": 1, "rejected": 0, "new": 1,
                                     "corrected": 0, "repeated": 0, "set_aside": 0}  # fmt: skip
    assert after["till"]["received"] == before["till"]["received"] + 1
    assert after["customers"]["read"] is None
    told = call(*place, "status").out
    assert "Rows read for this version" in told
    assert "Rows of all deliveries so far" in told
    one = call(*place, "status", "till").out
    assert "For this version: 1 received, 1 landed, 0 rejected, 0 set aside, 0 repeated" in one


def test_the_retailers_tests_hold_or_end_with_1(shop: Path, call: Call) -> None:
    said = call("--project", str(shop), "test")
    assert (said.code, said.out.splitlines()[-1]) == (0, "1 of 1 tests hold.")
    file = shop / "tests" / "slipping_away.yaml"
    text = file.read_text().replace("spend_180d: 80 EUR", "spend_180d: 81 EUR")
    file.write_text(text.replace("people: 1", "people: 2"))
    said = call("--project", str(shop), "test", "tests/slipping_away.yaml")
    assert said.code == 1
    place = "    tests/slipping_away.yaml:2:"
    assert said.out.splitlines()[1:] == [
        f"{place} ann@example.com: spend_180d was expected to be 81 EUR, it is 80.00 EUR",
        f"{place} slipping_away: 2 people were expected, there are 1",
        "0 of 1 tests hold.",
    ]
    assert call("--project", str(shop), "test", "nothing").code == 3


def test_a_test_without_rows_looks_at_what_is_published(shop: Path, call: Call) -> None:
    (shop / "tests" / "anna.yaml").write_text(
        "test: Anna's card and her address are one person\nexpect:\n"
        "  - {person: C1001, same_as: [anna.martin@example.com], different_from: [louis.bernard@example.com]}\n"
    )
    assert call("--project", str(shop), "test", "anna").code == 0


def test_links_by_hand_are_written_with_their_reason(shop: Path, call: Call) -> None:
    place = ("--project", str(shop), "identity")
    said = call(*place, "forbid", "loyalty_card=C1001", "loyalty_card=C1002", "--why", "twins")
    assert said.code == 2
    assert "links_file" in said.err
    (shop / "links.csv").write_text("do,left,right,why\n")
    identity = shop / "identity.yaml"
    identity.write_text(identity.read_text() + "\nlinks_file: links.csv\n")
    assert call(*place, "forbid", "loyalty_card=C1001", "loyalty_card=C1002", "--why", "twins, really").code == 0
    assert (shop / "links.csv").read_text() == (
        'do,left,right,why\nforbid,loyalty_card=C1001,loyalty_card=C1002,"twins, really"\n'
    )
    again = call(*place, "force", "loyalty_card=C1002", "loyalty_card=C1001", "--why", "no")
    assert again.code == 2
    assert call(*place, "force", "card=C1", "loyalty_card=C1001", "--why", "x").code == 2


def test_labels_measure_the_joining(shop: Path, call: Call) -> None:
    labels = shop / "labels.csv"
    labels.write_text(
        "left,right,same\n"
        "loyalty_card=C1001,email=anna.martin@example.com,yes\n"
        "loyalty_card=C1001,loyalty_card=C1002,no\n"
        "loyalty_card=C1003,loyalty_card=C1004,yes\n"
    )
    said = call("--project", str(shop), "identity", "evaluate", "--labels", str(labels), "--json").json
    assert (said["precision"], said["recall"]) == (1.0, 0.5)
    assert said["f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "words",
    [("check",), ("run",), ("plan",), ("status",), ("status", "till"), ("explain", "person", "C1001"),
     ("explain", "segment", "tea_lovers"), ("report",), ("audiences",), ("test",), ("identity", "review")],
    ids=" ".join,
)  # fmt: skip
def test_every_verb_answers_a_program_with_one_json_value(shop: Path, call: Call, words: tuple[str, ...]) -> None:
    said = call("--project", str(shop), *words, "--json")
    assert said.code == 0, said.err
    assert said.json["ok"] is True


def test_ctrl_c_ends_cleanly_and_publishes_nothing(fresh: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from parcours.cli import main; main()", "--project", str(fresh), "run",
         "--language", "en"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Reading the sources")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "Stopped. What was published before is untouched."
    assert "Traceback" not in err
    assert not list((fresh / "warehouse" / "versions").glob("*.json"))
