"""What the command line says, it says in French too; faults are recognised by their shape."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from parcours.cli import parcours
from parcours.cli.words import words
from parcours.model.value import Fault, Place

_spec = importlib.util.spec_from_file_location("sentences", Path(__file__).with_name("sentences.py"))
assert _spec and _spec.loader
sentences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sentences)

FRENCH = words("fr")
# The same in both languages.
SAME = {
    "section", "segment", "table", "{0}.", "{0}: {1}", "0 < 'ask_a_human_above' <= 'join_above' <= 1.", "Segments",
    "{person}", "score", "Table", "Source", "F1", "{n} source", "{n} segment", "{n} test", "{n} audience",
}  # fmt: skip


def helps(command: click.Command) -> Iterator[str]:
    yield from (text for text in (command.help, *(getattr(each, "help", "") for each in command.params)) if text)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from helps(inner)


def test_every_sentence_and_help_text_has_its_french() -> None:
    said = sentences.said_by_the_command_line() | set(helps(parcours))
    assert sorted(said - FRENCH.sentences.keys()) == [], "write the French into src/parcours/cli/words/fr.po"


def test_every_fault_has_its_french() -> None:
    english = [text for text in sentences.faults() if FRENCH.recognised(filled(text)) == filled(text)]
    assert sorted(set(english) - SAME) == [], "write the French into src/parcours/cli/words/faults.fr.po"


def filled(text: str) -> str:
    """A fault with something in its blanks."""
    return re.sub(r"\{(\d)\}", r"'x\1'", text)


def test_no_sentence_is_translated_with_other_blanks() -> None:
    for english, french in FRENCH.sentences.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", french)), english


def test_a_fault_is_said_in_french_with_its_names_as_they_were() -> None:
    fault = Fault(Place("segments/vip.yaml", 6), "no attribute 'last_ordr'.", "Did you mean 'last_order'?")
    assert words("en").fault(fault) == "segments/vip.yaml:6: no attribute 'last_ordr'. Did you mean 'last_order'?"
    assert FRENCH.fault(fault) == "segments/vip.yaml:6: pas d'attribut 'last_ordr'. Vouliez-vous dire 'last_order' ?"


def test_what_a_fault_is_about_is_said_in_french_too() -> None:
    fault = Fault(Place("parcours.toml", 2), "no time zone 'Europe/Pari'.", "Did you mean 'Europe/Paris'?")
    assert (
        FRENCH.fault(fault)
        == "parcours.toml:2: pas de fuseau horaire 'Europe/Pari'. Vouliez-vous dire 'Europe/Paris' ?"
    )


def test_a_refused_file_is_said_in_french_with_its_hint() -> None:
    reason = "it has no column 'tickt'. Did you mean 'ticket'?"
    assert FRENCH.recognised(reason) == "il n'a pas de colonne 'tickt'. Vouliez-vous dire 'ticket' ?"


def test_figures_are_written_as_each_language_does() -> None:
    assert words("en").number(1234567) == "1,234,567"
    assert FRENCH.number(1234567) == "1\u202f234\u202f567"
    assert FRENCH.money(52050, "EUR") == "520,50\xa0€"
    assert FRENCH.day(date(2026, 3, 31)) == "31 mars 2026"
    assert words("en").count("{n} fault.", "{n} faults.", 0) == "0 faults."
    assert FRENCH.count("{n} fault.", "{n} faults.", 0) == "0 erreur."
