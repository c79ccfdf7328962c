"""Reads parcours.toml: who the retailer is, where the warehouse stands, and what works out its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies
from ruamel.yaml.comments import CommentedMap

from parcours.model.kind import setting
from parcours.model.value import Place, Title
from parcours.project.definitions import CollectSettings, EngineSettings, ExchangeRate
from parcours.project.reader import LANGUAGES, Reader, Wrong

FILE = "parcours.toml"
_NAME = re.compile(r"^[a-z][a-z0-9_-]*$")
_MEMORY = re.compile(r"^\d+(\.\d+)? ?(MB|GB|TB|MiB|GiB|TiB)$")


@dataclass(frozen=True)
class ProjectSection:
    """Who the retailer is and how they count: `[project]`."""

    name: str | None = setting(None, doc="A short name in lower case; else the folder's.")
    title: Title | None = setting(None, doc="What people call it, in one or several languages; else the name.")
    currency: str = setting("EUR", doc="The currency of all figures (ISO 4217); others are converted.")
    zone: str = setting("Europe/Paris", doc="The time zone in which days begin (IANA).")
    country: str = setting("FR", doc="Where customers live who do not say otherwise (ISO 3166).")
    languages: tuple[str, ...] = setting(
        ("en", "fr"), doc="The languages of titles and reports, the usual one first.", choices=LANGUAGES
    )
    as_of: str = setting(
        "today",
        doc="The day of the figures: today, or the last day there is data of (for files that no longer grow).",
        choices=("today", "last_data"),
    )
    week_starts: str = setting("monday", doc="The first day of the week.", choices=("monday", "sunday"))
    source_folders: tuple[str, ...] = setting(
        (), doc="Folders outside of the project's that sources may read files from (`/srv/exports`)."
    )
    notice: Title | None = setting(None, doc="A sentence that every report shows at its top (invented data, a pilot).")


@dataclass(frozen=True)
class WarehouseSection:
    """Where the tables are kept: `[warehouse]`."""

    folder: str = setting("warehouse", doc="A folder, from the project's.")
    keep_versions: int = setting(3, doc="How many published versions are kept; older ones are removed.")


@dataclass(frozen=True)
class PacksSection:
    """What we ship ready-made and the project uses: `[profiles]`, `[segments]`, `[scores]`."""

    packs: tuple[str, ...] = setting(("retail",), doc="Ready-made definitions to use; `[]` for none.")
    anonymous: bool = setting(False, doc="Whether visitors known by a cookie only have a profile too (`[profiles]`).")


@dataclass(frozen=True)
class TomlFile:
    """All of parcours.toml."""

    project: ProjectSection
    warehouse: WarehouseSection
    engine: EngineSettings
    collect: CollectSettings
    profiles: PacksSection
    segments: PacksSection
    scores: PacksSection
    exchange_rates: tuple[ExchangeRate, ...]
    place: Place
    lines: CommentedMap


SECTIONS: dict[str, type] = {
    "project": ProjectSection,
    "warehouse": WarehouseSection,
    "engine": EngineSettings,
    "collect": CollectSettings,
    "profiles": PacksSection,
    "segments": PacksSection,
    "scores": PacksSection,
}


def read_settings(node: CommentedMap, folder: Path, reader: Reader) -> TomlFile | None:
    """The project's settings; None, with faults noted, when they cannot be read."""
    for key in node:
        if key not in SECTIONS and key != "exchange_rates":
            reader.faults.unknown(reader.place(node, key), "section", key, [*SECTIONS, "exchange_rates"])
    before = len(reader.faults.found)
    sections = {name: _section(name, cls, node, reader) for name, cls in SECTIONS.items()}
    project = sections["project"]
    if project is not None:
        _check_project(project, node, folder, reader)
    _check_machine(sections, node, folder, reader)
    rates = tuple(_rates(node, reader, project.currency if project else ""))
    if len(reader.faults.found) > before:
        return None
    return TomlFile(**sections, exchange_rates=rates, place=Place(reader.file), lines=node)


