"""Turns what stands in a file into a frozen dataclass, by its annotations, noting every fault at its line.

A setting is described once, where it is declared (`setting(default, doc=..., choices=...)`): this reader, the
reference documentation and the screens all read that declaration. Types: text, whole and decimal numbers, booleans,
dates, durations, money, shares, titles, secrets, expressions, rules, tuples, dictionaries, other dataclasses, and any
class with a `parse` method.
"""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass
from datetime import date
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from sqlglot import exp

from parcours.model.value import Place, Title
from parcours.project.faults import Faults, close_to, listed
from parcours.project.nodes import place_of
from parcours.project.secret import Secret
from parcours.rules.rule import Rule

T = TypeVar("T")
LANGUAGES = ("en", "fr")


class Wrong(Exception):
    """A value that cannot be what its setting wants; its fault is already noted."""


@dataclass(frozen=True)
class Reader:
    """Reads the settings of one file."""

    file: str
    faults: Faults
    expression: Callable[[str, Place], exp.Expression | None]  # None, with a fault noted, when it is none
    rule: Callable[[Any, Place], Rule | None]

    def place(self, node: CommentedMap | CommentedSeq, key: Any) -> Place:
        """Where a key or an item stands."""
        return place_of(node, key, self.file)

    def dataclass(self, cls: type[T], node: CommentedMap, at: Place, *, skip: Iterable[str] = (), **filled: Any) -> T:
        """An instance of `cls` from the keys of `node`; `skip` are keys somebody else reads.

        Raises Wrong, all faults of the node noted, when it cannot be made.
        """
        values, whole = self.settings(cls, node, at, skip=skip)
        if not whole:
            raise Wrong
        if any(field.name == "place" and field.init for field in dataclasses.fields(cls)):  # type: ignore[arg-type]
            filled.setdefault("place", at)
        try:
            return cls(**values, **filled)
        except ValueError as error:  # a dataclass may check how its settings agree, and name the key after the sentence
            says, *key = error.args
            self.faults.add(self.place(node, key[0]) if key else at, sentence(str(says)))
            raise Wrong from None

    def settings(
        self, cls: type, node: CommentedMap, at: Place, *, skip: Iterable[str] = ()
    ) -> tuple[dict[str, Any], bool]:
        """The settings of `cls` found in `node`, by field name, and whether all of them could be read."""
        known = {_key(field): field for field in readable(cls)}
        skipped = set(skip)
        values: dict[str, Any] = {}
        whole = True
        for key, value in node.items():
            if key in skipped:
                continue
            if key not in known:
                # Noted, but no reason not to read the rest: what refers to this definition is still checked.
                self.faults.unknown(self.place(node, key), "setting", key, [*known, *skipped])
                continue
            field = known[key]
            if value is None and not _required(field):
                continue
            try:
                values[field.name] = self.value(_hints(cls)[field.name], value, self.place(node, key), key, field)
            except Wrong:
                whole = False
        for key, field in known.items():
            if _required(field) and key not in node:
                self.faults.add(at, f"{key!r} is missing.", field.metadata.get("doc", ""))
                whole = False
        return values, whole

    def value(self, hint: Any, value: Any, at: Place, key: str, field: Field[Any] | None = None) -> Any:
        """A value as its annotation wants it. Raises Wrong, the fault noted, when it is something else."""
        if value is None and type(None) in get_args(hint):
            return None
        options = [each for each in _options(hint) if each is not type(None)]
        if set(options) == _RULES:
            return self._found(self.rule(value, at))
        if len(options) > 1:
            return self._one_of(options, value, at, key)
        read = self._one(options[0], value, at, key)
        choices = field.metadata.get("choices", ()) if field else ()
        if choices:
            for each in read if isinstance(read, tuple) else (read,):
                self._choice(each, choices, at, key)
        return read

    def _choice(self, value: Any, choices: tuple[str, ...], at: Place, key: str) -> None:
        if value not in choices:
            hint = close_to(str(value), choices) or f"Choose {listed(choices, 'or')}."
            self.faults.add(at, f"{value!r} is not a choice for {key!r}.", hint)
            raise Wrong

    def _one_of(self, options: list[Any], value: Any, at: Place, key: str) -> Any:
        """The first of several types that fits the value without a fault; the first one's faults when none does."""
        first: Faults | None = None
        for option in options:
            trial = Faults()
            try:
                return dataclasses.replace(self, faults=trial)._one(option, value, at, key, exact=True)
            except Wrong:
                first = first or trial
        self.faults.found.extend(first.found if first else [])
        raise Wrong

    def _one(self, hint: Any, value: Any, at: Place, key: str, *, exact: bool = False) -> Any:
        origin = get_origin(hint)
        if hint is Any or hint is object:
            return plain(value)
        if origin is typing.Literal:
            self._choice(value, get_args(hint), at, key)
            return value
        if origin is tuple:
            return self._tuple(hint, value, at, key)
        if origin in (dict, Mapping):
            return self._dict(get_args(hint), value, at, key)
        if hint is str:
            return self._text(value, at, key, exact=exact)
        if hint in _SCALARS:
            return self._scalar(hint, value, at, key)
        if hint is Title:
            return self._title(value, at, key)
        if hint is Secret:
            return self._secret(value, at, key)
        if isinstance(hint, type) and issubclass(hint, exp.Expression):
            return self._found(self.expression(self._text(value, at, key), at))
        if hasattr(hint, "parse"):
            return self._parsed(hint, value, at, key)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self._nested(hint, value, at, key)
        raise TypeError(f"setting {key!r}: the reader does not know the type {hint!r}")

    def _found(self, value: Any) -> Any:
        if value is None:
            raise Wrong
        return value

    def _text(self, value: Any, at: Place, key: str, *, exact: bool = False) -> str:
        if isinstance(value, str):
            return value
        if not exact and isinstance(value, int | float | date) and not isinstance(value, bool):
            return str(value)  # `store: 12` and `postcode: 75011` are texts to whoever writes them
        raise self._wrong(at, key, "text", value)

    def _scalar(self, hint: Any, value: Any, at: Place, key: str) -> Any:
        accepted, wanted = _SCALARS[hint]
        if isinstance(value, accepted) and (hint is bool or not isinstance(value, bool)):
            return float(value) if hint is float else value
        raise self._wrong(at, key, wanted, value)

    def _title(self, value: Any, at: Place, key: str) -> Title:
        if isinstance(value, str):
            return Title.of(value)
        if not isinstance(value, CommentedMap):
            raise self._wrong(at, key, "text, or a text for each language as in {en: Till, fr: Caisse}", value)
        whole = True
        for language, words in value.items():
            there = self.place(value, language)
            if language not in LANGUAGES:
                hint = "Put a text that contains ',' between quotes." if words is None else "There is 'en' and 'fr'."
                self.faults.add(there, f"no words in the language {language!r}.", hint)
                whole = False
            elif not isinstance(words, str):
                self._wrong(there, language, "text", words)
                whole = False
        if not whole or not value:
            raise Wrong
        return Title.of(dict(value))

    def _secret(self, value: Any, at: Place, key: str) -> Secret:
        if not isinstance(value, CommentedMap) or list(value) != ["env"] or not isinstance(value["env"], str):
            # The value is not repeated: somebody may have written the password itself.
            self.faults.add(at, f"{key!r} is a secret.", f"Name the variable that holds it: '{key}: {{env: NAME}}'.")
            raise Wrong
        if value["env"] not in os.environ:
            name = value["env"]
            self.faults.add(at, f"the environment variable {name!r}, named for {key!r}, is not set.", "Set it first.")
            raise Wrong
        return Secret(value["env"])

    def _parsed(self, hint: Any, value: Any, at: Place, key: str) -> Any:
        if isinstance(value, CommentedMap | CommentedSeq | bool):
            raise self._wrong(at, key, f"written in one piece, as a {hint.__name__.lower()} is", value)
        try:
            return hint.parse(value if isinstance(value, int | float) else str(value))
        except ValueError as error:
            self.faults.add(at, sentence(f"{key!r}: {error}"))
            raise Wrong from None

    def _tuple(self, hint: Any, value: Any, at: Place, key: str) -> tuple[Any, ...]:
        inner = get_args(hint)[0]
        if not isinstance(value, CommentedSeq):
            if isinstance(value, CommentedMap) and not dataclasses.is_dataclass(inner):
                raise self._wrong(at, key, "a list", value)
            return (self.value(inner, value, at, key),)  # a list of one may be written without brackets
        items, whole = [], True
        for position, item in enumerate(value):
            try:
                items.append(self.value(inner, item, self.place(value, position), key))
            except Wrong:
                whole = False
        if not whole:
            raise Wrong
        return tuple(items)

    def _dict(self, inner: tuple[Any, ...], value: Any, at: Place, key: str) -> dict[str, Any]:
        if not isinstance(value, CommentedMap):
            raise self._wrong(at, key, "entries of the form 'name: value'", value)
        read, whole = {}, True
        for name, item in value.items():
            try:
                read[name] = self.value(inner[1] if inner else Any, item, self.place(value, name), name)
            except Wrong:
                whole = False
        if not whole:
            raise Wrong
        return read

    def _nested(self, hint: type, value: Any, at: Place, key: str) -> Any:
        short = getattr(hint, "__short__", None)
        if short and not isinstance(value, CommentedMap):
            field = next(each for each in dataclasses.fields(hint) if each.name == short)
            return hint(**{short: self.value(_hints(hint)[short], value, at, key, field)})
        if not isinstance(value, CommentedMap):
            raise self._wrong(at, key, f"entries such as {_example(hint)}", value)
        return self.dataclass(hint, value, at)

    def _wrong(self, at: Place, key: str, wanted: str, value: Any) -> Wrong:
        self.faults.add(at, f"{key!r} must be {wanted}, not {_shown(value)}.")
        return Wrong()


_RULES = set(get_args(Rule))
_SCALARS: dict[Any, tuple[Any, str]] = {
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
    date: (date, "a date such as 2026-01-31"),
    type(None): (type(None), "nothing"),
}


def readable(cls: type) -> list[Field[Any]]:
    """The fields of a dataclass that a file may set: those made with `setting`, or all when none is."""
    fields = [field for field in dataclasses.fields(cls) if field.init]
    declared = [field for field in fields if "doc" in field.metadata]
    return declared or [field for field in fields if field.name != "place"]


def plain(value: Any) -> Any:
    """A value without its lines: ordinary dictionaries, lists, texts and numbers."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def key_of(field: Field[Any]) -> str:
    """The name a field has in YAML."""
    return _key(field)


def hints_of(cls: type) -> dict[str, Any]:
    """The annotations of a dataclass, resolved."""
    return _hints(cls)


def _key(field: Field[Any]) -> str:
    return str(field.metadata.get("key") or field.name)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _options(hint: Any) -> list[Any]:
    return list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _example(cls: type) -> str:
    return f"'{_key(readable(cls)[0])}: ...'"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a dictionary"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def sentence(text: str) -> str:
    """A message with its full stop."""
    return text if text.endswith((".", "?", "!")) else f"{text}."
