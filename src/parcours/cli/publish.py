"""`parcours publish`: hands what the last run made to the side that answers by the second."""

from __future__ import annotations

import click

from parcours.cli.door import DONE, Door, verb


@click.command(epilog="Example: parcours publish")
@verb
def publish(door: Door) -> int:
    """Sends what the last run made of everybody to PostgreSQL: who reads sees all of it at once, or what was before."""
    from parcours import flow
    from parcours.state import open_database

    project = door.project()
    with open_database(project.state) as database:
        done = flow.publish(project, database)
    door.terminal.json({"ok": True, "publication": done.publication, "sent": done.sent, "people": done.people})
    if done.sent:
        door.terminal.say("Publication {n}: {people} people.", n=done.publication, people=done.people)
    else:
        door.terminal.say("Publication {n} says the same: nothing was sent.", n=done.publication)
    return DONE
