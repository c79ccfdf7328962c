"""`--help`, and what is wrong with how a command was called, in the language of whoever asks.

The English text stands with each command, and in Click; the French one in `fr.po` and `usage.fr.po`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import IO, Any

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
    """A group of commands whose help, and whose complaints about its use, are in the language asked for."""

    said: Words | None = None  # of the copy that speaks another language than English

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        said = words(asked_language(sys.argv[1:] if args is None else args))
        if said.language == "en":
            return super().main(args, *rest, **options)
        translated = deepcopy(self)  # the English texts are the keys: they stay as they are
        translated.said = said
        _translate(translated, said)
        return super(Verbs, translated).main(args, *rest, **options)

    def make_context(self, *given: Any, **options: Any) -> click.Context:
        with _told_in(self.said):
            return super().make_context(*given, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _told_in(self.said):  # the commands below are understood in here
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are needed, not of the alphabet."""
        return list(self.commands)


class _Misused(click.UsageError):
    """What is wrong with how a command was called, in the language asked for."""

    def __init__(self, error: click.UsageError, said: Words) -> None:
        super().__init__(said.recognised(error.format_message()), error.ctx)
        self.said = said

    def show(self, file: IO[Any] | None = None) -> None:
        file = file or sys.stderr
        if self.ctx is not None:
            hint = self.said.say("Try '{command} --help' for help.", command=self.ctx.command_path)
            click.echo(f"{self.ctx.get_usage()}\n{hint}\n", file=file)
        click.echo(self.said.say("Error: {message}", message=self.message), file=file)


@contextmanager
def _told_in(said: Words | None) -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:  # the help, which is translated already
        raise
    except click.UsageError as error:
        if said is None:
            raise
        raise _Misused(error, said) from None


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
