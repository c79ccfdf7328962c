"""`parcours status`: where the project stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from parcours.cli.door import DONE, Door, verb, wrong_usage
from parcours.project import Project
from parcours.project.faults import nearest
from parcours.project.status import SourceStatus, Status

# The columns of what was read for the version that is published.
READ_COUNTS = ("received", "landed", "rejected", "new", "corrected", "repeated", "set_aside")


@click.command(epilog="Example: parcours status till")
@click.argument("source", required=False)
@verb
def status(door: Door, source: str | None) -> int:
    """Shows where each source stands. With the name of a SOURCE, also why its rows were rejected or files refused."""
    from parcours import answers

    project = door.project()
    if source is not None and source not in project.sources:
        wrong_usage(f"no source {source!r}.", nearest(source, project.sources))
    found = answers.status(project, now=datetime.now(UTC), language=door.words.language)
    rejected = answers.rejected(project, source) if source else []
    one = next((one for one in found.sources if one.source == source), None)
    changes = answers.changes(project) if source is None else []
    misfits = answers.misfits(project) if source is None else []
    more = {"rejected": rejected, "refused": one.refused} if one else {"changes": changes, "misfits": misfits}
    door.terminal.json({"ok": True, **vars(found), **more})
    if one is None:
        _all(found, project, door)
        _changes(changes, project, door)
        _misfits(misfits, project, door)
    else:
        _one(one, rejected, project, door)
    return DONE


def _all(found: Status, project: Project, door: Door) -> None:
    terminal, say = door.terminal, door.words
    as_of = found.run.get("as_of")
    day = say.day(date.fromisoformat(as_of)) if as_of else "?"
    when = _published(found, project, door)
    terminal.say("Version {n}, as of {day}, published {when}.", n=found.version, day=day, when=when)
    read = [[one.source, *(one.read[name] for name in READ_COUNTS)] for one in found.sources if one.read]
    if read:
        terminal.title("Rows read for this version")
        terminal.table(["Source", *(name.replace("_", " ") for name in READ_COUNTS)], read)
    terminal.title("Rows of all deliveries so far")
    terminal.table(
        ["Source", "newest data", "last read", "", "received", "landed", "rejected", "set aside", "repeated"],
        [_line(one, project, door) for one in found.sources],
        left=4,
    )
    for one in found.sources:
        if one.refused:
            files = say.count("{n} file is refused", "{n} files are refused", len(one.refused))
            terminal.warn(say.say("{source}: {files}. 'parcours status {source}' says why.", source=one.source,
                                  files=files))  # fmt: skip
    people = say.count("{n} known person described", "{n} known persons described", found.rows.get("profiles", 0))
    places = say.count("{n} place in segments", "{n} places in segments", found.rows.get("memberships", 0))
    terminal.print(f"{people}, {places}.")
    if found.faults:
        terminal.title("What does not agree between tables")
        terminal.table(
            ["Table", "source", "what", "which", "rows"], [_fault(row, door) for row in found.faults], left=4
        )


def _changes(changes: list[dict[str, Any]], project: Project, door: Door) -> None:
    """How events are built differently than they were."""
    if not changes:
        return
    door.terminal.title("What is new in how events are built")
    door.terminal.table(
        ["Source", "event", "property", "type", "since"],
        [[row["source"], row["event"], row["property"], door.words.say(row["type"]),
          door.words.moment(row["since"].astimezone(UTC).replace(tzinfo=None), project.zone)] for row in changes],
        left=5,
    )  # fmt: skip


_MISFITS = {
    "unknown_event": "event that is not declared", "missing_property": "property is missing",
    "wrong_type": "property of another type", "undeclared_property": "property that is not declared",
}  # fmt: skip


def _misfits(misfits: list[dict[str, Any]], project: Project, door: Door) -> None:
    """Which events are not as the project declares them."""
    if not misfits:
        return
    say = door.words
    door.terminal.title("Events that are not as declared")
    door.terminal.table(
        ["Source", "event", "property", "what", "last", ""],
        [[row["source"], row["event"], row["property"], say.say(_MISFITS[row["code"]]),
          say.moment(row["latest"].astimezone(UTC).replace(tzinfo=None), project.zone),
          say.say("refused") if row["refused"] else ""] for row in misfits],
        left=6,
    )  # fmt: skip


def _line(one: SourceStatus, project: Project, door: Door) -> list[Any]:
    say = door.words
    late = say.say("late") if one.late else ""
    return [one.source, say.moment(one.watermark, project.zone), say.moment(one.landed_at, project.zone), late,
            one.received, one.landed, one.rejected, one.set_aside, one.repeated]  # fmt: skip


def _fault(row: dict[str, Any], door: Door) -> list[Any]:
    rule = door.words.say(str(row["rule"]).replace("_", " "))
    return [row["table_name"], row["source"], rule, row["detail"] or "", row["rows"]]


def _published(found: Status, project: Project, door: Door) -> str:
    now = found.run.get("now")
    moment = datetime.fromisoformat(now).astimezone(UTC).replace(tzinfo=None) if now else None
    return door.words.moment(moment, project.zone)


def _one(one: SourceStatus, rejected: list[dict[str, Any]], project: Project, door: Door) -> None:
    terminal, say = door.terminal, door.words
    terminal.print(one.title)
    for heading, value in (
        ("Newest data", say.moment(one.watermark, project.zone)),
        ("Last read", say.moment(one.landed_at, project.zone)),
        ("Files or pulls", say.number(one.deliveries)),
        ("Rows received in all", say.number(one.received)),
        ("landed", say.number(one.landed)),
        ("rejected", say.number(one.rejected)),
        ("set aside", say.number(one.set_aside)),
        ("repeated", say.number(one.repeated)),
    ):
        terminal.pair(say.say(heading), value, "  ")
    if one.read:
        counts = {name: say.number(count) for name, count in one.read.items()}
        terminal.print("  " + say.say(
            "For this version: {received} received, {landed} landed, {rejected} rejected, {set_aside} set aside, "
            "{repeated} repeated", **counts
        ))  # fmt: skip
    if one.late:
        terminal.say("A delivery is late.")
    if one.refused:
        _tell_refused(one, project, door)
    if not rejected:
        return
    terminal.title("Why rows were rejected")
    rows = [[row["reason"], row["column_name"] or "", _where(row), row["rows"]] for row in rejected]
    terminal.table(["Reason", "column", "for example", "rows"], rows, left=3)
    terminal.say("Mend the file or the mapping, then: parcours run --replay {source}", source=one.source)


def _tell_refused(one: SourceStatus, project: Project, door: Door) -> None:
    """The files of which nothing has landed, why, and what to do."""
    terminal = door.terminal
    terminal.title("Files that are refused: nothing of them has landed")
    rows = [[each["file"], door.words.recognised(each["reason"])] for each in one.refused]
    terminal.table(["File", "Reason"], rows, left=2)
    terminal.say("Mend the file, or {mapping}: the next 'parcours run' reads it again.",
                 mapping=project.sources[one.source].place.file)  # fmt: skip


def _where(row: dict[str, Any]) -> str:
    return f"{row['file']}:{row['line']}" if row["line"] is not None else str(row["file"])
