"""Turns JSON documents (an array, or records deep inside an object) into one record a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
from sqlglot import exp

from parcours.engine.reader.layout import Refused

# Above this, a document is only read when it is an array or lines, which need no more memory than a record.
LARGEST_DOCUMENT = 512_000_000
LARGEST_RECORD = 64_000_000


def is_lines(path: Path) -> bool:
    """Whether a JSON file holds one object a line: its first line is an object of its own."""
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"{}")
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


def to_lines(path: Path, records: str, target: Path) -> Path:
    """Writes each record of a document on a line of its own. Raises Refused for what is not JSON."""
    size = path.stat().st_size
    if not records and _first(path) != b"[" and is_lines(path):
        return path
    if size > LARGEST_DOCUMENT and (records or _first(path) != b"["):
        raise Refused(f"one JSON document of {size} bytes is too large to read: export an array, or an object a line")
    array = not records and _first(path) == b"["
    options = {
        "format": "array" if array else "unstructured",
        "maximum_object_size": LARGEST_RECORD if array else size + 1,
    }
    read = exp.Anonymous(
        this="read_json_objects",
        expressions=[
            exp.Literal.string(str(path)),
            *[exp.EQ(this=exp.column(key), expression=exp.convert(value)) for key, value in options.items()],
        ],
    )
    document: exp.Expression = exp.column("json")
    if records:
        path_ = "$." + ".".join(json.dumps(part) for part in records.removesuffix("[]").split(".")) + "[*]"
        document = exp.Anonymous(
            this="unnest",
            expressions=[exp.Anonymous(this="json_extract", expressions=[document, exp.Literal.string(path_)])],
        )
    query = exp.select(exp.alias_(document, "record")).from_(exp.Table(this=read)).subquery("r")
    # json() writes the record anew, without line ends
    line = exp.alias_(exp.cast(exp.Anonymous(this="json", expressions=[exp.column("record")]), "varchar"), "line")
    _copy(exp.select(line).from_(query), target)
    return target


def _copy(query: exp.Expression, target: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET threads = 1")
        try:
            reader = connection.execute(query.sql("duckdb")).to_arrow_reader(20_000)
            with target.open("wb") as file:
                for batch in reader:
                    for line in batch.column(0).to_pylist():
                        file.write((line or "null").encode("utf-8") + b"\n")
        except (duckdb.InvalidInputException, duckdb.BinderException) as error:
            raise Refused(f"it is not whole JSON: {without_content(str(error))}") from None


def without_content(message: str) -> str:
    """What DuckDB says, without the file's name and without what it quotes of the file."""
    found = re.search(r"at byte (\d+)[^:]*: ([a-z ,]+)", message)
    return f"at byte {found[1]}: {found[2].strip()}" if found else "it ends too soon or is damaged"


def _first(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096).lstrip()[:1]
