"""Reads sources/*.yaml: a system of the retailer's, how it is read, and which of its columns are which of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Read
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ruamel.yaml.comments import CommentedMap
from sqlglot import exp

from parcours.model import CONTRACTS, Contract
from parcours.model.value import Place
from parcours.project.definitions import ColumnMapping, IdentifierMapping, Mapping, Source
from parcours.project.reader import Reader, Wrong, key_of, readable

FILLED_BY_US = {
    "row_id", "source", "record_id", "order_date", "event_date", "is_purchase", "session_id", "acquisition", "lines",
    "returned_amount", "original_net_amount",
}  # fmt: skip
DELIVERED = (
    "customer_records", "orders", "order_lines", "products", "stores", "stock", "events", "message_events", "campaigns",
    "campaign_members", "coupons", "redemptions", "consents", "survey_answers",
)  # fmt: skip
ORIGINS = ("from", "=", "value")
_SETTINGS = tuple(key_of(field) for field in readable(Source))
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def landable() -> dict[str, tuple[str, ...]]:
    """The tables a source may fill, and the columns it may give them."""
    return {name: tuple(_fillable(CONTRACTS[name])) for name in DELIVERED}


def _fillable(contract: Contract) -> Iterator[str]:
    """The columns of a table that are not worked out by us; part of a key, as a day of stock is, they are delivered."""
    ours = FILLED_BY_US - {"event_date", "order_date"} if contract.time is None else FILLED_BY_US
    return (column for column in contract.columns if column not in ours)


def read_source(node: CommentedMap, kinds: Read[str, type], reader: Reader) -> Source | None:
    """One source; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    name = name_of(node, "source", reader)
    given, _ = reader.settings(Source, node, at, skip=[key for key in node if key not in _SETTINGS])
    kind = read_kind(node, kinds, reader, at, what="kind of source", skip=("source", *_SETTINGS, "set_aside", "tables"))
    aside = _expressions(node, "set_aside", reader)
    tables = _tables(node, aside, reader)
    if kind is not None and not tables and "tables" not in node and not hasattr(kind, "own_tables"):
        reader.faults.add(
            at, "'tables' is missing.", "Say which tables this source fills, as in 'tables: {orders: ...}'."
        )
    if len(reader.faults.found) > before or name is None or kind is None:
        return None
    if hasattr(kind, "own_tables"):  # what a kind brings along, where the project says nothing else
        own = {
            table: replace(mapping, set_aside={**aside, **mapping.set_aside})
            for table, mapping in kind.own_tables().items()
        }
        tables = {**own, **tables}
    return Source(name=name, kind=kind, tables=tables, set_aside=aside, place=at, **given)


def name_of(node: CommentedMap, key: str, reader: Reader) -> str | None:
    """The name a definition gives itself on its first line."""
    if key not in node:
        place = Place(reader.file, node.lc.line + 1)
        reader.faults.add(
            place, f"{key!r} is missing.", f"The first line names what the file defines: '{key}: my_name'."
        )
        return None
    return good_name(node[key], reader.place(node, key), reader)


def good_name(name: Any, at: Place, reader: Reader) -> str | None:
    """A name that may be used in files, columns and addresses; None, with a fault, when it may not."""
    if isinstance(name, str) and _NAME.match(name) and len(name) <= 60:
        return name
    reader.faults.add(at, f"{str(name)[:60]!r} is not a name.", "Use small letters, digits and '_', as in 'my_best'.")
    return None


def read_kind(
    node: CommentedMap, kinds: Read[str, type], reader: Reader, at: Place, *, what: str, skip: tuple[str, ...]
) -> Any:
    """An instance of the kind a definition names, from the keys that are the kind's own."""
    if "kind" not in node:
        reader.faults.add(at, "'kind' is missing.", f"Name a {what}: {', '.join(sorted(kinds))}.")
        return None
    name = str(node["kind"])
    if name not in kinds:
        reader.faults.unknown(reader.place(node, "kind"), what, name, sorted(kinds))
        return None
    with suppress(Wrong):
        return reader.dataclass(kinds[name], node, at, skip=("kind", *skip))
    return None


def _tables(node: CommentedMap, aside: dict[str, exp.Expression], reader: Reader) -> dict[str, Mapping]:
    written = node.get("tables", CommentedMap())
    if not isinstance(written, CommentedMap) or ("tables" in node and not written):
        reader.faults.add(reader.place(node, "tables"), "'tables' must name tables.", "As in 'tables: {orders: ...}'.")
        return {}
    known = landable()
    read: dict[str, Mapping] = {}
    for table, body in written.items():
        at = reader.place(written, table)
        if table not in known:
            reader.faults.unknown(at, "table", table, known, hint=f"A source may fill {', '.join(known)}.")
        elif not isinstance(body, CommentedMap):
            reader.faults.add(at, f"{table!r} must say its columns.", "As in 'columns: {order_id: TICKET}'.")
        else:
            with suppress(Wrong):
                read[table] = _mapping(table, body, aside, at, reader)
    return read


