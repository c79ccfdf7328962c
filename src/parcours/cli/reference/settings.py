"""Settings as tables of Markdown: key, type in plain words, default, meaning."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field
from datetime import date
from typing import Any, Union, get_args, get_origin

from sqlglot import exp

from parcours.model.value import Duration, Money, Share, Title
from parcours.project.reader import hints_of, key_of, readable
from parcours.project.secret import Secret
from parcours.rules import Rule

_IN_WORDS: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", date: "day", Duration: "length of time",
    Money: "money", Share: "share", Title: "title", Secret: "secret", Any: "anything", type(None): "",
}  # fmt: skip


def settings_table(cls: type, *, deep: bool = False) -> str:
    """The settings of a kind or a definition as a table; `deep` tells the settings inside of settings too."""
    rows = list(_rows(cls, "", deep))
    return table(("key", "type", "default", "meaning"), rows) if rows else "It has no settings."


def _rows(cls: type, before: str, deep: bool) -> Iterator[tuple[str, ...]]:
    for field in readable(cls):
        if "doc" not in field.metadata:
            continue
        hint = hints_of(cls)[field.name]
        choices = [choice for choice in field.metadata.get("choices") or () if choice]
        kind = ", ".join(f"`{choice}`" for choice in choices) or type_in_words(hint)
        yield f"`{before}{key_of(field)}`", kind, _default(field), field.metadata["doc"]
        if deep and isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint not in _IN_WORDS:
            yield from _rows(hint, f"{before}{key_of(field)}.", deep)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def type_in_words(hint: Any) -> str:
    """A type as a retailer would say it."""
    options = [option for option in _options(hint) if option is not type(None)]
    if set(options) == set(get_args(Rule)):
        return "[rule](rules.md)"
    return " or ".join(dict.fromkeys(_one_in_words(option) for option in options))


def _one_in_words(hint: Any) -> str:
    if hint in _IN_WORDS:
        return _IN_WORDS[hint]
    origin = get_origin(hint)
    if origin is tuple:
        return f"list of {type_in_words(get_args(hint)[0])}"
    if origin in (dict, Mapping):
        return f"name: {type_in_words(get_args(hint)[1])}"
    if isinstance(hint, type) and issubclass(hint, exp.Expression):
        return "expression"
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return "{" + ", ".join(key_of(field) for field in readable(hint)) + "}"
    return str(getattr(hint, "__name__", hint)).lower()


def _options(hint: Any) -> list[Any]:
    return list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return _shown(field.default)
    if field.default_factory is not MISSING:
        return _shown(field.default_factory())
    return "**required**"


def _shown(value: Any) -> str:
    if value is None or value in ((), {}, "", []):
        return ""
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(each) for each in value)}]`"
    if isinstance(value, Share):
        return f"`{value.value:g}`"
    if dataclasses.is_dataclass(value) and not isinstance(value, Duration | Money):
        return ""
    return f"`{value}`"
