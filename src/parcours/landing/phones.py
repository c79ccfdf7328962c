"""Phone numbers in E.164, as the library phonenumbers reads them.

Most numbers are written in one of the usual ways of the shop's country: those are read by a pattern made from the
library's own description of that country, over whole tables. What is unusual goes to the library, each value once.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import duckdb
import phonenumbers
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType
from phonenumbers import PhoneMetadata
from sqlglot import exp

from parcours.landing.conversions import call

FUNCTION = "e164_by_library"
_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
          "voicemail")  # fmt: skip


@lru_cache(maxsize=1 << 18)
def e164(text: str, country: str) -> str | None:
    """The number in E.164, read as in `country` when it names none; None when it is not a valid number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if (phonenumbers.is_valid_number(number))
        else None
    )


def by_library(texts: pa.Array, countries: pa.Array) -> pa.Array:
    """`e164` over columns, for the engine to call with what the pattern did not know."""
    pairs = zip(texts.to_pylist(), countries.to_pylist())
    return pa.array([e164(text, country) if text else None for text, country in pairs], pa.string())


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the library callable from queries."""
    text = duckdb.sqltype("VARCHAR")
    connection.create_function(
        FUNCTION, by_library, [text, text], text, type=PythonUDFType.ARROW, null_handling=FunctionNullHandling.SPECIAL
    )


@cache
def usual(country: str) -> tuple[str, str, str] | None:
    """How numbers are usually written in a country: (its code, its trunk prefix, the pattern of valid numbers).

    None where numbers change between being dialled and being written down, and only the library knows how.
    """
    about = PhoneMetadata.metadata_for_region(country.upper(), None)
    if about is None or about.national_prefix_transform_rule or about.leading_digits:
        return None
    prefix = about.national_prefix or ""
    if (about.national_prefix_for_parsing or "") != prefix or about.same_mobile_and_fixed_line_pattern:
        return None
    patterns = [
        getattr(about, kind).national_number_pattern
        for kind in _KINDS
        if getattr(about, kind, None) is not None and getattr(about, kind).national_number_pattern
    ]
    return str(about.country_code), prefix, "|".join(f"(?:{_flat(pattern)})" for pattern in patterns)


def _flat(pattern: str) -> str:
    return re.sub(r"\s+", "", pattern)


def normalised(text: exp.Expression, country: str) -> exp.Expression:
    """The E.164 form of a text column, null where it is not a valid number."""
    library = call(FUNCTION, text, country.upper())
    known = usual(country)
    if known is None or not known[1]:
        return library
    code, prefix, pattern = known
    digits = call("replace", call("replace", call("replace", text, " ", ""), ".", ""), "-", "")
    lead = len(prefix)
    local = exp.and_(
        call("starts_with", digits, prefix), call("regexp_full_match", call("substr", digits, lead + 1), pattern)
    )
    abroad = exp.and_(
        call("starts_with", digits, f"+{code}"),
        call("regexp_full_match", call("substr", digits, len(code) + 2), pattern),
    )
    return (
        exp.case()
        .when(local, call("concat", f"+{code}", call("substr", digits, lead + 1)))
        .when(abroad, digits)
        .else_(library)
    )
