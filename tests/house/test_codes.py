"""Every code that the source can write into a table has a name that people read, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.cli import evidence
from parcours.cli.words import words as terms
from parcours.identity import comparisons, relations, splitting
from parcours.landing.rejection import _WORDS as CANNOT_BE_READ
from parcours.measurement.life import STAGES
from parcours.model import CONTRACTS
from parcours.project.definitions import Compare
from parcours.project.identity import KINDS
from parcours.web.words import words

SOURCES = Path(__file__).parents[2] / "src" / "parcours"
EVERY_COLUMN = [*evidence.COLUMNS, "something_of_their_own"]


def calls(folder: str, name: str) -> Iterator[ast.Call]:
    for file in sorted((SOURCES / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield node


def words_among(call: ast.Call, place: int) -> Iterator[str]:
    """The text that a call is given at a place, where it is written there."""
    given = call.args[place : place + 1]
    yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def reasons() -> set[str]:
    """The rules a row may break: told by the reader of files, by the mapping, by the kind of value a column wants."""
    read = {code for call in calls("engine/reader", "Record") for code in words_among(call, 2)}
    checked = {code for name in ("_check", "Check") for call in calls("landing", name)
               for code in (*words_among(call, 1), *words_among(call, 2))}  # fmt: skip
    first = {code for call in calls("landing", "Rule") for code in words_among(call, 3)}
    return read | (checked - {""}) | first | set(CANNOT_BE_READ) | {"json"}


def guards() -> set[str]:
    """Why an identifier joins nobody: the verdicts of the queries, and of the cutting of groups."""
    text = "".join((SOURCES / "identity" / name).read_text(encoding="utf-8") for name in ("usable.sql", "graph.sql"))
    verdicts = set(re.findall(r"(?:THEN|ELSE) '([a-z_]+)'", text)) - {"join"}
    return verdicts | {splitting.KEPT_APART, splitting.TOO_LARGE}


def faults() -> set[str]:
    """What may not agree between tables."""
    return set(re.findall(r"'(\w+)' AS rule", (SOURCES / "canonical" / "checks.sql").read_text(encoding="utf-8")))


def levels() -> dict[str, set[str]]:
    """The levels of likeness of each column, in every way of comparing."""
    ways = [None, {column: Compare(how="text") for column in EVERY_COLUMN}]
    chosen = [EVERY_COLUMN, ["first_name", "city", "state"], ["last_name", "postcode"], ["country"]]
    found: dict[str, set[str]] = {}
    for columns in chosen:
        for compare in ways:
            for one in comparisons.comparisons(columns, compare):
                made = one.create_comparison_dict("duckdb")["comparison_levels"]
                told = {str(level["label_for_charts"]) for level in made if not level.get("is_null_level")}
                found.setdefault(comparisons.named(one), set()).update(told)
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("kind", "codes", "some"),
    [
        ("reason", reasons(), {"quotes", "fields", "map", "missing", "no key", "empty", "money", "time"}),
        ("guard", guards(), {"too_many", "not_valid", "not_verified", "kept_apart"}),
        ("fault", faults(), {"no_order", "unknown_coupon"}),
        ("stage", set(STAGES), {"cooling"}),
        ("identifier", {*KINDS, "probabilistic", "forced"}, {"email"}),
    ],
)
def test_a_code_has_a_name_on_the_page(language: str, kind: str, codes: set[str], some: set[str]) -> None:
    assert some <= codes, "the source was searched in vain"
    assert sorted(code for code in codes if f"{kind}.{code}" not in words(language).sentences) == []


def too_little() -> set[str]:
    """What a score may lack, as the source says it."""
    texts = [file.read_text() for file in (SOURCES / "scores").rglob("*.py")]
    return {code for text in texts for code in re.findall(r'TooLittle\(\s*"([a-z_]+)"', text)}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_a_score_lacks_is_said_in_both_languages(language: str) -> None:
    assert {"too_few_people", "too_short_history"} <= too_little()
    told = {key.split(".", 1)[1] for key in words(language).sentences if key.startswith("too_little.")}
    assert too_little() <= told


def test_no_name_is_kept_of_a_code_that_nobody_writes() -> None:
    for kind, codes in (("reason", reasons()), ("guard", guards()), ("fault", faults())):
        named = {key.split(".", 1)[1] for key in words("en").sentences if key.startswith(f"{kind}.")}
        assert named - codes == set()


def test_the_command_line_has_the_french_of_every_guard_table_identifier_and_degree_of_likeness() -> None:
    named = {
        *(guard.replace("_", " ") for guard in guards()),
        *(table.replace("_", " ") for table in (*CONTRACTS, "profiles")),
        *(part for each in (evidence.IDENTIFIERS, evidence.COLUMNS, evidence.LEVELS, evidence.WHOLE, evidence.OTHERS)
          for part in each.values()),
    }  # fmt: skip
    assert sorted(named - terms("fr").terms.keys()) == [], "write the French into src/parcours/cli/words/terms.fr.po"
    assert set(evidence.IDENTIFIERS) == set(KINDS)
    assert set(evidence.OTHERS) == set(relations.SHARED)


def test_every_degree_of_likeness_is_told_in_words() -> None:
    found = levels()
    assert {"first_name", "last_name", "birth_date", "email", "place"} <= set(found)
    for column, told in found.items():
        for level in told:
            alone = level in evidence.WHOLE or f"{column} {level}" in evidence.WHOLE
            assert alone or (level in evidence.LEVELS and column in EVERY_COLUMN), f"{column}: {level}"