def _mapping(table: str, node: CommentedMap, aside: dict[str, exp.Expression], at: Place, reader: Reader) -> Mapping:
    columns = _columns(table, node, reader)
    identifiers = _identifiers(table, node, reader)
    own = _expressions(node, "set_aside", reader)
    values, whole = reader.settings(Mapping, node, at, skip=("columns", "identifiers", "set_aside"))
    if not columns and not identifiers:
        reader.faults.add(at, f"{table!r} has no columns.", "As in 'columns: {order_id: TICKET}'.")
    if not whole:
        raise Wrong
    return Mapping(
        table=table, columns=columns, identifiers=identifiers, set_aside={**aside, **own}, place=at, **values
    )


def _columns(table: str, node: CommentedMap, reader: Reader) -> dict[str, ColumnMapping]:
    known = landable()[table]
    read = {}
    for column, value, at in _entries(node, "columns", reader):
        if column in FILLED_BY_US and column in CONTRACTS[table].columns and column not in known:
            reader.faults.add(at, f"Parcours works out {column!r} itself.", "Remove the line.")
        elif column not in known:
            reader.faults.no_column(at, table, column, known)
        else:
            with suppress(Wrong):
                read[column] = _column(value, at, reader)
    return read


def _column(value: Any, at: Place, reader: Reader) -> ColumnMapping:
    if isinstance(value, str):
        return _origin_of_text(ColumnMapping, value, at, reader)
    if not isinstance(value, CommentedMap):
        hint = "Write the source's column, '= an expression', or {value: a constant}."
        reader.faults.add(at, f"{value!r} is not where a column comes from.", hint)
        raise Wrong
    origin = _origin(value, at, reader, ORIGINS)
    options, whole = reader.settings(ColumnMapping, value, at, skip=ORIGINS)
    if not whole:
        raise Wrong
    return ColumnMapping(**origin, **options, place=at)


def _origin_of_text(cls: type, text: str, at: Place, reader: Reader) -> Any:
    if text.startswith("="):
        return cls(expression=_expression(text, at, reader), place=at)
    return cls(source=text, place=at)


def _origin(node: CommentedMap, at: Place, reader: Reader, allowed: tuple[str, ...]) -> dict[str, Any]:
    found = [key for key in allowed if key in node]
    if len(found) != 1:
        words = ", ".join(repr(key) for key in allowed[:-1]) + f" and {allowed[-1]!r}"
        reader.faults.add(at, f"exactly one of {words} says where a value comes from.")
        raise Wrong
    key, value = found[0], node[found[0]]
    if key == "value":
        return {"constant": value, "is_constant": True}
    if not isinstance(value, str | int):
        reader.faults.add(reader.place(node, key), f"{key!r} must be text.")
        raise Wrong
    if key == "=":
        return {"expression": _expression(str(value), reader.place(node, key), reader)}
    return {"source": str(value)}


def _identifiers(table: str, node: CommentedMap, reader: Reader) -> dict[str, IdentifierMapping]:
    read = {}
    for kind, value, at in _entries(node, "identifiers", reader):
        if "record_id" not in CONTRACTS[table].columns:
            reader.faults.add(at, f"{table!r} speaks of no person.", "Remove its identifiers.")
            break
        if good_name(kind, at, reader) is None:
            continue
        with suppress(Wrong):
            read[kind] = _identifier(value, at, reader)
    return read


def _identifier(value: Any, at: Place, reader: Reader) -> IdentifierMapping:
    if isinstance(value, str):
        mapping: IdentifierMapping = _origin_of_text(IdentifierMapping, value, at, reader)
        return mapping
    if not isinstance(value, CommentedMap):
        reader.faults.add(at, f"{value!r} is not where an identifier comes from.", "Write the source's column.")
        raise Wrong
    for key in value:
        if key not in ("from", "=", "verified"):
            reader.faults.unknown(reader.place(value, key), "setting", key, ("from", "=", "verified"))
    verified = value.get("verified", False)
    if not isinstance(verified, bool):
        verified = _expression(str(verified), reader.place(value, "verified"), reader)
    return IdentifierMapping(**_origin(value, at, reader, ORIGINS[:2]), verified=verified, place=at)


def _entries(node: CommentedMap, key: str, reader: Reader) -> list[tuple[str, Any, Place]]:
    written = node.get(key)
    if written is None:
        return []
    if not isinstance(written, CommentedMap):
        reader.faults.add(reader.place(node, key), f"{key!r} must be entries of the form 'ours: theirs'.")
        return []
    return [(name, value, reader.place(written, name)) for name, value in written.items()]


def _expressions(node: CommentedMap, key: str, reader: Reader) -> dict[str, exp.Expression]:
    read = {}
    for name, text, at in _entries(node, key, reader):
        with suppress(Wrong):
            read[name] = _expression(str(text), at, reader)
    return read


def _expression(text: str, at: Place, reader: Reader) -> exp.Expression:
    found = reader.expression(text, at)
    if found is None:
        raise Wrong
    return found
