"""Reads scores/*.yaml: what is to be foreseen of each customer."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Read

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.definitions import Score
from parcours.project.reader import Reader
from parcours.project.sources import good_name, name_of, read_kind

_OWN = ("title",)
_KEYS = ("scores", "title", "define")


def read_scores(
    node: CommentedMap, kinds: Read[str, type], reader: Reader, *, built_in: bool = False
) -> Iterator[Score]:
    """The scores of one file; those that cannot be read are noted as faults and left out."""
    pack = name_of(node, "scores", reader)
    for key in node:
        if key not in _KEYS:
            reader.faults.unknown(reader.place(node, key), "setting", key, _KEYS)
    written = node.get("define")
    if not isinstance(written, CommentedMap) or not written:
        at = reader.place(node, "define") if "define" in node else Place(reader.file, node.lc.line + 1)
        reader.faults.add(at, "'define' must name scores.", "As in 'define: {buys_30d: {kind: propensity, ...}}'.")
        return
    for name in written:
        score = _score(name, written, kinds, reader, pack or "", built_in)
        if score is not None:
            yield score


def _score(
    name: str, written: CommentedMap, kinds: Read[str, type], reader: Reader, pack: str, built_in: bool
) -> Score | None:
    at = reader.place(written, name)
    body = written[name]
    if good_name(name, at, reader) is None:
        return None
    if not isinstance(body, CommentedMap):
        reader.faults.add(at, f"{name!r} must say its kind.", "As in '{kind: propensity, to: buy, within: 30 days}'.")
        return None
    own, whole = reader.settings(Score, body, at, skip=[key for key in body if key not in _OWN])
    kind = read_kind(body, kinds, reader, at, what="kind of score", skip=_OWN)
    if kind is None or not whole:
        return None
    return Score(name=name, kind=kind, pack=pack, built_in=built_in, place=at, **own)
