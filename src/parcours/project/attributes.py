"""Reads attributes/*.yaml: what is to be known of each customer."""

from __future__ import annotations

from collections.abc import Mapping as Read

from ruamel.yaml.comments import CommentedMap

from parcours.model import CONTRACTS
from parcours.model.value import Place
from parcours.project.definitions import Attribute
from parcours.project.reader import Reader
from parcours.project.sources import good_name, name_of, read_kind
from parcours.rules import RESERVED

_OWN = ("title", "live")
TAKEN = ("person_id", "known", "household_id", *CONTRACTS["stages"].columns)  # what every customer has


def read_attributes(
    node: CommentedMap, kinds: Read[str, type], reader: Reader, *, built_in: bool = False
) -> dict[str, Attribute | None]:
    """The attributes of one file by name; None, with faults noted, for those that cannot be read."""
    pack, written = defined(node, "attributes", "orders_365d: {kind: count, ...}", reader)
    return {name: _attribute(name, written, kinds, reader, pack, built_in) for name in written}


def defined(node: CommentedMap, word: str, example: str, reader: Reader) -> tuple[str, CommentedMap]:
    """The name of a file that defines several things, and what is written under its `define`; faults are noted."""
    keys = (word, "title", "define")
    pack = name_of(node, word, reader)
    for key in node:
        if key not in keys:
            reader.faults.unknown(reader.place(node, key), "setting", key, keys)
    written = node.get("define")
    if not isinstance(written, CommentedMap) or not written:
        at = reader.place(node, "define") if "define" in node else Place(reader.file, node.lc.line + 1)
        reader.faults.add(at, f"'define' must name {word}.", f"As in 'define: {{{example}}}'.")
        written = CommentedMap()
    return pack or "", written


def _attribute(
    name: str, written: CommentedMap, kinds: Read[str, type], reader: Reader, pack: str, built_in: bool
) -> Attribute | None:
    at = reader.place(written, name)
    body = written[name]
    if good_name(name, at, reader) is None:
        return None
    if name in TAKEN:
        reader.faults.add(at, f"{name!r} is in every profile already.", "Choose another name.")
        return None
    if name in RESERVED:
        reader.faults.add(at, f"{name!r} is a word of rules.", "Choose another name.")
        return None
    if not isinstance(body, CommentedMap):
        reader.faults.add(at, f"{name!r} must say its kind.", "As in '{kind: count, of: orders}'.")
        return None
    own, whole = reader.settings(Attribute, body, at, skip=[key for key in body if key not in _OWN])
    kind = read_kind(body, kinds, reader, at, what="kind of attribute", skip=_OWN)
    if kind is None or not whole:
        return None
    return Attribute(name=name, kind=kind, pack=pack, built_in=built_in, place=at, **own)
