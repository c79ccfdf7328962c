"""Reads identity.yaml: which identifiers join records into persons, and how far likeness may."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.definitions import IdentifierRules, Identity, Matching
from parcours.project.reader import Reader, Wrong
from parcours.project.sources import good_name, landable

FILE = "identity.yaml"
KINDS = ("email", "phone", "loyalty_card", "crm_id", "login", "cookie", "device", "external_id")
_KEYS = ("identity", "identifiers")


def usual_identity() -> Identity:
    """What a project without identity.yaml gets: every kind of identifier joins, within our limits."""
    return Identity(place=Place(FILE))


def read_identity(node: CommentedMap, folder: Path, reader: Reader) -> Identity | None:
    """The project's identity rules; None, with faults noted, when they cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    values, _ = reader.settings(Identity, node, at, skip=_KEYS)
    kinds = _kinds(node, reader)
    known = {*KINDS, *kinds}
    _check_kinds(node, known, reader)
    _check_columns(node, values.get("matching"), reader)
    _check_files(node, folder, values, reader)
    if len(reader.faults.found) > before:
        return None
    return Identity(kinds=kinds, place=at, **values)


def _kinds(node: CommentedMap, reader: Reader) -> dict[str, IdentifierRules]:
    written = node.get("identifiers")
    if written is None:
        return {}
    if not isinstance(written, CommentedMap):
        at = reader.place(node, "identifiers")
        reader.faults.add(at, "'identifiers' must name kinds.", "As in 'identifiers: {phone: {limit: 4}}'.")
        return {}
    read = {}
    for kind, body in written.items():
        at = reader.place(written, kind)
        if good_name(kind, at, reader) is None:
            continue
        if body is not None and not isinstance(body, CommentedMap):
            keys = ", ".join(field.name for field in fields(IdentifierRules))
            reader.faults.add(at, f"{kind!r} must say its rules.", f"There is {keys}.")
            continue
        with suppress(Wrong):
            rules = body if body is not None else CommentedMap()
            said = reader.dataclass(IdentifierRules, rules, at)
            read[kind] = said if "limit" in rules else replace(said, limit=IdentifierRules.usual(kind).limit)
    return read


def _check_kinds(node: CommentedMap, known: set[str], reader: Reader) -> None:
    blocked = node.get("blocked_values")
    if isinstance(blocked, CommentedMap):
        for kind in blocked:
            if kind not in known:
                reader.faults.unknown(reader.place(blocked, kind), "kind of identifier", kind, sorted(known))
    order = node.get("order")
    if isinstance(order, list):
        for position, kind in enumerate(order):
            if isinstance(kind, str) and kind not in known:
                reader.faults.unknown(reader.place(order, position), "kind of identifier", kind, sorted(known))  # type: ignore[arg-type]


def _check_columns(node: CommentedMap, matching: Matching | None, reader: Reader) -> None:
    columns = landable()["customer_records"]
    written = node.get("matching")
    if matching is not None and isinstance(written, CommentedMap):
        for column in matching.compare:
            if column not in columns:
                place = reader.place(written["compare"], column)
                reader.faults.no_column(place, "customer_records", column, columns)
        for column in {each for block in matching.block_on for each in block} - set(columns):
            place = reader.place(written, "block_on")
            reader.faults.no_column(place, "customer_records", column, columns)
        if not 0 < matching.ask_a_human_above <= matching.join_above <= 1:
            place = reader.place(written, "join_above" if "join_above" in written else "ask_a_human_above")
            reader.faults.add(
                place, "probabilities must stand in order.", "0 < 'ask_a_human_above' <= 'join_above' <= 1."
            )
    households = node.get("households")
    if isinstance(households, CommentedMap) and isinstance(households.get("same"), list):
        for column in households["same"]:
            if isinstance(column, str) and column not in columns:
                place = reader.place(households, "same")
                reader.faults.no_column(place, "customer_records", column, columns)


def _check_files(node: CommentedMap, folder: Path, values: dict[str, object], reader: Reader) -> None:
    for key in ("links_file", "labels_file"):
        name = values.get(key)
        if isinstance(name, str) and not (folder / name).is_file():
            reader.faults.add(reader.place(node, key), f"no file {name!r}.", "Paths start at the project's folder.")
