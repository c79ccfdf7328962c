"""`parcours consent`: what a person agreed to and what proves it, and the addresses that are not written to again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import click

from parcours.cli.door import DONE, LOOK, Door, fail, verb, wrong_usage
from parcours.cli.help import Verbs

# Why a person may be written to, or may not.
WHY = {
    "granted": "agreed",
    "soft_opt_in": "a customer who did not say no",
    "not_objected": "did not object",
    "not_needed": "needs no consent",
    "no_consent": "never agreed",
    "denied": "said no",
    "withdrawn": "agreed, then said no",
    "objected": "objected",
    "suppressed": "the address is not written to again",
    "no_address": "there is no address",
    "quiet_hours": "not at this hour",
}
SAID = {"granted": "yes", "denied": "no", "objected": "objection"}
LONGEST_REASON = 500
LISTED = 20  # lines that are told one by one


@click.group(cls=Verbs, epilog="Example: parcours consent show ann@example.com")
def consent() -> None:
    """Shows and proves what people agreed to, and has addresses not written to again."""


@consent.command(epilog="Example: parcours consent show per_0123456789abcdef")
@click.argument("person")
@verb
def show(door: Door, person: str) -> int:
    """Shows what a person has a say in, as it stands: PERSON is per_..., an address, or kind=value."""
    from parcours.model import person as people

    now = datetime.now(UTC)
    with _register(door, now) as register:
        number = _one(door, register, person)
        found = register.choices(number, now=now)
    door.terminal.json({"ok": True, "person": people.show(number), "consents": found})
    declared, language = register.declared, door.words.language
    door.terminal.print(people.show(number))
    door.terminal.table(["For", "Channel", "allowed", "why"], [
        [declared.purposes[one.purpose].title.in_(language), _channel(declared, one.channel, language),
         door.words.say("yes") if one.on else door.words.say("no"), door.words.say(WHY[one.code])] for one in found
    ], left=4)  # fmt: skip
    return DONE


@consent.command(epilog="Example: parcours consent prove ann@example.com --json > proof.json")
@click.argument("person")
@verb
def prove(door: Door, person: str) -> int:
    """Shows everything a person said, when, to which text, and what proves it; with --json word for word."""
    from parcours.model import person as people

    now = datetime.now(UTC)
    with _register(door, now) as register:
        number = _one(door, register, person)
        found = register.statements(number)
    if not found:
        fail(f"{people.show(number)} has said nothing of consent.")
    door.terminal.json({"ok": True, "person": people.show(number), "as_of": now, "statements": found})
    door.terminal.print(people.show(number))
    for one in found:
        said = door.words.say(SAID[one["state"]])
        door.terminal.print(
            f"{door.words.moment(one['at'].replace(tzinfo=None), register.declared.zone)}  {said}  {one['purpose']}"
            f"/{one['channel'] or '*'}  [{one['source']}{'; ' + one['proof'] if one['proof'] else ''}]"
        )
        if one["text"]:
            door.terminal.print(f"    {one['text_version']} ({one['language']}): {one['text']}")
    return DONE


@consent.command(epilog="Example: parcours consent suppress blocked.csv --reason complained")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--reason",
    type=click.Choice(("asked", "complained", "bounced", "erased", "imported")),
    default="imported",
    show_default=True,
    help="Why they are not written to; bounced ones get nothing at all.",
)
@verb
def suppress(door: Door, file: Path, reason: str) -> int:
    """Has addresses not written to again: one a line, or a CSV with a column email, phone or address."""
    now = datetime.now(UTC)
    with _register(door, now) as register:
        try:
            with file.open(encoding="utf-8-sig") as lines:
                told = register.suppress(lines, reason=reason, source=file.name, now=now)
        except UnicodeDecodeError:
            wrong_usage(f"{file.name} is not UTF-8: save it as UTF-8.")
    door.terminal.json({"ok": not told.wrong, "new": told.new, "known": told.known, "wrong": told.wrong})
    door.terminal.print(
        door.words.count("{n} address is new on the list.", "{n} addresses are new on the list.", told.new)
    )
    door.terminal.print(door.words.count("{n} stood there already.", "{n} stood there already.", told.known))
    _wrong_lines(door, told.wrong)
    return LOOK if told.wrong else DONE


@consent.command(epilog='Example: parcours consent release mended.csv --because "the mailbox works again"')
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--because", required=True, help="Why they may be written to again; it is kept, with who decided it.")
@verb
def release(door: Door, file: Path, because: str) -> int:
    """Takes addresses off the list again, with a reason; who was erased stays, and what people said still holds."""
    now = datetime.now(UTC)
    if not because.strip() or len(because) > LONGEST_REASON:
        wrong_usage(f"'--because' has 1 to {LONGEST_REASON} characters.")
    with _register(door, now) as register:
        try:
            with file.open(encoding="utf-8-sig") as lines:
                told = register.release(lines, because=because.strip(), by=f"{_user()}: {file.name}", now=now)
        except UnicodeDecodeError:
            wrong_usage(f"{file.name} is not UTF-8: save it as UTF-8.")
    door.terminal.json({"ok": not told.wrong, "released": told.released, "left": told.left, "wrong": told.wrong})
    door.terminal.print(
        door.words.count("{n} address is off the list.", "{n} addresses are off the list.", told.released)
    )
    door.terminal.print(
        door.words.count(
            "{n} was not on it, or was erased and stays.", "{n} were not on it, or were erased and stay.", told.left
        )
    )
    _wrong_lines(door, told.wrong)
    return LOOK if told.wrong else DONE


@consent.command(epilog="Example: parcours consent link per_0123456789abcdef")
@click.argument("person")
@verb
def link(door: Door, person: str) -> int:
    """Makes the link to a person's preference page, for a letter or a call."""
    now = datetime.now(UTC)
    with _register(door, now) as register:
        url = register.preference_link(_one(door, register, person), at=now)
    door.terminal.json({"ok": True, "url": url})
    door.terminal.print(url)
    return DONE


