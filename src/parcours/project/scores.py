"""Reads scores/*.yaml: what is to be foreseen of each customer."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Read

from ruamel.yaml.comments import CommentedMap

from parcours.project.attributes import defined
from parcours.project.definitions import Score
from parcours.project.reader import Reader
from parcours.project.sources import good_name, read_kind

_OWN = ("title",)


def read_scores(
    node: CommentedMap, kinds: Read[str, type], reader: Reader, *, built_in: bool = False
) -> Iterator[Score]:
    """The scores of one file; those that cannot be read are noted as faults and left out."""
    pack, written = defined(node, "scores", "buys_30d: {kind: propensity, ...}", reader)
    for name in written:
        score = _score(name, written, kinds, reader, pack, built_in)
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
