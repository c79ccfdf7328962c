"""`--help` in the language of whoever asks: the English text stands with each command, the French one in fr.po."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import click

from parcours.cli.door import language_of
from parcours.cli.words import LANGUAGES, Words, words
from parcours.project import find

HELP = ("-h", "--help")


def asked_language(arguments: Sequence[str]) -> str:
    """The language a command line asks for, before it has been understood."""
    for position, word in enumerate(arguments):
        name, _, value = word.partition("=")
        if name == "--language":
            value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
            if value in LANGUAGES:
                return value
    return language_of(find(Path.cwd()) or Path.cwd())


class Verbs(click.Group):
    """A group of commands whose help is in the language asked for."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        said = words(asked_language(sys.argv[1:] if args is None else args))
        if said.language == "en":
            return super().main(args, *rest, **options)
        translated = deepcopy(self)  # the English texts are the keys: they stay as they are
        _translate(translated, said)
        return super(Verbs, translated).main(args, *rest, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are needed, not of the alphabet."""
        return list(self.commands)


class _Formatter(click.HelpFormatter):
    """Help whose headings are in the language asked for."""

    words: Words

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{self.words.say('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(self.words.say(heading))


def _translate(command: click.Command, said: Words) -> None:
    formatter = type("Formatter", (_Formatter,), {"words": said})
    command.context_class = type("Context", (click.Context,), {"formatter_class": formatter})
    context = click.Context(command, help_option_names=list(HELP))
    for option in (*command.params, command.get_help_option(context)):
        if isinstance(option, click.Option) and option.help:
            option.help = said.say(option.help)
    if command.help:
        command.help = said.say(command.help)
    if command.epilog:
        command.epilog = command.epilog.replace("Example:", said.say("Example:"))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _translate(inner, said)
