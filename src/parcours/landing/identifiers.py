"""Writes identifiers in one way each, so that the same customer is recognised: e-mails, phone numbers, and the rest.

An e-mail address is usable when, in lower case and without blanks around it, it is one `@` between a name (no spaces,
quotes, brackets, commas, semicolons, colons or backslashes; no dot at either end, no two dots together; 1 to 64
characters) and a domain of at least two parts (letters, digits and inner hyphens; the last one of
two or more, beginning with a letter); 254 characters in all. Whether it exists is another question.
"""

from __future__ import annotations

import re

from sqlglot import exp

from parcours.landing import phones
from parcours.landing.conversions import call

LONGEST_EMAIL = 254
_ATOM = r"[^\s@.\"(),:;<>\[\]\\]+"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?"
_LAST = r"\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}]"
EMAIL = rf"{_LOCAL}@(?:{_LABEL}\.)+{_LAST}"
# Nearly all addresses are of this simpler shape, which is a hundred times faster to see than the whole rule.
SHORT_EMAIL = 63  # too short for any part of it to be too long
_PLAIN = "[a-z0-9_+-]+"
_PLAIN_LABEL = "[a-z0-9]+(?:-+[a-z0-9]+)*"
PLAIN_EMAIL = rf"{_PLAIN}(?:\.{_PLAIN})*@(?:{_PLAIN_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]"
CHECKED = ("email", "phone")
_LETTER, _LETTER_OR_DIGIT = r"[^\W\d_]", r"[^\W_]"
_INNER = rf"(?:{_LETTER_OR_DIGIT}|-)"
_ONE_EMAIL = re.compile(
    EMAIL.replace(r"[\p{L}\p{N}-]", _INNER).replace(r"[\p{L}\p{N}]", _LETTER_OR_DIGIT).replace(r"\p{L}", _LETTER)
)


def normalised(kind: str, text: exp.Expression, country: str) -> exp.Expression:
    """The identifier in its one form; null when it is not a valid one of its kind."""
    if kind == "email":
        return _email(text)
    if kind == "phone":
        return phones.normalised(text, country)
    return text.copy()


def one_normalised(kind: str, text: str, country: str) -> str | None:
    """The same for one identifier by the second: its one form; None when it is not a valid one of its kind."""
    if kind == "email":
        low = text.lower()
        valid = len(text) <= LONGEST_EMAIL and text.find("@") < 65 and _ONE_EMAIL.fullmatch(low)
        return low if valid else None
    return phones.e164(text, country.upper()) if kind == "phone" else text


def _email(text: exp.Expression) -> exp.Expression:
    low = call("lower", text)
    valid = exp.and_(
        call("regexp_full_match", low, EMAIL),
        exp.LTE(this=call("length", text), expression=exp.Literal.number(LONGEST_EMAIL)),
        exp.LTE(this=call("strpos", text, "@"), expression=exp.Literal.number(65)),
    )
    plain = exp.and_(
        call("regexp_full_match", low.copy(), PLAIN_EMAIL),
        exp.LTE(this=call("length", text), expression=exp.Literal.number(SHORT_EMAIL)),
    )
    return exp.case().when(plain, low.copy()).when(valid, low.copy())