def _section(name: str, cls: type, node: CommentedMap, reader: Reader) -> Any:
    written = node.get(name, CommentedMap())
    at = reader.place(node, name) if name in node else Place(reader.file)
    if not isinstance(written, CommentedMap):
        reader.faults.add(at, f"{name!r} is a section.", f"Write '[{name}]' on a line of its own.")
        return None
    with suppress(Wrong):
        return reader.dataclass(cls, written, at)
    return None


def _check_project(project: ProjectSection, node: CommentedMap, folder: Path, reader: Reader) -> None:
    written = node.get("project", CommentedMap())

    def at(key: str) -> Place:
        return reader.place(written, key) if key in written else Place(reader.file)

    if project.name is not None and not _NAME.match(project.name):
        reader.faults.add(at("name"), f"{project.name!r} is not a name.", "Use small letters, digits, '_' and '-'.")
    if project.zone not in available_timezones():
        reader.faults.unknown(at("zone"), "time zone", project.zone, available_timezones(), hint="As in Europe/Paris.")
    if project.currency not in list_currencies():
        reader.faults.unknown(at("currency"), "currency", project.currency, list_currencies(), hint="As in EUR.")
    countries = [code for code in Locale("en").territories if len(code) == 2 and code.isalpha()]
    if project.country not in countries:
        reader.faults.unknown(at("country"), "country", project.country, countries, hint="As in FR.")
    if not project.languages:
        reader.faults.add(at("languages"), "a project speaks at least one language.", 'As in ["fr"].')


def _check_collect(collect: CollectSettings | None, node: CommentedMap, folder: Path, reader: Reader) -> None:
    if collect is None:
        return
    for name in ("per_second", "burst"):
        if getattr(collect, name) < 1:
            reader.faults.add(reader.place(node["collect"], name), f"{name!r} must be 1 or more.")
    if collect.places is not None and not (folder / collect.places).is_file():
        at = reader.place(node["collect"], "places")
        reader.faults.add(at, f"there is no file {collect.places}.", "Supply one in MaxMind's format, or leave it out.")


def _check_machine(sections: dict[str, Any], node: CommentedMap, folder: Path, reader: Reader) -> None:
    engine, warehouse = sections["engine"], sections["warehouse"]
    if engine and engine.memory and not _MEMORY.match(engine.memory):
        at = reader.place(node["engine"], "memory")
        reader.faults.add(at, f"{engine.memory!r} is not an amount of memory.", "Write for example '4 GB'.")
    if engine and engine.threads is not None and engine.threads < 1:
        reader.faults.add(reader.place(node["engine"], "threads"), "'threads' must be 1 or more.")
    _check_collect(sections["collect"], node, folder, reader)
    if warehouse and warehouse.keep_versions < 1:
        reader.faults.add(reader.place(node["warehouse"], "keep_versions"), "'keep_versions' must be 1 or more.")


def _rates(node: CommentedMap, reader: Reader, own: str) -> Iterator[ExchangeRate]:
    written = node.get("exchange_rates", CommentedMap())
    if not isinstance(written, CommentedMap):
        at = reader.place(node, "exchange_rates")
        reader.faults.add(at, "'exchange_rates' is a section.", "Write '[exchange_rates]', then lines as 'USD = 0.92'.")
        return
    for currency, value in written.items():
        at = reader.place(written, currency)
        if currency not in list_currencies():
            reader.faults.unknown(at, "currency", currency, list_currencies(), hint="As in USD.")
        elif currency == own:
            reader.faults.add(at, f"{currency} is the project's own currency.", "Remove the line.")
        elif isinstance(value, CommentedMap):
            for since, rate in value.items():
                yield from _rate(currency, since, rate, reader.place(value, since), reader)
        else:
            yield from _rate(currency, None, value, at, reader)


def _rate(currency: str, since: str | None, rate: Any, at: Place, reader: Reader) -> Iterator[ExchangeRate]:
    day: date | None = None
    if since is not None:
        try:
            day = date.fromisoformat(since)
        except ValueError:
            reader.faults.add(at, f"{since!r} is not a date.", 'Write for example "2026-01-31" = 0.92.')
            return
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate < 1e9:
        reader.faults.add(at, f"the rate of {currency} must be a number above 0.", "As in 0.92.")
        return
    yield ExchangeRate(currency=currency, since=day, rate=float(rate))
