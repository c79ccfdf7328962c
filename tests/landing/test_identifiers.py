"""E-mails and phone numbers in one form each, the fast way and the sure way agreeing."""

from __future__ import annotations

import re
from functools import cache

import duckdb
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from parcours.landing import identifiers, phones


@cache
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    phones.register(made)
    return made


def normalised(kind: str, *texts: str | None, country: str = "FR") -> list[str | None]:
    connection().register("given", pa.table({"x": pa.array(texts, pa.string())}))
    tree = identifiers.normalised(kind, exp.column("x"), country)
    return [row[0] for row in connection().execute(exp.select(tree).from_("given").sql("duckdb")).fetchall()]


@pytest.mark.parametrize(("written", "number"), [
    ("06 12 34 56 78", "+33612345678"), ("06.12.34.56.78", "+33612345678"), ("06-12-34-56-78", "+33612345678"),
    ("+33612345678", "+33612345678"), ("+33 (0)6 12 34 56 78", "+33612345678"), ("0033612345678", "+33612345678"),
    ("+41 79 123 45 67", "+41791234567"), ("(01) 42 68 53 00", "+33142685300"), ("0000000000", None), ("12", None),
    ("call me", None), (None, None), ("", None),
])  # fmt: skip
def test_phone_numbers(written: str | None, number: str | None) -> None:
    assert normalised("phone", written) == [number]


national = st.text("0123456789", min_size=4, max_size=13)
written_numbers = st.one_of(
    st.builds(
        lambda lead, digits: lead + digits,
        st.sampled_from(["", "0", "+33", "0033", "+33 0", "+49", "+1", "00"]),
        national,
    ),
    st.text("0123456789 +.-()/x", max_size=18),
)


@pytest.mark.parametrize("country", ["FR", "DE", "BE", "CH", "GB", "US", "IT", "ES", "NL"])
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(written_numbers, min_size=20, max_size=60))
def test_the_pattern_says_what_the_library_says(country: str, texts: list[str]) -> None:
    assert normalised("phone", *texts, country=country) == [
        phones.e164(text, country) if text else None for text in texts
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(100_000_000, 999_999_999), min_size=20, max_size=60), st.sampled_from([" ", ".", "-", ""]))
def test_french_numbers_as_people_write_them_are_read_as_the_library_does(numbers: list[int], blank: str) -> None:
    texts = [blank.join(re.findall("..", f"0{number}")) for number in numbers]
    assert normalised("phone", *texts) == [phones.e164(text, "FR") for text in texts]


def test_example_numbers_of_every_country_with_a_pattern_are_valid() -> None:
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        if phones.usual(country) is None:
            continue
        example = phonenumbers.example_number(country)
        if example is None:
            continue
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert normalised("phone", written, country=country) == [phones.e164(written, country)], country


@pytest.mark.parametrize(("written", "address"), [
    ("Zoe@Example.FR", "zoe@example.fr"), ("a.b+shop@x-y.co.uk", "a.b+shop@x-y.co.uk"), ("o'neil@x.ie", "o'neil@x.ie"),
    ("é@café.fr", "é@café.fr"), ("null@null", None), ("a@b", None), ("a..b@c.fr", None), (".a@c.fr", None),
    ("a.@c.fr", None),
    ("a b@c.fr", None), ("a@b@c.fr", None), ("a@-b.fr", None), ("a@b-.fr", None), ("a@b.1", None), ("a@b.c", None),
    ("", None),
    ("x" * 64 + "@a.fr", "x" * 64 + "@a.fr"), ("x" * 65 + "@a.fr", None), ("<a@b.fr>", None), ("a,b@c.fr", None),
])  # fmt: skip
def test_addresses(written: str, address: str | None) -> None:
    assert normalised("email", written) == [address]


def valid(address: str) -> bool:
    """The rule of `landing/identifiers`, said in Python."""
    name, at, domain = address.partition("@")
    if not at or "@" in domain or len(address) > 254 or not 1 <= len(name) <= 64:
        return False
    if name[0] == "." or name[-1] == "." or ".." in name or any(c.isspace() or c in '"(),:;<>[]\\' for c in name):
        return False
    labels = domain.split(".")
    return (
        len(labels) > 1
        and all(0 < len(label) <= 63 and label[0] != "-" and label[-1] != "-" for label in labels)
        and all(c.isascii() and (c.isalnum() or c == "-") for label in labels for c in label)
        and len(labels[-1]) > 1
        and labels[-1][0].isalpha()
    )


@settings(max_examples=120, deadline=None)
@given(
    st.text("ab1.@- +'\"<\\_", max_size=14)
    | st.from_regex(r"\A[a-c.+]{1,5}@[a-c.1-]{1,8}\Z")
    | st.from_regex(r"\A(a{20,70}|b)@(c{30,70}|d)\.(ef){1,40}\Z")
)
def test_the_rule_for_addresses_is_what_it_says(address: str) -> None:
    assert normalised("email", address) == [address if valid(address) else None]


def test_other_identifiers_stay_as_they_are() -> None:
    assert normalised("loyalty_card", "00123") == ["00123"]
