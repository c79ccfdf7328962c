"""Writes docs/reference/ from the kinds, settings, tables and commands themselves.

What is documented is what the code reads, so the two cannot part; a test says when the pages were not written anew.
The prose of each page stands in `pages/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from parcours.cli import door, parcours
from parcours.cli.reference.settings import settings_table, table
from parcours.consent import declared
from parcours.model import CONTRACTS
from parcours.model.kind import sentence
from parcours.project import context, definitions, offering, questionnaire, slot
from parcours.project.acquisition import usual_acquisition
from parcours.project.faults import Faults
from parcours.project.identity import KINDS as IDENTIFIERS
from parcours.project.nodes import read_yaml
from parcours.project.references import OF_EVERY_CUSTOMER
from parcours.project.settings import SECTIONS
from parcours.project.sources import landable
from parcours.project.tests import EXPECTATIONS
from parcours.rules import acquisition
from parcours.rules.expressions import FUNCTIONS
from parcours.rules.facts import FACTS
from parcours.rules.operators import OPERATORS
from parcours.segments.settings import Cell, LifeCycle, Rfm

FOLDER = Path("docs/reference")
_HEAD = "<!-- Written by `make reference` from the code: change it there. -->\n\n"


def pages() -> dict[str, str]:
    """Every page of the reference: its file and its text."""
    from parcours import flow

    environment = Environment(
        loader=PackageLoader("parcours.cli.reference", "pages"),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # Markdown, from our own words
        keep_trailing_newline=True,
    )
    said = {
        "sections": SECTIONS, "kinds": flow.kinds(), "definitions": definitions, "offering": offering,
        "slot": slot, "context": context, "questionnaire": questionnaire,
        "consent": declared, "acquisition": acquisition, "usual_acquisition": usual_acquisition,
        "identifiers": IDENTIFIERS,
        "functions": FUNCTIONS, "tables": CONTRACTS, "expectations": EXPECTATIONS, "settings": settings_table,
        "sentence": sentence, "about": _about, "columns": _columns, "pack": _pack, "operators": _operators,
        "facts": _facts, "commands": _commands, "exit_codes": _exit_codes,
        "of_every_customer": OF_EVERY_CUSTOMER, "stages": {"rfm": Rfm, "cell": Cell, "life_cycle": LifeCycle},
    }  # fmt: skip
    names = sorted(name for name in environment.list_templates() if name.endswith(".md"))
    return {name: _HEAD + _tidy(environment.get_template(name).render(said)) for name in names}


def write(folder: Path = FOLDER) -> list[str]:
    """Writes the pages, removes those that are no longer, and gives the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    changed = [name for name, text in made.items() if not _same(folder / name, text)]
    for name in changed:
        (folder / name).write_text(made[name], encoding="utf-8")
    return changed


def _same(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _tidy(text: str) -> str:
    """One empty line at most between paragraphs, one line end at the end."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith("#") and lines and lines[-1]:
            lines.append("")
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _about(kind: type) -> str:
    """A kind's docstring, its paragraphs each on one line."""
    return "\n\n".join(" ".join(part.split()) for part in str(kind.__doc__ or "").strip().split("\n\n"))


def _columns(name: str) -> str:
    filled = landable().get(name, ())
    columns = CONTRACTS[name].columns.items()
    return table(
        ("column", "type"), ((f"`{column}`{' ●' if column in filled else ''}", word) for column, word in columns)
    )


def _operators() -> str:
    rows = ((f"`{each.name}`", ", ".join(sorted(each.types)), each.doc) for each in OPERATORS.values())
    return table(("word", "types", "meaning"), rows)


def _facts() -> str:
    return table(("word", "table", "as in"), (
        (f"`{fact.name}`", f"[{fact.table}](tables.md#{fact.table})",
         f"`{fact.name}: any`" + (f", or a value of `{fact.word}`" if fact.word else ""))
        for fact in FACTS.values()
    ))  # fmt: skip


def _pack(file: Path) -> str:
    node: dict[str, Any] = read_yaml(file, file.name, Faults()) or {}
    return table(("name", "kind", "what"), _packed(node.get("define", {}).items()))


def _packed(definitions: Iterable[tuple[str, dict[str, object]]]) -> Iterator[tuple[str, ...]]:
    for name, body in definitions:
        title = body.get("title", "")
        words = title.get("en", "") if isinstance(title, dict) else title
        yield f"`{name}`", str(body.get("kind") or body.get("group") or ""), str(words)


def _commands() -> str:
    return "\n\n".join(_command(parcours, "parcours"))


def _command(command: click.Command, path: str) -> Iterator[str]:
    if path != "parcours":
        yield f"## {path}"
    yield " ".join(str(command.help).split())
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(inner, f"{path} {name}")
        return
    context = click.Context(command)
    words = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    yield f"`{' '.join([path, *words])}`. {command.epilog or ''}".strip()
    options = (each for each in command.params if isinstance(each, click.Option))
    yield table(("option", "meaning"), ((", ".join(f"`{n}`" for n in each.opts), each.help or "") for each in options))


def _exit_codes() -> str:
    """As the door's own docstring lists them."""
    lines = str(door.__doc__).split("\n\n")[2].strip().splitlines()
    parted = (line.strip().partition(" ") for line in lines)
    return table(("code", "meaning"), ((code, text.strip()) for code, _, text in parted))
