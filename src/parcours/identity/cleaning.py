"""Customer records made comparable: lower case, without accents, spaces and punctuation; dates as digits.

`prepare` gives the table `prepared`, numbered from 0 in the order of record_id so that nothing after it depends on
the order the rows came in. Pairs are pairs of these small numbers until the very end.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
from sqlglot import exp, parse_one

from parcours.engine.protocol import Engine

NUMBER = "record_number"
KNOWN = (
    "first_name", "last_name", "birth_date", "email", "phone",
    "street", "street_number", "city", "postcode", "state", "country",
)  # fmt: skip
MADE_OF = {"email_name": "email", "first_sound": "first_name", "last_sound": "last_name"}
FEWEST = 10
SMALLEST_SHARE = 0.02


def prepare(engine: Engine, records: pa.Table, *, extra: Collection[str] = ()) -> list[str]:
    """Makes the table `prepared` in the engine; gives the columns that may be compared.

    Columns that `records` lacks are there, empty. `extra` are columns beyond the known ones that the retailer wants
    compared; all others are left behind.
    """
    columns = [*KNOWN, *(column for column in extra if column not in KNOWN)]
    engine.register("given", records)
    engine.temp("prepared", _query(columns, set(records.column_names)))
    engine.forget("given")
    return columns


def comparable(filled: dict[str, int], records: int) -> list[str]:
    """The columns that enough records fill to say anything about a pair."""
    return [column for column, rows in filled.items() if rows >= max(FEWEST, SMALLEST_SHARE * records)]


def _query(columns: list[str], given: set[str]) -> exp.Select:
    number = parse_one("CAST(row_number() OVER (ORDER BY record_id) - 1 AS INTEGER)", read="duckdb")
    cleaned = [exp.alias_(_clean(column, column in given), column) for column in columns]
    numbered = [exp.alias_(number, NUMBER), "CAST(record_id AS BIGINT) AS record_id"]
    rows = exp.select(*numbered, *cleaned).from_("given").subquery("cleaned")
    made = [exp.alias_(_shaped(_MADE[name], exp.column(column)), name) for name, column in MADE_OF.items()]
    return exp.select("*", *made).from_(rows).order_by(NUMBER)


def _clean(column: str, given: bool) -> exp.Expression:
    return _shaped(_CLEANED.get(column, _LETTERS), _text(column, given))


def _text(column: str, given: bool) -> exp.Expression:
    return exp.cast(exp.column(column) if given else exp.null(), "text")


def _shaped(text: str, value: exp.Expression) -> exp.Expression:
    """An expression over `x`, with `x` being the value."""
    tree = parse_one(text, read="duckdb")
    return tree.transform(lambda node: value.copy() if isinstance(node, exp.Column) and node.name == "x" else node)


_LETTERS = r"nullif(regexp_replace(lower(strip_accents(x)), '[^\p{L}\p{N}]', '', 'g'), '')"
_DIGITS = r"nullif(regexp_replace(x, '[^0-9]', '', 'g'), '')"
_CLEANED = {"email": "nullif(trim(lower(x)), '')", "phone": _DIGITS, "birth_date": _DIGITS}


_SOUND = "left(x, 1) || left(regexp_replace(substr(x, 2), '[aeiouyhw]', '', 'g'), 3)"
_MADE = {"email_name": "nullif(split_part(x, '@', 1), '')", "first_sound": _SOUND, "last_sound": _SOUND}


def filled(engine: Engine, columns: Collection[str]) -> dict[str, int]:
    """How many records fill each column of `prepared`; none where all say the same."""
    counts = [exp.alias_(exp.func("count", exp.column(column)), column) for column in columns]
    distinct = [
        exp.alias_(exp.func("count", exp.Distinct(expressions=[exp.column(column)])), f"{column}__values")
        for column in columns
    ]
    (row,) = engine.rows(exp.select(*counts, *distinct).from_("prepared"))
    # a column that always says the same thing tells nobody from anybody
    return {column: row[column] if row[f"{column}__values"] > 1 else 0 for column in columns}
