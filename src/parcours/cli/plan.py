"""`parcours plan`: what a run would do now, in people."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from parcours.cli.door import DONE, Door, verb
from parcours.cli.progress import shown
from parcours.cli.run import DAY, people_told, tell_sources
from parcours.project.plan import Plan


@click.command(epilog="Example: parcours plan")
@click.option("--as-of", type=DAY, metavar="DATE", help="What was known at the end of this day, as 2026-03-31.")
@verb
def plan(door: Door, as_of: datetime | None) -> int:
    """Says what a run would change, in people. Publishes nothing."""
    from parcours import answers

    project = door.project()
    day, now = as_of.date() if as_of else None, datetime.now(UTC)
    with shown(door.terminal) as progress:
        found = answers.plan(project, now=now, as_of=day, progress=progress)
    door.terminal.json({"ok": True, **vars(found), "nothing": found.nothing})
    tell(found, door)
    return DONE


def tell(found: Plan, door: Door) -> None:
    """Sources, people, segments, attributes and tables, what stays the same left out."""
    terminal, say = door.terminal, door.words
    news = [count for count in found.sources if count.received or count.refused]
    if news:
        terminal.title("New in the sources")
        tell_sources(news, terminal)
    if found.nothing:
        terminal.say("A run would change nothing.")
        return
    if found.first:
        terminal.say("Nothing is published yet: all of this is new.")
    if found.first:
        terminal.print(f"{people_told(found.people, say)}.")
    elif found.people != found.people_before:
        terminal.say("Now {before}; then {after}.", before=people_told(found.people_before, say),
                     after=people_told(found.people, say))  # fmt: skip
    _segments(found, door)
    _attributes(found, door)
    if found.tables:
        terminal.title("Tables that change")
        terminal.print("  " + ", ".join(say.term(name.replace("_", " ")) for name in found.tables))
    elif found.otherwise and not (found.segments or found.attributes):
        terminal.say("Only what is worked out on the way changes.")


def _segments(found: Plan, door: Door) -> None:
    moves = [move for move in found.segments if move.what != "kept" or move.enter or move.leave]
    if not moves:
        return
    say = door.words
    door.terminal.title("Segments")
    for move in moves:
        entering = say.count("{n} enters", "{n} enter", move.enter)
        leaving = say.count("{n} leaves", "{n} leave", move.leave)
        size = say.count("{n} person in it", "{n} people in it", move.people)
        what = {"new": say.say("new"), "gone": say.say("no longer defined")}.get(move.what, "")
        told = ", ".join(part for part in (what, entering, leaving, size) if part)
        door.terminal.pair(move.segment, told, "  ")


def _attributes(found: Plan, door: Door) -> None:
    if not found.attributes:
        return
    say = door.words
    door.terminal.title("Attributes")
    phrases = {
        "new": ("new, known for {n} person", "new, known for {n} people"),
        "changed": ("another value for {n} person", "another value for {n} people"),
    }
    for move in found.attributes:
        told = say.count(*phrases[move.what], move.people) if move.what in phrases else say.say("no longer defined")
        door.terminal.pair(move.attribute, told, "  ")
