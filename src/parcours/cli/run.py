"""`parcours run`: reads what is new and publishes people, profiles and segments, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from parcours.cli.door import DONE, LOOK, Door, verb, wrong_usage
from parcours.cli.progress import name_of, shown
from parcours.cli.terminal import Terminal
from parcours.cli.words import Words
from parcours.project import Project
from parcours.project.faults import nearest
from parcours.project.people import People

if TYPE_CHECKING:
    from parcours.flow import Run, SourceCount

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(epilog="Example: parcours run --as-of 2026-03-31")
@click.option("--only", multiple=True, metavar="NAME",
              help="Read this source only, or end after this room (as in --only identity).")  # fmt: skip
@click.option("--as-of", type=DAY, metavar="DATE", help="What was known at the end of this day, as 2026-03-31.")
@click.option("--replay", multiple=True, metavar="SOURCE",
              help="Try this source's rejected rows again; what has landed stays as it is.")  # fmt: skip
@verb
def run(door: Door, only: tuple[str, ...], as_of: datetime | None, replay: tuple[str, ...]) -> int:
    """Reads what is new and publishes it, or nothing at all. People, profiles and segments are published together."""
    from parcours import flow

    project = door.project()
    _check_names(only, [*project.sources, *flow.ROOMS], "source or room")
    _check_names(replay, project.sources, "source")
    with shown(door.terminal) as progress:
        done = flow.run(project, now=datetime.now(UTC), progress=progress, only=only, replay=replay,
                        as_of=as_of.date() if as_of else None)  # fmt: skip
    look = list(too_many_rejected(done, project))
    door.terminal.json({
        "ok": not look, "version": done.version, "as_of": done.as_of, "sources": done.sources,
        "seconds": done.seconds, "rows": done.rows, "beyond_tolerance": look,
    })  # fmt: skip
    tell(done, look, door)
    return LOOK if not sent(door, project) or look else DONE


def sent(door: Door, project: Project) -> bool:
    """Hands what was published to the side that answers by the second, where there is one; false when it failed."""
    from parcours import flow

    try:
        published = flow.publish_where_live(project)
    except flow.NotSent as error:
        door.terminal.warn(door.words.say("What answers by the second still says what it said: {error}", error=error))
        return False
    if published is not None and published.sent:
        door.terminal.say("Publication {n}: {people} people.", n=published.publication, people=published.people)
    return True


def _check_names(given: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in given:
        if name not in known:
            wrong_usage(f"no {what} {name!r}.", nearest(name, known))


def too_many_rejected(done: Run, project: Project) -> Iterable[str]:
    """The sources that failed, or whose rejected rows are more than they tolerate."""
    for count in done.sources:
        source = project.sources.get(count.source)
        tolerated = source.tolerance.value if source else 0.0
        if count.failed or count.rejected > tolerated * count.received:
            yield count.source


def tell(done: Run, look: list[str], door: Door) -> None:
    """What was read, what was published, and what to look at."""
    terminal = door.terminal
    if done.sources:
        tell_sources(done.sources, terminal)
    if done.version is None:
        terminal.say("Nothing has changed since the last run.")
    else:
        _published(done, door)
    for name in look:
        terminal.warn(door.words.say("Look at {source}: 'parcours status {source}' says why.", source=name))


def tell_sources(counts: Sequence[SourceCount], terminal: Terminal) -> None:
    """received = landed + rejected for each source that had something, and what the landed rows were."""
    told = [count for count in counts if count.received]
    if told:
        terminal.table(
            ["Source", "received", "= landed", "+ rejected", "new", "corrected", "repeated", "set aside"],
            [_line(count) for count in told],
        )
    quiet = [count.source for count in counts if not count.received and not count.refused]
    if quiet:
        terminal.say("Nothing new: {sources}.", sources=", ".join(quiet))
    for count in counts:
        _tell_refused(count, terminal)


def _tell_refused(count: SourceCount, terminal: Terminal) -> None:
    """The files of which nothing landed, those refused for the same reason together."""
    files: dict[str, list[str]] = {}
    for refused in count.refused:
        files.setdefault(terminal.words.recognised(refused.reason), []).append(refused.file)
    for reason, names in files.items():
        more = terminal.words.say(" and {n} more", n=len(names) - 1) if len(names) > 1 else ""
        terminal.warn(terminal.words.say("{source} refuses {file}: {reason}", source=count.source,
                                         file=names[0] + more, reason=reason))  # fmt: skip


def people_told(people: People, say: Words) -> str:
    """How many persons are known and, where there are any, of how many we only know the browser."""
    known = say.count("{n} known person", "{n} known persons", people.known)
    visitors = say.count("{n} visitor", "{n} visitors", people.visitors)
    return f"{known}, {visitors}" if people.visitors else known


def _line(count: SourceCount) -> list[Any]:
    return [count.source, count.received, count.landed, count.rejected, count.new, count.corrected, count.repeated,
            count.set_aside]  # fmt: skip


def _published(done: Run, door: Door) -> None:
    say = door.words
    as_of: date | None = done.as_of
    places = say.count("{n} place in segments", "{n} places in segments", done.rows.get("memberships", 0))
    door.terminal.say("Published version {n}, as of {day}: {people}, {places}.", n=done.version, day=say.day(as_of),
                      people=people_told(done.people, say), places=places)  # fmt: skip
    slowest = ", ".join(f"{name_of(room, say)} {say.seconds(took)}" for room, took in done.seconds.items())
    door.terminal.print(slowest)
