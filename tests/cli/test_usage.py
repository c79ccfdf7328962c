"""A command called wrongly is told what is wrong, in the language of whoever called it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parcours.cli import parcours

Call = Callable[..., Any]

WRONG = {
    "chek": "pas de commande 'chek'. Vouliez-vous dire 'check' ?",
    "nothing-like-it": "pas de commande 'nothing-like-it'.",
    "explain persn x": "pas de commande 'persn'. Vouliez-vous dire 'person' ?",
    "run --replai till": "pas d'option '--replai'. Vouliez-vous dire '--replay' ?",
    "run --xyz": "pas d'option '--xyz'.",
    "run --as": "pas d'option '--as'. Vouliez-vous dire l'une de '--as-of', '--json' ?",
    "run --as-of": "l'option '--as-of' demande une valeur.",
    "run --as-of March": "valeur non valide pour '--as-of' : 'March' ne s'écrit pas comme '%Y-%m-%d'.",
    "run --json=3": "l'option '--json' ne prend pas de valeur.",
    "run till": "argument en trop (till)",
    "run till crm": "arguments en trop (till crm)",
    "explain person": "il manque l'argument 'WHO'.",
    "identity force a b": "il manque l'option '--why'.",
    "--language de run": "valeur non valide pour '--language' : 'de' n'est pas dans 'en', 'fr'.",
    "--project /nowhere run": "valeur non valide pour '--project' : le dossier '/nowhere' n'existe pas.",
    "identity evaluate --labels /nowhere": "valeur non valide pour '--labels' : le fichier '/nowhere' n'existe pas.",
    "report --to /": "valeur non valide pour '--to' : '/' est un dossier, pas un fichier.",
}


@pytest.mark.parametrize(("words", "told"), WRONG.items())
def test_what_is_wrong_is_told_in_french(call: Call, words: str, told: str) -> None:
    said = call("--language", "fr", *words.split())
    assert said.code == 2
    assert said.err.splitlines()[-1].replace("\N{NO-BREAK SPACE}", " ") == f"Erreur : {told}"
    assert not {"Usage:", "Error:", "Try"} & set(said.err.split())


def test_the_usage_and_where_help_is_stand_above(call: Call) -> None:
    assert call("explain", "person", "--language", "fr").err.splitlines()[:2] == [
        "Utilisation : parcours explain person [OPTIONS] WHO",
        "« parcours explain person --help » vous aide.",
    ]
    assert call("explain", "person", "--language", "en").err.splitlines() == [
        "Usage: parcours explain person [OPTIONS] WHO",
        "Try 'parcours explain person --help' for help.",
        "",
        "Error: Missing argument 'WHO'.",
    ]


def test_the_language_is_that_of_the_machine_where_there_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    said = CliRunner().invoke(parcours, ["chek"])
    assert (said.exit_code, said.stderr.splitlines()[-1]) == (
        2,
        "Erreur : pas de commande 'chek'. Vouliez-vous dire 'check' ?",
    )


def test_a_group_without_a_command_shows_its_help(call: Call) -> None:
    said = call("--language", "fr", "explain")
    assert "Explique une personne, un segment, un score ou une décision." in said.err + said.out
    assert "Erreur" not in said.err
