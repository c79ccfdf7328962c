"""Every code that the log of decisions holds is said in words, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours import deciding
from parcours.cli import decided
from parcours.cli.words import words
from parcours.decisions.deciding import considering, decide

DECISIONS = Path(__file__).parents[2] / "src" / "parcours" / "decisions"


def removed() -> Iterator[str]:
    """What filters return, and what is removed before them."""
    for file in sorted((DECISIONS / "filters").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "why_not":
                yield from texts(node)
    yield from (value for name, value in vars(considering).items() if name.isupper() and isinstance(value, str))


def texts(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        values = [node.value] if isinstance(node, ast.Return) else []
        for value in values:
            for each in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield each.value


def reasons() -> Iterator[str]:
    """Why something is a candidate, where a kind says it as it makes one."""
    for file in sorted(DECISIONS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Candidate":
                for each in node.keywords:
                    if each.arg == "why" and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str):
                        yield each.value.value


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_code_is_said(language: str) -> None:
    why_not, why, say = set(removed()), set(reasons()), words(language)
    assert {"bought", "out_of_stock", "excluded", "by_rule", "on_page"} <= why_not
    assert {"variant", "dealt", "running_out", "fallback"} <= why
    assert [code for code in why_not if decided._removed(code, say) == code] == []
    assert [code for code in why if decided._reason(code, say) == code] == []
    ways = (decide.NOTHING_LEFT, deciding.SLOW, deciding.UNAVAILABLE, deciding.FAILED)
    told = {decided._how(decide.FALLBACK, because, say) for because in ways}
    assert len(told) == len(ways) and decided._how(decide.FALLBACK, "another", say) not in told
