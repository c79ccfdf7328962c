"""Links made by hand: two identifiers that are one person (force), or are not (forbid), each with its reason."""

from __future__ import annotations

import csv
from pathlib import Path

from parcours.project.definitions import Project
from parcours.project.faults import nearest
from parcours.project.identity import KINDS

COLUMNS = ("do", "left", "right", "why")
DEEDS = ("force", "forbid")


class CannotLink(ValueError):
    """A link that cannot be written; the message is a sentence for the user."""


def add_link(project: Project, do: str, left: str, right: str, why: str) -> Path:
    """Adds a line to the project's file of links and gives the file. Raises CannotLink saying why not."""
    if project.identity.links_file is None:
        raise CannotLink(
            "identity.yaml names no file for links. Add 'links_file: links.csv' to it, and make that file."
        )
    for side in (left, right):
        _check(side, project)
    if left == right:
        raise CannotLink(f"{left!r} is on both sides.")
    file = project.folder / project.identity.links_file
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    if any({row.get("left"), row.get("right")} == {left, right} for row in csv.DictReader(text.splitlines())):
        raise CannotLink(f"{left!r} and {right!r} stand in {file.name} already. Change the line there.")
    with file.open("a", encoding="utf-8", newline="") as end:
        writer = csv.writer(end, lineterminator="\n")
        if not text:
            writer.writerow(COLUMNS)
        elif not text.endswith("\n"):
            end.write("\n")
        writer.writerow([do, left, right, why])
    return file


def _check(side: str, project: Project) -> None:
    """`email=ann@example.com`, or a record as `till/C1042`."""
    kind, equals, value = side.partition("=")
    source, slash, key = side.partition("/")
    if equals and value:
        known: tuple[str, ...] = (*KINDS, *project.identity.kinds)
        if kind not in known:
            raise CannotLink(f"no kind of identifier {kind!r}. {nearest(kind, known)}".strip())
    elif not (slash and key):
        raise CannotLink(f"{side!r} is not an identifier. Write its kind too, as in 'email=ann@example.com'.")
    elif source not in project.sources:
        raise CannotLink(f"no source {source!r}. {nearest(source, project.sources)}".strip())
