"""Reads parcours.toml, keeping the line of every key so that faults can name it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from parcours.model.value import Place
from parcours.project.faults import Faults
from parcours.project.nodes import read_text

_HEADER = re.compile(r"^\s*\[\[?\s*(.+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")

Path_ = tuple[str, ...]


def read_toml(file: Path, name: str, faults: Faults) -> CommentedMap | None:
    """The file as a dictionary that knows its lines; None, with a fault noted, when it cannot be read."""
    text = read_text(file, name, faults)
    if text is None:
        return None
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at and at[1] else text.rstrip().count("\n") + 1
        faults.add(Place(name, line), f"not readable as TOML: {_AT.sub('', str(error))}.")
        return None
    except RecursionError:
        faults.add(Place(name), "this file is nested too deep.")
        return None
    return _with_lines(plain, _lines(text), (), 0)


def _lines(text: str) -> dict[Path_, int]:
    """The line (from 0) of each header and key, by its full path; inner keys of `{...}` share their line."""
    found: dict[Path_, int] = {}
    table: Path_ = ()
    for number, line in enumerate(text.splitlines()):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            _note(found, table, number)
        elif key := _KEY.match(line):
            _note(found, table + _parts(key[1]), number)
    return found


def _note(found: dict[Path_, int], path: Path_, number: int) -> None:
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def _parts(text: str) -> Path_:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _with_lines(value: Any, lines: dict[Path_, int], path: Path_, line: int) -> Any:
    if isinstance(value, dict):
        built = CommentedMap()
        built.lc.line, built.lc.col = line, 0
        for key, inner in value.items():
            at = lines.get((*path, key), line)
            built[key] = _with_lines(inner, lines, (*path, key), at)
            built.lc.add_kv_line_col(key, [at, 0, at, 0])
        return built
    if isinstance(value, list):
        items = CommentedSeq()
        items.lc.line, items.lc.col = line, 0
        for position, inner in enumerate(value):
            items.append(_with_lines(inner, lines, path, line))
            items.lc.add_idx_line_col(position, [line, 0])
        return items
    return value
