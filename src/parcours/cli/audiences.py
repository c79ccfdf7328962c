"""`parcours audiences`: segments written to files, for the tools that use them."""

from __future__ import annotations

from pathlib import Path

import click

from parcours.cli.door import DONE, Door, verb


@click.command(epilog="Example: parcours audiences --to out/")
@click.option("--to", "to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Where to write them; else the project's folder.")  # fmt: skip
@verb
def audiences(door: Door, to: Path | None) -> int:
    """Writes the audiences, from what was last published."""
    from parcours import flow

    project = door.project()
    written = flow.audiences(project, folder=to, language=door.words.language)
    door.terminal.json({"ok": True, "audiences": written})
    if not written:
        door.terminal.say("This project has no audiences: add one under audiences/.")
    for each in written:
        count = door.words.count("{n} person", "{n} people", each.people)
        door.terminal.pair(str(each.file), f"{count}.")
    return DONE
