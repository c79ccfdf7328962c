"""Shows where a run is: a line that moves in a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from parcours.cli.terminal import Terminal
from parcours.cli.words import Words

QUIET = 10.0  # seconds between two plain lines about one room


class Show(Protocol):
    """What rooms call: how far they are, and with what."""

    def __call__(self, room: str, done: int, total: int, note: str = "") -> None: ...


@contextmanager
def shown(terminal: Terminal) -> Iterator[Show]:
    """Something to call with a room's progress; it is shown on standard error as suits who reads it."""
    console = terminal.err
    if terminal.as_json:
        yield _silent
    elif console.is_terminal:
        with _moving(console) as progress:
            yield Moving(progress, terminal.words)
    else:
        yield Plain(terminal)


def _silent(room: str, done: int, total: int, note: str = "") -> None:
    """A program is listening: it asked for the result only."""


def _moving(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("[dim]{task.fields[note]}"),
        console=console,
        refresh_per_second=5,
    )


class Moving:
    """One line a room, which moves."""

    def __init__(self, progress: Progress, words: Words) -> None:
        self.progress, self.words = progress, words
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, room: str, done: int, total: int, note: str = "") -> None:
        if room not in self.tasks:
            self._finish()
            self.tasks[room] = self.progress.add_task(name_of(room, self.words), total=total, note="")
        self.progress.update(self.tasks[room], completed=done, total=max(total, 1) if done >= total else total,
                             note=note[:60] if done < total else "")  # fmt: skip
        if total == 0:
            self.progress.update(self.tasks[room], completed=1, total=1)

    def _finish(self) -> None:
        """A room that is left has done all it had."""
        for task in self.progress.tasks:
            if not task.finished:
                self.progress.update(task.id, completed=task.total or 1, total=task.total or 1, note="")


class Plain:
    """A line when a room begins, and now and then while it works."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.told: dict[str, float] = {}

    def __call__(self, room: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self.told.get(room, float("-inf")) < QUIET:
            return
        self.told[room] = now
        name = name_of(room, self.terminal.words)
        self.terminal.warn(f"{name} {done}/{total} {note}".rstrip() if done else f"{name}…")


NAMES = {
    "landing": "Reading the sources",
    "canonical": "Saying it in common words",
    "identity": "Joining records into people",
    "profiles": "Describing each customer",
    "segments": "Drawing the segments",
    "discovery": "Finding segments in how customers behave",
    "scores": "Foreseeing what each customer will do",
    "decisions": "Dealing offers to households",
    "report": "Writing the report",
    "audiences": "Writing the audiences",
}


def name_of(room: str, words: Words) -> str:
    """What a room does, in the reader's language."""
    first, _, rest = room.partition(" ")
    said: Any = words.say(NAMES.get(first, first))
    return f"{said} {rest}".rstrip()
