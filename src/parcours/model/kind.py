"""A kind is something we ship that a retailer may name in a file: a kind of source, of attribute, of channel.

One kind is one file: a frozen dataclass whose fields are its settings, registered by living in its room's folder.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class KindInfo:
    """What the name of a kind is, and what it is a kind of."""

    name: str
    of: str


def setting(
    default: Any = MISSING,
    *,
    doc: str,
    choices: tuple[str, ...] = (),
    default_factory: Callable[[], Any] | None = None,
    key: str = "",
) -> Any:
    """One setting of a kind, with its default and the sentence shown in the reference.

    `key` is the name written in YAML where it cannot be a Python name (`by`, `in`, `=`).
    """
    metadata = {"doc": doc, "choices": choices, "key": key}
    if default_factory is not None:
        return field(default_factory=default_factory, metadata=metadata, kw_only=True)
    if default is MISSING:
        return field(metadata=metadata, kw_only=True)
    return field(default=default, metadata=metadata, kw_only=True)


def kind(name: str, *, of: str) -> Callable[[type[T]], type[T]]:
    """Registers a frozen dataclass as the kind `name` of `of` ("source", "attribute" ...)."""

    def mark(cls: type[T]) -> type[T]:
        cls.__kind__ = KindInfo(name, of)  # type: ignore[attr-defined]
        return cls

    return mark


def kinds_in(package: ModuleType) -> dict[str, type]:
    """Every kind that lives in a package's folder, by name. Raises ValueError when two files claim one name."""
    found: dict[str, type] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for value in vars(module).values():
            info = vars(value).get("__kind__") if isinstance(value, type) else None
            if info is None or value.__module__ != module.__name__:
                continue
            if info.name in found:
                raise ValueError(
                    f"two kinds are called {info.name!r}: {found[info.name].__module__}, {module.__name__}"
                )
            found[info.name] = value
    return found


def settings(cls: type) -> list[Field[Any]]:
    """The settings of a kind, in the order they are declared."""
    return [f for f in dataclasses.fields(cls) if "doc" in f.metadata]


def sentence(cls: type) -> str:
    """The first line of a kind's docstring: what it is, for a retailer."""
    return (cls.__doc__ or "").strip().splitlines()[0] if cls.__doc__ else ""
