"""`parcours keys`: who may call the server, and for what."""

from __future__ import annotations

import click

from parcours.cli.door import DONE, Door, NothingThere, verb
from parcours.cli.help import Verbs
from parcours.model.api_key import SCOPES


@click.group(cls=Verbs, epilog="Example: parcours keys make web --scope collect")
def keys() -> None:
    """Makes, lists and ends the keys with which sites, apps and servers call."""


@keys.command(epilog="Example: parcours keys make web --scope collect --origin https://shop.example")
@click.argument("source")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("collect",), show_default=True,
              help="What it may do; may be given several times.")  # fmt: skip
@click.option("--origin", "origins", multiple=True, metavar="SITE",
              help="The only sites whose pages may use it, as https://shop.example; else any.")  # fmt: skip
@verb
def make(door: Door, source: str, scopes: tuple[str, ...], origins: tuple[str, ...]) -> int:
    """Makes a key for a source, and shows it: only now, for it is not kept."""
    from parcours.server import keys as known
    from parcours.state import open_database

    with open_database(door.project().state) as database:
        key_id, key = known.make(database, source, scopes, origins)
    door.terminal.json({"ok": True, "key_id": key_id, "key": key})
    door.terminal.pair(key_id, key)
    return DONE


@keys.command("list", epilog="Example: parcours keys list")
@verb
def listed(door: Door) -> int:
    """Lists the keys there are and what each may do; never the keys themselves."""
    from parcours.server import keys as known
    from parcours.state import open_database

    with open_database(door.project().state) as database:
        found = known.listed(database)
    door.terminal.json({"ok": True, "keys": found})
    door.terminal.table(
        ["Key", "Source", "may", "from"],
        [[row["key_id"], row["source"], ", ".join(row["scopes"]), ", ".join(row["origins"])] for row in found],
    )
    return DONE


@keys.command(epilog="Example: parcours keys revoke key_1234abcd")
@click.argument("key_id")
@verb
def revoke(door: Door, key_id: str) -> int:
    """Ends a key: servers that run refuse it within ten seconds."""
    from parcours.server import keys as known
    from parcours.state import open_database

    with open_database(door.project().state) as database:
        if not known.revoke(database, key_id):
            raise NothingThere(door.words.say("There is no key {key} that may be used.", key=key_id))
    door.terminal.json({"ok": True})
    door.terminal.say("The key {key} opens nothing any more.", key=key_id)
    return DONE
