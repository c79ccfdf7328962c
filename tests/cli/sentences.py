"""Finds what the code says to people: the sentences of the command line, and the faults written far below."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "parcours"

# The arguments of each call that are sentences.
SAID = {"say": (0,), "title": (0,), "count": (0, 1)}
FAULTS = {
    "add": (1, 2), "wrong": (0, 1), "fault": (1, 2), "Fault": (1, 2), "Complaint": (1, 2), "ValueError": (0,),
    "_TooMuch": (1, 2), "fail": (0,), "wrong_usage": (0, 1), "CannotBegin": (0,), "CannotLink": (0,),
    "ExpressionFault": (0,), "Nobody": (0,), "Busy": (0,), "NothingPublished": (0,), "unknown": (1,), "_wrong": (2,),
    "Refused": (0,), "DecisionFault": (0,), "FileGone": (0,),
}  # fmt: skip
SPEAKING = ["project", "rules", "profiles", "segments", "sources", "landing", "identity", "engine/reader", "starter",
            "flow.py", "scores/recommendations", "scores/kinds", "model/value.py", "engine/warehouse.py"]  # fmt: skip


def said_by_the_command_line() -> set[str]:
    """The sentences that verbs say, and the help of each command and option."""
    return {text for file in (SOURCE / "cli").glob("*.py") for text in _calls(file, SAID)}


def faults() -> set[str]:
    """The shapes of all faults, their blanks numbered."""
    files = [file for name in SPEAKING for file in _files(SOURCE / name)]
    return {text for file in (*files, *(SOURCE / "cli").glob("*.py")) for text in _calls(file, FAULTS)}


def _files(path: Path) -> list[Path]:
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def _calls(file: Path, calls: dict[str, tuple[int, ...]]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for position in calls.get(name, ()):
                if position < len(node.args):
                    yield from _texts(node.args[position])


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif len(text := _shape(node)) > 3:
        yield text


def _shape(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _shape(node.left) + _shape(node.right)
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts, blanks = [], 0
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        else:
            parts.append(f"{{{blanks}}}")
            blanks += 1
    return "".join(parts)
