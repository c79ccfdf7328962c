"""Reads segments/*.yaml: groups of customers, each described by a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.definitions import Segment
from parcours.project.reader import Reader
from parcours.project.sources import good_name, name_of

RuleOf = Callable[[Any, Place], Any]


def read_segments(
    node: CommentedMap, rule: RuleOf, reader: Reader, *, built_in: bool = False
) -> dict[str, Segment | None]:
    """The segments of one file: one (`segment: name`), or a pack of them (`segments: name`, then `define:`).

    None, with faults noted, stands for those that cannot be read.
    """
    if "segments" not in node:
        name = name_of(node, "segment", reader)
        at = Place(reader.file, node.lc.line + 1)
        return {name: _segment(name, node, at, rule, reader, built_in, skip=("segment",))} if name else {}
    name_of(node, "segments", reader)
    for key in node:
        if key not in ("segments", "title", "define"):
            reader.faults.unknown(reader.place(node, key), "setting", key, ("segments", "title", "define"))
    written = node.get("define")
    if not isinstance(written, CommentedMap) or not written:
        at = reader.place(node, "define") if "define" in node else Place(reader.file, node.lc.line + 1)
        reader.faults.add(at, "'define' must name segments.", "As in 'define: {my_best: {who: ...}}'.")
        return {}
    return {name: _named(name, written, rule, reader, built_in) for name in written}


def _named(name: str, written: CommentedMap, rule: RuleOf, reader: Reader, built_in: bool) -> Segment | None:
    at = reader.place(written, name)
    if good_name(name, at, reader) is None:
        return None
    if not isinstance(written[name], CommentedMap):
        reader.faults.add(at, f"{name!r} must say who is in it.", "As in '{who: {orders: {at_least: 2}}}'.")
        return None
    return _segment(name, written[name], at, rule, reader, built_in, skip=())


def _segment(
    name: str, node: CommentedMap, at: Place, rule: RuleOf, reader: Reader, built_in: bool, skip: tuple[str, ...]
) -> Segment | None:
    own, whole = reader.settings(Segment, node, at, skip=(*skip, "who"))
    if "who" not in node:
        reader.faults.add(at, "'who' is missing.", "Say who is in it, as in 'who: {orders: {at_least: 2}}'.")
        return None
    who = rule(node["who"], reader.place(node, "who"))
    if who is None or not whole:
        return None
    return Segment(name=name, who=who, built_in=built_in, place=at, **own)
