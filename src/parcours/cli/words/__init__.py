"""What the command line says, in English and French.

The English sentence stands in the code and is the key of the French one in `fr.po`, read as it is (nothing is
compiled). Faults are written in English far below; here they are recognised by their shape (`no attribute {0}.`, in
`faults.fr.po`) and said in French, so that no room has to know what language its user speaks; what is wrong with how a
command was called, which Click says, in the same way (`usage.fr.po`). What things are called is in `terms.fr.po`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from parcours.model.value import Fault, minor_digits

LANGUAGES = ("en", "fr")
NONE = "\N{EN DASH}"
_LOCALES = {"en": "en_GB", "fr": "fr_FR"}
_BLANK = re.compile(r"\{(\d)\}")


@dataclass(frozen=True)
class Words:
    """One language: its sentences, and how it writes numbers, money and dates."""

    language: str
    sentences: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)

    def say(self, sentence: str, **values: Any) -> str:
        """The sentence in this language, its blanks filled in."""
        found = self.sentences.get(sentence, sentence)
        return found.format(**values) if values else found

    def count(self, one: str, many: str, n: int, **values: Any) -> str:
        """A sentence that changes with a number; its blank is `{n}`. French says zero in the singular."""
        single = n in (0, 1) if self.language == "fr" else n == 1
        return self.say(one if single else many, n=self.number(n), **values)

    def term(self, name: str) -> str:
        """What a thing of ours is called: "loyalty card", "order lines"; as it is when it is the retailer's own."""
        return self.terms.get(name, name)

    def fault(self, fault: Fault) -> str:
        """A fault, as `file:line: what. What next.`"""
        hint = f" {self.recognised(fault.hint)}" if fault.hint else ""
        return f"{fault.place}: {self.recognised(fault.message)}{hint}"

    def recognised(self, text: str) -> str:
        """A sentence whose blanks are already filled in, in this language; as it is when nobody translated it."""
        if text in self.sentences:
            return self.sentences[text]
        if text.startswith(" "):
            return f" {self.recognised(text.lstrip())}"
        for shape, french in self._shapes:
            if match := shape.fullmatch(text):
                return _filled(french, [self.recognised(part) for part in match.groups()])
        return text

    @cached_property
    def _shapes(self) -> list[tuple[re.Pattern[str], str]]:
        """Sentences whose blanks are numbered, as patterns; those that say the most themselves come first."""
        shaped = [(key, french) for key, french in self.sentences.items() if "{0}" in key]
        shaped.sort(key=lambda pair: -len(_BLANK.sub("", pair[0])))
        return [(_pattern(key), french) for key, french in shaped]

    # -- figures

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number as the language writes it: 1,234 or 1 234."""
        if value is None:
            return NONE
        rounded = round(value, digits) if digits else round(value)
        return str(format_decimal(rounded, locale=self.locale))

    def percent(self, share: float, digits: int = 1) -> str:
        """A share of 1 as a percentage."""
        return str(format_percent(round(share, digits + 2), format=f"#,##0.{'#' * digits} %", locale=self.locale))

    def money(self, minor: float | None, currency: str) -> str:
        """An amount of minor units."""
        if minor is None:
            return NONE
        return str(format_currency(minor / 10 ** minor_digits(currency), currency, locale=self.locale))

    def day(self, day: date | None) -> str:
        """A day: 31 Mar 2026."""
        return NONE if day is None else str(format_date(day, "medium", locale=self.locale))

    def moment(self, moment: datetime | None, zone: str = "UTC") -> str:
        """A moment (UTC, without zone) as the clock on the wall there says."""
        if moment is None:
            return NONE
        return str(format_datetime(moment, "short", tzinfo=ZoneInfo(zone), locale=self.locale))

    def seconds(self, seconds: float) -> str:
        """A length of time, roughly."""
        if seconds < 10:
            return f"{self.number(seconds, 1)} s"
        return str(format_timedelta(seconds, threshold=1.4, format="short", locale=self.locale))

    @property
    def locale(self) -> Locale:
        return Locale.parse(_LOCALES[self.language])


@lru_cache
def words(language: str) -> Words:
    """The words of one language, read once. Raises ValueError for a language there are none of."""
    if language == "en":
        return Words("en")
    if language not in LANGUAGES:
        raise ValueError(f"no words in {language!r}: choose one of {', '.join(LANGUAGES)}")
    sentences = {**_read(f"{language}.po"), **_read(f"faults.{language}.po"), **_read(f"usage.{language}.po")}
    return Words(language, sentences, _read(f"terms.{language}.po"))


def _read(name: str) -> dict[str, str]:
    """The sentences of a file beside this one, by their English."""
    with files(__package__).joinpath(name).open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


def spoken_here() -> str:
    """The language of the machine's user, when it is one of ours."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value[:2] in LANGUAGES:
            return value[:2]
    return "en"


def _pattern(key: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in _BLANK.split(key)[::2]]
    return re.compile("(.+?)".join(parts), re.DOTALL)


def _filled(sentence: str, parts: list[str]) -> str:
    return _BLANK.sub(lambda blank: parts[int(blank[1])], sentence)