def _user() -> str:
    """Who is at the machine; where nobody has a name, their number."""
    try:
        return getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def _wrong_lines(door: Door, wrong: list[int]) -> None:
    if wrong:
        shown = ", ".join(map(str, wrong[:LISTED])) + (" …" if len(wrong) > LISTED else "")
        count = door.words.count("{n} line is no address:", "{n} lines are no address:", len(wrong))
        door.terminal.warn(f"{count} {shown}")


@contextmanager
def _register(door: Door, now: datetime) -> Iterator[Any]:
    from parcours import live
    from parcours.state import open_database

    project = door.project()
    with open_database(project.state) as database:
        yield live.register_of(project, database, now=now)


def _one(door: Door, register: Any, asked: str) -> int:
    """The person somebody asks for; the command ends when there is none, or more than one."""
    from parcours.consent.suppression import in_one_form
    from parcours.model import person as people
    from parcours.project.identity import KINDS

    if asked.startswith("per_"):
        try:
            return int(register.now(people.parse(asked)))
        except ValueError as wrong:
            wrong_usage(f"{wrong}.")
    kind, equals, value = asked.partition("=")
    form = in_one_form(asked, register.declared.country)
    if form is not None:
        found = register.found([form[0]], form[1])
    else:
        found = register.found([kind], value) if equals else register.found(KINDS, asked)
    if not found:
        fail(f"there is nobody of the identifier {asked!r}.")
    if len(found) > 1:
        wrong_usage(f"{len(found)} persons share this identifier. Choose {' or '.join(map(people.show, found))}.")
    return int(found[0])


def _channel(declared: Any, channel: str | None, language: str) -> str:
    return declared.channels[channel].title.in_(language) if channel is not None else "–"
