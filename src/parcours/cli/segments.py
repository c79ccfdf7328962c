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
    from parcours.web.words import words as page_words

    project = door.project()
    with shown(door.terminal) as progress:
        found = flow.discover(project, now=datetime.now(UTC), progress=progress)
    door.terminal.json({"ok": True, "segments": found.segments, "choices": found.choices})
    say = door.words
    for row in found.segments:
        people = say.count("{n} person", "{n} people", row["people"])
        door.terminal.pair(row["segment"], f"{people}, {say.percent(row['share'], 1)}.")
    if not found.segments:
        why = next((row for row in found.choices if not row["segments"]), None)
        said = {"code": why["why"], "needed": why["needed"], "found": why["found"]} if why else {}
        door.terminal.say("No segments were found: {why}.", why=page_words(say.language).missing(said))
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
    door.terminal.json({"ok": True, "files": [str(f) for f in written.files], "pdf": not written.unprinted})
    if len(written.files) < 2:
        door.terminal.say("There are no segments to write about yet: begin with 'parcours segments discover'.")
    for file in written.files:
        door.terminal.print(str(file))
    if written.unprinted and written.browser:
        door.terminal.say("No PDF: {browser} could not print. Open the pages and print them.", browser=written.browser)
    elif written.unprinted:
        door.terminal.say("No PDF: no Chromium or Chrome was found. Install one, or open the pages and print them.")
    return DONE
