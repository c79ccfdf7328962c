"""The words of our pages, in English and French, with numbers, money and dates written as each language does.

Sentences live in `en.po` and `fr.po` under short keys, so that both languages are edited in the same way and
neither is the translation of the other's layout. The files are read as they are: nothing is compiled.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

LANGUAGES = ("en", "fr")
NONE = "\N{EN DASH}"
_LOCALES = {"en": "en_GB", "fr": "fr_FR"}
_COMPACT_FROM = 10_000_000


@dataclass(frozen=True)
class Words:
    """One language: its sentences, and how it writes numbers, money and dates."""

    language: str
    locale: Locale
    sentences: Mapping[str, tuple[str, ...]]

    def say(self, key: str, **values: Any) -> str:
        """The sentence under this key, with its blanks filled in."""
        return self._find(key)[0].format(**values)

    def count(self, key: str, n: int, **values: Any) -> str:
        """A sentence that changes with a number: one customer, two customers."""
        forms = self._find(key)
        # CLDR also knows "many" (French millions); our files write a singular and a plural only.
        form = forms[0] if self.locale.plural_form(n) == "one" else forms[-1]
        return form.format(n=self.number(n), **values)

    def name(self, kind: str, code: str) -> str:
        """The name of a coded thing; a code of the retailer's own is shown as it is written."""
        known = self.sentences.get(f"{kind}.{code}")
        return known[0] if known else code.replace("_", " ").strip().capitalize()

    def number(self, value: float | None) -> str:
        """A whole number: 1,234 or 1 234."""
        return NONE if value is None else format_decimal(round(value), locale=self.locale)

    def signed(self, value: int | None) -> str:
        """A whole number with its sign, for what came and what went."""
        if value is None:
            return NONE
        return _sign(value) + self.number(abs(value))

    def percent(self, value: float | None, digits: int = 1) -> str:
        """A share as a percentage: 0.839 is 83.9%."""
        if value is None:
            return NONE
        decimals = "0." + "0" * digits if digits else "0"
        pattern = re.sub("0$|0(?=[^0-9.])", decimals, self.locale.percent_formats[None].pattern, count=1)
        return format_percent(value, pattern, locale=self.locale)

    def growth(self, value: float | None) -> str:
        """A change as a signed percentage."""
        if value is None:
            return NONE
        # Rounded first: a change too small to show has no sign either.
        return _sign(round(value, 3)) + self.percent(abs(value))

    def money(self, minor: float | None, currency: str, *, cents: bool = False) -> str:
        """An amount given in minor units; without cents unless asked, and shorter from ten million on."""
        if minor is None:
            return NONE
        digits = get_currency_precision(currency)
        amount = minor / 10**digits
        if abs(amount) >= _COMPACT_FROM:
            return format_compact_currency(amount, currency, locale=self.locale, fraction_digits=1)
        return format_currency(
            amount,
            currency,
            format=None if cents else _without_cents(self.locale),
            locale=self.locale,
            currency_digits=cents,
        )

    def brief_money(self, minor: float, currency: str) -> str:
        """An amount as short as an axis needs it: 200 k €."""
        amount = minor / 10 ** get_currency_precision(currency)
        return format_compact_currency(amount, currency, locale=self.locale, fraction_digits=1)

    def part_of(self, value: float) -> str:
        """A number that may be a part of one: 1,189, but 0.13."""
        return format_decimal(value, "#,##0.##" if value < 100 else "#,##0", locale=self.locale)

    def times(self, value: float) -> str:
        """How many times as much: 2.4."""
        return format_decimal(value, "0.0", locale=self.locale)

    def points(self, value: float | None) -> str:
        """How far a share moved, in percentage points."""
        if value is None:
            return NONE
        moved = round(value * 100, 1)
        return self.say("points", n=_sign(moved) + format_decimal(abs(moved), "0.0", locale=self.locale))

    def day(self, day: date) -> str:
        """A day written out: 31 March 2025, 31 mars 2025."""
        return format_date(day, "long", locale=self.locale)

    def month(self, day: date) -> str:
        """A month and its year, short: Mar 2025, mars 2025."""
        return format_skeleton("yMMM", day, locale=self.locale)

    def days(self, first: date, last: date) -> str:
        """From a day to another, short: 3–21 Jan, 3–21 janv."""
        return format_interval(first, last, skeleton="MMMd", locale=self.locale)

    def missing(self, said: Mapping[str, Any]) -> str:
        """What there is too little of, as a sentence with its numbers; a share between 0 and 1 is a percentage."""
        if not said:
            return NONE
        shown = {name: self.percent(value, 0) if 0 < value < 1 else self.number(value)
                 for name, value in said.items() if isinstance(value, int | float)}  # fmt: skip
        return self.say(f"too_little.{said['code']}", **shown)

    def _find(self, key: str) -> tuple[str, ...]:
        if key not in self.sentences:
            raise KeyError(f"words/{self.language}.po has no '{key}'")
        return self.sentences[key]


@lru_cache
def words(language: str) -> Words:
    """The words of one language, read once."""
    if language not in LANGUAGES:
        raise ValueError(f"no words in '{language}': choose one of {', '.join(LANGUAGES)}")
    with files(__package__).joinpath(f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    typeset = _french if language == "fr" else str
    sentences = {
        _key(message.id): tuple(typeset(form) for form in _forms(message.string)) for message in catalogue if message.id
    }
    return Words(language, Locale.parse(_LOCALES[language]), sentences)


def _key(message_id: Any) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _french(text: str) -> str:
    """French no-break spaces (before : ; ? ! % », after «) and curled apostrophes: nobody should have to type them."""
    text = text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    return re.sub(r"(?<=«) | (?=[:;?!%»€])", "\N{NO-BREAK SPACE}", text)


def _without_cents(locale: Locale) -> str:
    return re.sub(r"0\.00", "0", locale.currency_formats["standard"].pattern)


def _sign(value: float) -> str:
    if not value:
        return ""
    return "+" if value > 0 else "\N{MINUS SIGN}"
