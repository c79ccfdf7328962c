"""Reads audiences/*.yaml: segments written to files, for the tools that use them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from parcours.model.value import Place
from parcours.project.definitions import Audience, AudienceColumn
from parcours.project.reader import Reader
from parcours.project.sources import name_of


def read_audience(node: CommentedMap, reader: Reader) -> Audience | None:
    """One audience; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    name = name_of(node, "audience", reader)
    values, _ = reader.settings(Audience, node, at, skip=("audience", "columns"))
    columns = _columns(node, reader)
    path = values.get("path")
    if path and (PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts):
        reader.faults.add(
            reader.place(node, "path"), f"{path!r} leaves the project's folder.", "Name a path inside it."
        )
    if len(reader.faults.found) > before or name is None:
        return None
    return Audience(name=name, columns=columns, place=at, **values)


def _columns(node: CommentedMap, reader: Reader) -> tuple[AudienceColumn, ...]:
    written = node.get("columns")
    if written is None:
        return ()
    hint = "As in '[email, first_name, spend_365d]' or '{prenom: first_name}'."
    if isinstance(written, CommentedMap):
        pairs: list[tuple[Any, Any, Place]] = [(key, of, reader.place(written, key)) for key, of in written.items()]
    elif isinstance(written, CommentedSeq):
        pairs = [(of, of, reader.place(written, position)) for position, of in enumerate(written)]
    else:
        reader.faults.add(reader.place(node, "columns"), "'columns' must name columns.", hint)
        return ()
    read: dict[str, AudienceColumn] = {}
    for name, of, at in pairs:
        if not isinstance(of, str):
            reader.faults.add(at, "a column is named by one word.", hint)
        elif name in read:
            reader.faults.add(at, f"column {name!r} is written twice.", "Name it once.")
        else:
            read[name] = AudienceColumn(name=name, of=of, place=at)
    return tuple(read.values())
