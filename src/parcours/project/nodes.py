"""Reads one YAML file into dictionaries and lists that remember their lines, without trusting it.

Files of a project may be edited by many hands and by programs: only plain data is read (no tags), a file is small,
aliases cannot multiply without end, a key stands once. YAML 1.2, so that `no` is Norway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from parcours.model.value import Place
from parcours.project.faults import Faults

LARGEST = 1_000_000  # bytes
MOST_NODES = 100_000
DEEPEST = 40

_TAG = "tag:yaml.org,2002:"
_LEADING_ZERO = re.compile(r"^[-+]?0\d")
_HINTS = {
    "mapping values are not allowed here": "Put a text that contains ': ' between quotes.",
    "could not find expected ':'": "Write 'key: value', with a space after the colon.",
    "expected <block end>, but found": "Line up the keys of one level under each other.",
    "expected ',' or ']'": "Close the list with ']' and part its items with ','.",
    "expected ',' or '}'": "Close the braces with '}' and part the entries with ','.",
    "found unexpected end of stream": "A quote or a bracket that is opened must be closed.",
    "found undefined alias": "A '*' at the start of a text must stand between quotes.",
    "cannot start any token": "A text that starts with '%', '@' or '`' must stand between quotes.",
    "while scanning an anchor": "A '&' at the start of a text must stand between quotes.",
}


def read_yaml(file: Path, name: str, faults: Faults) -> CommentedMap | None:
    """The file as a dictionary that knows its lines; None, with faults noted, when it cannot be one."""
    text = read_text(file, name, faults)
    return None if text is None else parse_yaml(text, name, faults)


def read_text(file: Path, name: str, faults: Faults) -> str | None:
    """The file's text; None, with a fault noted, when it is missing, too large or not UTF-8."""
    try:
        if file.stat().st_size > LARGEST:
            faults.add(Place(name), "this file is too large.", f"A project file has at most {LARGEST // 1_000_000} MB.")
            return None
        raw = file.read_bytes()
    except OSError as error:
        faults.add(Place(name), f"this file cannot be read: {error.strerror or error}.")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        faults.add(Place(name, line), "this line is not UTF-8.", "Save the file as UTF-8.")
        return None


