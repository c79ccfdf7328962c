"""`parcours check`: is everything in the project's files right?"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from parcours.cli.door import DONE, Door, as_data, verb
from parcours.project import ProjectFaults
from parcours.project.headers import look


@click.command(epilog="Example: parcours check")
@verb
def check(door: Door) -> int:
    """Checks the project's files and tells all faults at once. Looks into a file of each source for its columns."""
    project = door.project()
    looked = look(project, now=datetime.now(UTC))
    if looked.faults:
        raise ProjectFaults(looked.faults)
    counted = {
        "sources": len(project.sources),
        "attributes": len(project.attributes),
        "segments": len(project.segments),
        "audiences": len(project.audiences),
        "tests": len(project.tests),
    }
    door.terminal.json({"ok": True, "project": project.name, **counted, "notes": [as_data(n) for n in looked.notes]})
    if not door.terminal.as_json:
        for note in looked.notes:
            door.terminal.warn(door.words.fault(note))
    door.terminal.say("{name}: nothing wrong.", name=project.title.in_(door.words.language))
    say = door.words.count
    door.terminal.print(", ".join((
        say("{n} source", "{n} sources", counted["sources"]),
        say("{n} attribute", "{n} attributes", counted["attributes"]),
        say("{n} segment", "{n} segments", counted["segments"]),
        say("{n} audience", "{n} audiences", counted["audiences"]),
        say("{n} test", "{n} tests", counted["tests"]),
    )) + ".")  # fmt: skip
    return DONE
