"""Looks at one delivery of each source: are the columns there that the project names?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlglot import exp

from parcours.engine.reader import Layout, Offer, Refused, Shape, Where, open_delivery, shape_of
from parcours.model.value import Fault, Place
from parcours.project.definitions import ColumnMapping, IdentifierMapping, Mapping, Project, Source
from parcours.project.faults import close_to, nearest
from parcours.rules.expressions import columns

LARGEST = 50_000_000  # bytes: a larger file is not opened only to look at its header


@dataclass
class Looked:
    """What is wrong for sure, and what may be: a source without files yet, a JSON path not seen in the first lines."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


def look(project: Project, *, now: datetime) -> Looked:
    """Checks what the sources name against one file of each; those that are pulled from elsewhere are not asked."""
    looked = Looked()
    for source in project.sources.values():
        try:
            _look(source, project, now, looked)
        except Refused as why:
            looked.faults.append(Fault(source.place, f"{source.name} cannot be read: {str(why).rstrip('.')}."))
    return looked


def _look(source: Source, project: Project, now: datetime, looked: Looked) -> None:
    if not hasattr(source.kind, "offers"):
        return
    offers = source.kind.offers(Where(project.folder, now, folders=project.source_folders))
    files = [offer for offer in offers if offer.path is not None]
    if not offers:
        looked.notes.append(Fault(source.place, f"{source.name} has no files yet.", "Look at its 'path'."))
    small = [offer for offer in files if offer.size <= LARGEST]
    if small:
        newest = max(small, key=lambda offer: (offer.modified, offer.name))
        _compare(source, newest, project, looked)


def _compare(source: Source, offer: Offer, project: Project, looked: Looked) -> None:
    layout: Layout = source.kind.layout()
    with tempfile.TemporaryDirectory(prefix="parcours-check-") as scratch, suppress(_NothingInIt):
        shape = _shape(offer, layout, Path(scratch))
        for mapping in source.tables.values():
            required = {given.source for given in mapping.columns.values() if given.required}
            for place, path in _named(mapping):
                if shape.has(path):
                    continue
                ours = not (project.folder / place.file).is_file()  # a mapping that comes with the kind of source
                fault = Fault(source.place if ours else place, f"no column {path!r} in {offer.name}.")
                if not shape.open:
                    looked.faults.append(replace(fault, hint=nearest(path, shape.columns)))
                elif path in required:
                    looked.notes.append(fault)
                elif not ours and (meant := _meant(path, shape.columns)):
                    looked.notes.append(replace(fault, hint=meant))


class _NothingInIt(Exception):
    """An empty file says nothing of its columns."""


def _shape(offer: Offer, layout: Layout, scratch: Path) -> Shape:
    assert offer.path is not None
    pieces = [piece for piece in open_delivery(offer.path, offer.name, layout, scratch) if piece.size]
    if not pieces:
        raise _NothingInIt
    return shape_of(pieces[0], layout)


def _meant(path: str, seen: Sequence[str]) -> str:
    """The name that looks like the one written, among those of the first lines; else the column may still come.

    An object or array that was empty there says nothing of what will be in it.
    """
    around = [name for name in seen if path.startswith((f"{name}.", f"{name}["))]
    if around and not any(name.startswith((f"{around[-1]}.", f"{around[-1]}[")) for name in seen):
        return ""
    return close_to(path, [name for name in seen if name not in around])


def _named(mapping: Mapping) -> Iterator[tuple[Place, str]]:
    """Every column of the source that a mapping names, with the line where it does."""
    origins: list[ColumnMapping | IdentifierMapping] = [*mapping.columns.values(), *mapping.identifiers.values()]
    for given in origins:
        if given.source is not None:
            yield given.place, given.source
        yield from _within(given.expression, given.place)
    for name in (*mapping.key, *mapping.restates):
        if name not in mapping.columns:
            yield mapping.place, name
    if mapping.newest_by is not None:
        yield mapping.place, mapping.newest_by
    for tree in (mapping.when, *mapping.set_aside.values()):
        yield from _within(tree, mapping.place)


def _within(tree: exp.Expression | None, place: Place) -> Iterator[tuple[Place, str]]:
    for name in columns(tree) if tree is not None else ():
        yield place, name
