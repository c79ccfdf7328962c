"""Reads offers/*.yaml: what there is to offer, who pays for it, and how it is allotted to households."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.offering import Allotment, Offer, Supplier
from parcours.project.reader import Reader
from parcours.project.sources import good_name, name_of

_KEYS = ("offers", "title", "suppliers", "define")


def read_offers(node: CommentedMap, reader: Reader) -> Iterator[Offer | Supplier | Allotment]:
    """What one file defines: an allotment (`allotment: name`), or suppliers and offers (`offers: name`).

    What cannot be read is noted as faults and left out.
    """
    if "allotment" in node:
        name = name_of(node, "allotment", reader)
        at = Place(reader.file, node.lc.line + 1)
        values, whole = reader.settings(Allotment, node, at, skip=("allotment",))
        if whole and name:
            yield Allotment(name=name, place=at, **values)
        return
    name_of(node, "offers", reader)
    for key in node:
        if key not in _KEYS:
            reader.faults.unknown(reader.place(node, key), "setting", key, _KEYS)
    yield from _defined(Supplier, "suppliers", node, reader, "babyco: {budget: 5000 EUR}")
    if "define" not in node and "suppliers" not in node:
        at = Place(reader.file, node.lc.line + 1)
        reader.faults.add(at, "'define' must name offers.", "As in 'define: {tea: {good_for: ..., value: 1 EUR}}'.")
    yield from _defined(Offer, "define", node, reader, "tea: {good_for: ..., value: 1 EUR}")


def _defined(cls: Any, key: str, node: CommentedMap, reader: Reader, example: str) -> Iterator[Any]:
    if key not in node:
        return
    written = node[key]
    if not isinstance(written, CommentedMap) or not written:
        what = "offers" if key == "define" else key
        reader.faults.add(reader.place(node, key), f"{key!r} must name {what}.", f"As in '{key}: {{{example}}}'.")
        return
    for name in written:
        at = reader.place(written, name)
        if good_name(name, at, reader) is None:
            continue
        if not isinstance(written[name], CommentedMap):
            reader.faults.add(at, f"{name!r} must say what it is.", f"As in '{example}'.")
            continue
        values, whole = reader.settings(cls, written[name], at)
        if whole:
            yield cls(name=name, place=at, **values)
