"""`parcours new`: a project that runs, to be changed into one's own."""

from __future__ import annotations

from pathlib import Path

import click

from parcours import starter
from parcours.cli.door import DONE, WRONG, Door, verb


@click.command(epilog="Example: parcours new my_shop --language fr")
@click.argument("name")
@verb
def new(door: Door, name: str) -> int:
    """Lays down a small project that runs, with sample data."""
    folder = (door.asked_folder or Path.cwd()) / name
    try:
        files = starter.lay_down(folder, door.words.language)
    except starter.CannotBegin as reason:
        door.terminal.json({"ok": False, "error": str(reason)})
        if not door.terminal.as_json:
            door.terminal.warn(door.words.recognised(str(reason)))
        return WRONG
    door.terminal.json({"ok": True, "folder": folder, "files": files})
    door.terminal.say("A project that runs is in {folder}: {n} files.", folder=f"{name}/", n=len(files))
    door.terminal.say("Go there, run it, and read its report:")
    door.terminal.print(f"\n  cd {name}\n  parcours run\n  parcours report\n")
    return DONE