def parse_yaml(text: str, name: str, faults: Faults) -> CommentedMap | None:
    """As `read_yaml`, from the text itself."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except RecursionError:
        faults.add(Place(name), "this file is nested too deep.", f"At most {DEEPEST} levels are read.")
        return None
    except MarkedYAMLError as error:
        _syntax(error, text, name, faults)
        return None
    except YAMLError as error:
        faults.add(Place(name, _line_of(error, text)), f"not readable: {_first_line(error)}.", "Remove that character.")
        return None
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, AssertionError, NotImplementedError) as error:
        # The YAML library trips over some malformed directives and numbers; the file is still just unreadable.
        faults.add(Place(name), f"not readable as YAML: {_first_line(error)}.")
        return None
    if root is None:
        faults.add(Place(name), "this file is empty.", "Delete it, or write its first line, as in 'segment: my_best'.")
        return None
    if not isinstance(root, MappingNode):
        faults.add(Place(name, _line(root)), "this file is not a list of 'key: value' lines.")
        return None
    builder = _Builder(name, faults)
    try:
        return builder.map(root, 1)
    except _TooMuch as too_much:
        faults.add(Place(name, too_much.line), str(too_much), too_much.hint)
        return None


class _TooMuch(Exception):
    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.line, self.hint = line, hint


@dataclass
class _Builder:
    name: str
    faults: Faults
    nodes: int = 0

    def value(self, node: Node, depth: int) -> Any:
        self._count(node, depth)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return self.map(node, depth) if isinstance(node, MappingNode) else self._list(node, depth)

    def map(self, node: MappingNode, depth: int) -> CommentedMap:
        self._no_tag(node)
        built = CommentedMap()
        built.lc.line, built.lc.col = node.start_mark.line, node.start_mark.column
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in built:
                first = built.lc.key(key)[0] + 1
                self.faults.add(
                    self._place(key_node), f"{key!r} is written twice.", f"It stands on line {first} already."
                )
                continue
            built[key] = self.value(value_node, depth + 1)
            mark, other = key_node.start_mark, value_node.start_mark
            built.lc.add_kv_line_col(key, [mark.line, mark.column, other.line, other.column])
        return built

    def _list(self, node: Any, depth: int) -> CommentedSeq:
        self._no_tag(node)
        built = CommentedSeq()
        built.lc.line, built.lc.col = node.start_mark.line, node.start_mark.column
        for position, item in enumerate(node.value):
            built.append(self.value(item, depth + 1))
            built.lc.add_idx_line_col(position, [item.start_mark.line, item.start_mark.column])
        return built

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            self.faults.add(self._place(node), "a key must be a word.")
            return f"?{_line(node)}"
        if _tag(node) == "merge":
            self.faults.add(self._place(node), "'<<' is not read here.", "Write the keys out.")
        return str(node.value)

    def _scalar(self, node: ScalarNode) -> Any:
        if not self._no_tag(node):
            return str(node.value)
        return _plain(_tag(node), str(node.value))

    def _count(self, node: Node, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _TooMuch(
                _line(node), "this file says too much.", f"At most {MOST_NODES} values are read, aliases counted."
            )
        if depth > DEEPEST:
            raise _TooMuch(_line(node), "this file is nested too deep.", f"At most {DEEPEST} levels are read.")

    def _no_tag(self, node: Node) -> bool:
        tag = _tag(node)
        if tag in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value", "merge"):
            return True
        shown = tag if tag.startswith("!") else f"!!{tag}"
        self.faults.add(self._place(node), f"tags such as {shown!r} are not read.", "Remove it.")
        return False

    def _place(self, node: Node) -> Place:
        return Place(self.name, _line(node))


def _plain(tag: str, text: str) -> Any:
    """A scalar as YAML 1.2 reads it, but a number with a leading zero (a postcode) stays the text it is."""
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("true", "yes", "on")  # only files that ask for YAML 1.1 have the last two
    with suppress(ValueError, OverflowError):
        if tag == "int" and not _LEADING_ZERO.match(text):
            return int(text.replace("_", ""), 0)
        if tag == "float":
            return _float(text)
        if tag == "timestamp":
            return date.fromisoformat(text)
    return text


def _float(text: str) -> float:
    special = text.lower().lstrip("+-")
    if special in (".inf", ".nan"):
        raise ValueError("no setting of ours is infinite or not a number")
    return float(text.replace("_", ""))


def _tag(node: Node) -> str:
    return str(node.tag).removeprefix(_TAG)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax(error: MarkedYAMLError, text: str, name: str, faults: Faults) -> None:
    mark = error.problem_mark or error.context_mark
    line = min((mark.line if mark else 0) + 1, text.count("\n") + 1)
    problem = str(error.problem or error.context or "not readable")
    if "\\t" in problem:
        faults.add(Place(name, line), "a tab stands where only spaces may.", "Indent with spaces.")
        return
    if "another document" in problem:
        faults.add(Place(name, line), "a second document starts here.", "Put each into its own file.")
        return
    hint = next((hint for sign, hint in _HINTS.items() if sign in f"{error.context} {problem}"), "")
    faults.add(Place(name, line), f"not readable as YAML: {problem}.", hint)


def _line_of(error: YAMLError, text: str) -> int:
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["?"])[0].strip().rstrip(".")


def place_of(node: CommentedMap | CommentedSeq, key: Any, name: str) -> Place:
    """Where a key of a dictionary, or an item of a list, is written."""
    if isinstance(node, CommentedMap):
        return Place(name, node.lc.key(key)[0] + 1)
    return Place(name, node.lc.item(key)[0] + 1)


def place_by_path(node: Any, path: Sequence[str | int], otherwise: Place) -> Place:
    """Where the value at the end of a path is written (`("all", 1, "spend_365d")`), as far as the path leads."""
    place = otherwise
    for step in path:
        if not isinstance(node, CommentedMap | CommentedSeq):
            break
        try:
            place, node = place_of(node, step, otherwise.file), node[step]
        except (KeyError, IndexError, TypeError):
            break
    return place
