"""What every verb has: where the project is, which language, for a person or for a program, and how it ends.

How a command ends is told by its exit code, so that a scheduler knows without reading:

    0  done
    1  done, but look: rows rejected beyond what a source tolerates, a source that failed, a test that fails
    2  nothing was done: the command or the project's files are wrong
    3  there is nothing to show yet: nothing has been run, or nobody and nothing of that name is there
    4  another run is working on this project
    70 something broke that should not: `PARCOURS_DEBUG=1` shows where
    130 stopped by the user (Ctrl-C)
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from parcours.cli.terminal import Terminal
from parcours.cli.words import LANGUAGES, Words, spoken_here, words
from parcours.engine import Busy
from parcours.model.value import Fault
from parcours.project import Project, ProjectFaults, find, load

DONE, LOOK, WRONG, NOTHING, BUSY, BROKEN, STOPPED = 0, 1, 2, 3, 4, 70, 130


class NothingThere(LookupError):
    """What was asked for is not there; the message is a sentence for the user."""


class WrongUsage(ValueError):
    """A command called with something it does not know; the message is a sentence for the user."""


class Door:
    """What a verb is given: the terminal it speaks on, and the project it works in."""

    def __init__(self, folder: Path | None, language: str | None, *, as_json: bool) -> None:
        self.asked_folder = folder
        self.folder = folder or find(Path.cwd()) or Path.cwd()
        self.terminal = Terminal(words(language or language_of(self.folder)), as_json)

    @property
    def words(self) -> Words:
        return self.terminal.words

    def project(self) -> Project:
        """The project, checked. Raises ProjectFaults."""
        from parcours import flow

        return load(self.folder, flow.kinds())


def language_of(folder: Path) -> str:
    """The first language of the project in a folder; else the user's."""
    try:
        first = tomllib.loads((folder / "parcours.toml").read_text(encoding="utf-8"))["project"]["languages"][0]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return spoken_here()
    return first if first in LANGUAGES else spoken_here()


def everywhere(command: Any) -> Any:
    """The options that stand before the verb or after it, as one likes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer for a program: one JSON value."),
        click.option("--language", type=click.Choice(LANGUAGES), help="The language to answer in."),
        click.option(
            "--project",
            "folder",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="DIR",
            help="The project's folder; else the one you are in.",
        ),
    ):
        command = option(command)
    return command


def verb(act: Callable[..., int | None]) -> Callable[..., None]:
    """Gives a command its door and the options all commands have, and makes its ending an exit code."""

    @functools.wraps(act)
    def run(folder: Path | None, language: str | None, as_json: bool, **options: Any) -> None:
        before = click.get_current_context().find_root().params  # `parcours --project shop run`
        door = Door(
            folder or before.get("folder"),
            language or before.get("language"),
            as_json=as_json or bool(before.get("as_json")),
        )
        sys.exit(ending(lambda: act(door, **options), door))

    return everywhere(run)  # type: ignore[no-any-return]


def ending(act: Callable[[], int | None], door: Door) -> int:
    """Does a verb's act; what may go wrong is said in a sentence and becomes an exit code."""
    from parcours.flow import REFUSALS, NothingPublished

    interruption = Interruption()
    try:
        with interruption:
            return act() or DONE
    except ProjectFaults as wrong:
        tell_faults(wrong, door)
        return WRONG
    except WrongUsage as wrong:
        return _told(door, str(wrong), WRONG)
    except (NothingPublished, NothingThere) as nothing:
        return _told(door, str(nothing), NOTHING)
    except Busy as busy:
        return _told(door, str(busy), BUSY)
    except KeyboardInterrupt:
        return _stopped(door)
    except click.ClickException:
        raise
    except Exception as error:
        if interruption.asked:  # the engine was at work and says it in its own way
            return _stopped(door)
        if isinstance(error, REFUSALS):
            return _told(door, str(error), WRONG)
        if os.environ.get("PARCOURS_DEBUG"):
            raise
        said = door.words.say("This went wrong: {error}", error=f"{type(error).__name__}: {error}")
        return _told(door, f"{said}\n{door.words.say('PARCOURS_DEBUG=1 shows where.')}", BROKEN)


def tell_faults(wrong: ProjectFaults, door: Door) -> None:
    """All faults of a project, one a line, and how many there are."""
    faults = wrong.faults
    door.terminal.json({"ok": False, "faults": [as_data(fault) for fault in faults]})
    if not door.terminal.as_json:
        for fault in faults:
            door.terminal.warn(door.words.fault(fault))
        door.terminal.warn(door.words.count("{n} fault.", "{n} faults.", len(faults)))


def as_data(fault: Fault) -> dict[str, Any]:
    """A fault for a program."""
    return {"file": fault.place.file, "line": fault.place.line, "message": fault.message, "hint": fault.hint}


class Interruption:
    """Remembers that the user pressed Ctrl-C, whatever error it ends as."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, *_: object) -> NoReturn:
        self.asked = True
        raise KeyboardInterrupt


def _stopped(door: Door) -> int:
    return _told(door, door.words.say("Stopped. What was published before is untouched."), STOPPED)


def _told(door: Door, text: str, code: int) -> int:
    door.terminal.json({"ok": False, "error": text})
    if not door.terminal.as_json:
        door.terminal.warn(door.words.recognised(text))
    return code


def wrong_usage(text: str, hint: str = "") -> NoReturn:
    """Ends a verb because of how it was called."""
    raise WrongUsage(f"{text} {hint}".strip())


def fail(text: str) -> NoReturn:
    """Ends a verb because what was asked for is not there."""
    raise NothingThere(text)
