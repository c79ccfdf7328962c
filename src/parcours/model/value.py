"""The values people write in project files: durations, money, shares, titles; and where they wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week|month|year)s?\s*$")
_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}
_MONEY = re.compile(r"^\s*(-?[\d  ]+(?:[.,]\d{1,3})?)\s*([A-Za-z]{3})\s*$")

# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_EXPONENTS |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)


@dataclass(frozen=True, order=True)
class Duration:
    """A length of time such as `90 days` or `36 hours`; a month is 30 days and a year 365."""

    seconds: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Reads `90 days`. Raises ValueError saying how a duration is written."""
        match = _DURATION.match(str(text))
        if not match:
            raise ValueError(f"{text!r} is not a duration: write for example '90 days' or '36 hours'")
        return cls(round(float(match[1]) * _SECONDS[match[2]]))

    @property
    def days(self) -> int:
        """Whole days, rounded up: 36 hours are 2 days."""
        return -(-self.seconds // 86400)

    @property
    def delta(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        for name in ("day", "hour", "minute", "second"):
            if self.seconds % _SECONDS[name] == 0:
                count = self.seconds // _SECONDS[name]
                return f"{count} {name}{'s' if count != 1 else ''}"
        raise AssertionError("every number of seconds is a whole number of seconds")


@dataclass(frozen=True)
class Money:
    """An amount in whole minor units (cents) with its currency."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """Reads `500 EUR` or `12,50 EUR`. Raises ValueError saying how money is written."""
        match = _MONEY.match(str(text))
        if not match:
            raise ValueError(f"{text!r} is not an amount of money: write for example '500 EUR'")
        currency = match[2].upper()
        plain = re.sub(r"[  ]", "", match[1]).replace(",", ".")
        try:
            scaled = Decimal(plain).scaleb(minor_digits(currency))
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount of money: write for example '500 EUR'") from None
        return cls(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):.{digits}f} {self.currency}"


def minor_digits(currency: str) -> int:
    """How many decimals a currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for TND."""
    return _EXPONENTS.get(currency.upper(), 2)


@dataclass(frozen=True, order=True)
class Share:
    """A share between 0 and 1, written `20 %` or `0.2`."""

    value: float

    @classmethod
    def parse(cls, text: str | float) -> Share:
        """Reads `20 %` or `0.2`. Raises ValueError saying how a share is written."""
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return cls(float(text))
        match = re.match(r"^\s*(-?\d+(?:[.,]\d+)?)\s*(%?)\s*$", str(text))
        if not match:
            raise ValueError(f"{text!r} is not a share: write for example '20 %' or 0.2")
        number = float(match[1].replace(",", "."))
        return cls(number / 100 if match[2] else number)


@dataclass(frozen=True)
class Title:
    """What people call a thing, in one or several languages."""

    words: Mapping[str, str]

    @classmethod
    def of(cls, value: str | Mapping[str, str]) -> Title:
        return cls({"": value}) if isinstance(value, str) else cls(dict(value))

    def in_(self, language: str) -> str:
        """The title in a language; else in English, else in any."""
        for code in (language, "", "en"):
            if code in self.words:
                return self.words[code]
        return next(iter(self.words.values()), "")

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.words.items())))


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: a file of the project and a line (from 1)."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a project file: where, what, and what to do next."""

    place: Place
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}{' ' + self.hint if self.hint else ''}"


def as_date(text: str) -> date:
    """Reads `2026-01-31`. Raises ValueError saying how a date is written."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write for example 2026-01-31") from None
