"""`parcours segments`: groups of customers found in the data, and a page for each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from parcours.cli.door import DONE, Door, verb
from parcours.cli.help import Verbs
from parcours.cli.progress import shown


@click.group(cls=Verbs, epilog="Example: parcours segments discover")
def segments() -> None:
    """Finds groups of customers who behave alike, and writes a page for each."""


@segments.command(epilog="Example: parcours segments discover")
@verb
def discover(door: Door) -> int:
    """Finds groups of customers who behave alike, with the rules that tell them apart, and publishes them."""
    from parcours import flow

    project = door.project()
    with shown(door.terminal) as progress:
        found = flow.discover(project, now=datetime.now(UTC), progress=progress)
    door.terminal.json({"ok": True, "segments": found.segments, "choices": found.choices})
    say = door.words
    for row in found.segments:
        people = say.count("{n} person", "{n} people", row["people"])
        door.terminal.pair(row["segment"], f"{people}, {say.percent(row['share'], 1)}.")
    if not found.segments:
        door.terminal.say("No segments were found: there is too little to tell customers apart by.")
    return DONE


@segments.command(epilog="Example: parcours segments sheets --language fr --to sheets/")
@click.option("--to", "to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Where to write them; else the folder sheets/ of the project.")  # fmt: skip
@verb
def sheets(door: Door, to: Path | None) -> int:
    """Writes one A4 page for each segment that was found, and one that lays them side by side."""
    from parcours import flow
    from parcours.web import sheets as pages

    project = door.project()
    folder = to or project.folder / "sheets"
    written = pages.write(flow.sheets(project), folder, door.words.language)
    door.terminal.json({"ok": True, "files": [str(file) for file in written]})
    if not written:
        door.terminal.say("There are no segments to write about yet: begin with 'parcours segments discover'.")
    for file in written:
        door.terminal.print(str(file))
    return DONE
