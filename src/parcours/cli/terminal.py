"""How the command line speaks: sentences, tables and JSON on standard output, progress and faults on standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parcours.cli.words import Words
from parcours.model.value import Title

WIDE = 300


@dataclass(frozen=True)
class Terminal:
    """One run of a command: its language, and whether a program is listening (`--json`)."""

    words: Words
    as_json: bool = False

    @property
    def out(self) -> Console:
        # What is written to a file or another program is not cut to the width of a screen nobody looks at.
        width = None if sys.stdout.isatty() else WIDE
        return Console(highlight=False, soft_wrap=True, width=width)

    @property
    def err(self) -> Console:
        return Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, sentence: str = "", **values: Any) -> None:
        """A sentence of ours, its blanks filled in; nothing when a program is listening."""
        if not self.as_json:
            self.out.print(escape(self.words.say(sentence, **values)))

    def title(self, sentence: str, **values: Any) -> None:
        """A heading, after an empty line."""
        if not self.as_json:
            self.out.print(f"\n[bold]{escape(self.words.say(sentence, **values))}[/bold]")

    def print(self, text: str) -> None:
        """A text that is already in its language."""
        if not self.as_json:
            self.out.print(escape(text))

    def pair(self, name: str, value: str, indent: str = "") -> None:
        """A thing and what it is, as each language sets its colon."""
        self.print(indent + self.words.say("{name}: {value}", name=name, value=value))

    def warn(self, text: str) -> None:
        """A text for the person in front of the terminal, on standard error, in either mode."""
        self.err.print(escape(text))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, left: int = 1) -> None:
        """Rows under their headings; the first `left` columns are text, the others are numbers."""
        if self.as_json:
            return
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        for position, heading in enumerate(columns):
            justify: Any = "left" if position < left else "right"
            table.add_column(self.words.say(heading) if heading else "", justify=justify, no_wrap=position == 0)
        for row in rows:
            table.add_row(*(escape(cell if isinstance(cell, str) else self.words.number(cell)) for cell in row))
        self.out.print(table)

    def json(self, value: Any) -> None:
        """The answer for a program: one JSON value; nothing when a person is reading."""
        if self.as_json:
            print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """A value as JSON holds it: dataclasses are objects, dates are text, a title is its words."""
    if isinstance(value, Title):
        return plain(dict(value.words)) if "" not in value.words else value.words[""]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value
