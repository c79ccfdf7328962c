"""Reads the pages of docs/ and does what they say.

A page that is run says where, in its first lines: `<!-- run in: an empty folder -->`, or the corner shop, which has
been run as of 31 March 2026. Its blocks are then taken in order: `console` blocks hold commands after `$` and lines of
what they print, `...` for lines left out; any other block whose fence names a file (`file=x.yaml`) is written there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*) ?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WHERE = re.compile(r"^<!-- run in: (.+?) -->$", re.MULTILINE)
_PROGRESS = re.compile(r"…|\d+/\d+")
_VARIES = (
    (re.compile(r"per_[0-9a-f]{16}"), "per_..."),
    (re.compile(r"\d+(\.\d+)? (s|secs|min|mins)\b"), "0 s"),
    (re.compile(r"/[\w/.-]*/(?=[\w-]+/(out|report)|report)"), ".../"),
)


@dataclass(frozen=True)
class Step:
    """A command with what it prints, or a file with what it holds."""

    line: int
    command: str = ""
    file: str = ""
    text: str = ""


def where(page: Path) -> str | None:
    """Where a page is run; None for a page that is only read."""
    found = _WHERE.search(page.read_text(encoding="utf-8"))
    return found[1] if found else None


def steps(page: Path) -> Iterator[Step]:
    """What a page says to do, in order."""
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        language, info, body = fence.groups()
        line = text.count("\n", 0, fence.start()) + 1
        if info.startswith("file="):
            yield Step(line, file=info.removeprefix("file="), text=body)
        elif language == "console":
            yield from _commands(body, line)


def _commands(body: str, line: int) -> Iterator[Step]:
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    for part in parts:
        command, _, printed = part.partition("\n")
        yield Step(line, command=command, text=printed)


class Folder:
    """A folder in which the steps of a page are done one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def do(self, step: Step) -> str:
        """Does a step; gives what it printed."""
        if step.file:
            target = self.path / step.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text, encoding="utf-8")
            return ""
        if step.command.startswith("cd "):
            self.path = self.path / step.command.removeprefix("cd ").strip()
            return ""
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": programs, "COLUMNS": "120", "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["bash", "-c", step.command], cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout + "".join(
            line for line in done.stderr.splitlines(keepends=True) if not _PROGRESS.search(line)
        )


def missing(step: Step, printed: str) -> str | None:
    """The first line that a page shows and the command did not print, in the page's order; None when all are there."""
    lines = iter([plain(line) for line in printed.splitlines()])
    for shown in step.text.splitlines():
        if plain(shown) not in ("", "...") and plain(shown) not in lines:
            return shown
    return None


def plain(line: str) -> str:
    """A line without what differs from run to run: numbers of persons, seconds, folders, spacing."""
    for pattern, instead in _VARIES:
        line = pattern.sub(instead, line)
    return " ".join(line.split())
