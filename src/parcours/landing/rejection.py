"""Keeps rejected rows: where they stand, which rule they broke, in words, and the original as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine.reader import Layout, Piece, originals
from parcours.engine.reader.records import as_json
from parcours.engine.types import schema
from parcours.landing.plan import Plan, Rule
from parcours.landing.stage import Staged
from parcours.model import CONTRACTS

_WORDS = {
    "number": "is not a number", "integer": "is not a whole number", "money": "is not an amount",
    "date": "is not a date", "time": "is not a time", "boolean": "is neither yes nor no",
    "map": "is a word that the mapping does not name", "text": "cannot be read",
}  # fmt: skip
LONGEST_SHOWN = 80


def rejected(source: str, staged: Sequence[Staged], plan: Plan, layout: Layout) -> Iterator[dict[str, Any]]:
    """The rejected rows of a batch, as rows of the table `rejected`."""
    rules = {rule.code: rule for rule in plan.rules}
    for each in staged:
        for line, rule, reason, text in each.piece.bad:
            yield _row(source, each.piece.name, line, rule, None, reason, as_json(each.piece, layout, text))
        if not each.bad:
            continue
        for ordinal, line, original in _originals(each.piece, layout, list(each.bad)):
            broken = rules[each.bad[ordinal]]
            rule, reason = _said(broken, original)
            yield _row(source, each.piece.name, line, rule, broken.column or None, reason, original)


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema(CONTRACTS["rejected"].columns))


def _row(
    source: str, file: str, line: int, rule: str, column: str | None, reason: str, original: str
) -> dict[str, Any]:
    # a NUL would end the text in half of the tools that will ever read it
    return {
        "source": source,
        "file": file,
        "line": line,
        "rule": rule,
        "column_name": column,
        "reason": reason,
        "original": original.replace("\0", "\\u0000"),
    }


def _said(rule: Rule, original: str) -> tuple[str, str]:
    """The rule's name and the reason, with the value at fault."""
    if rule.rule == "empty":
        found = _parsed(original)
        if isinstance(found, dict) and set(found) == {""}:
            return "json", "it is not JSON"
        return "empty", "nothing of what is mapped is in it"
    if rule.rule in ("missing", "no key"):
        return rule.rule, f"{rule.source} is empty"
    value = _at(_parsed(original), rule.source)
    shown = "" if value is None else repr(str(value)[:LONGEST_SHOWN]) + " "
    words = _WORDS.get(rule.rule, "cannot be read")
    return rule.rule, f"{rule.source}: {shown}{words}" if rule.source else f"{shown}{words}".strip()


def _parsed(original: str) -> Any:
    try:
        return json.loads(original)
    except ValueError:
        return None


def _at(value: Any, path: str) -> Any:
    """The value at a path of the original, when it is one value."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for part in path.split("."):
        name = part.split("[")[0]
        value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            return None
    return value if isinstance(value, (str, int, float)) else None


def _originals(piece: Piece, layout: Layout, ordinals: list[int]) -> Iterator[tuple[int, int, str]]:
    if piece.format != "parquet":
        yield from originals(piece, layout, ordinals)
        return
    wanted, start = sorted(ordinals), 0
    shift = piece.lines[0][1] if piece.lines else 1
    for batch in pq.ParquetFile(piece.path).iter_batches():
        inside = [each for each in wanted if start <= each < start + batch.num_rows]
        for each in inside:
            (row,) = batch.slice(each - start, 1).to_pylist()
            yield each, each + shift, json.dumps(row, ensure_ascii=False, default=str)
        start += batch.num_rows
