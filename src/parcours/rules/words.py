"""The third reader: a rule in words, English or French, as people of the shop would say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent

from parcours.model.value import Duration, Money, Share, Title, minor_digits
from parcours.rules.phrases import COLUMNS, DEEDS, PHRASES
from parcours.rules.rule import (
    SAME_DAY,
    AllOf,
    AnyOf,
    Compare,
    Deed,
    Followed,
    Happened,
    InSegment,
    Not,
    Rule,
    Window,
)

# What attributes are called, by name; segments by "segment:NAME"; values that have a title by "attribute=value".
Titles: TypeAlias = Mapping[str, Title | str]


def in_words(rule: Rule, language: str, titles: Titles | None = None) -> str:
    """A rule as a sentence without its full stop; never empty. A language we do not speak is answered in English."""
    text = Words(language if language in PHRASES else "en", titles or {}).rule(rule)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Words:
    """Says rules and values in one language."""

    language: str
    titles: Titles

    def say(self, key: str, **parts: Any) -> str:
        return str(PHRASES[self.language][key]).format(**parts)

    def title(self, key: str) -> str:
        """What people call it; else its name as words."""
        title = self.titles.get(key)
        if title is not None:
            return title.in_(self.language) if isinstance(title, Title) else title
        return self.plainly(key)

    def subject(self, name: str) -> str:
        """An attribute within a sentence: without its capital, unless that is part of the name (NPS, Wi-Fi)."""
        title = self.title(name)
        acronym = any(letter.isupper() for letter in title.partition(" ")[0][1:])
        return title if acronym else title[:1].lower() + title[1:]

    def plainly(self, key: str) -> str:
        """A name as words: `first_order` is first order."""
        plain = key.rpartition(":")[2].replace("_", " ").removesuffix(" id").strip() or key
        return COLUMNS[self.language].get(plain, plain)

    # -- rules

    def rule(self, rule: Rule) -> str:
        match rule:
            case AllOf(rules):
                return self.joined(rules, "and") or self.say("everybody")
            case AnyOf(rules):
                return self.joined(rules, "or") or self.say("nobody")
            case Not(Happened() as happened):
                return self.happened(happened, negated=True)
            case Not(InSegment(segment)):
                return self.say("not_in_segment", s=self.say("quoted", v=self.title(f"segment:{segment}")))
            case Not(inner):
                return self.say("not", x=self.rule(inner))
            case InSegment(segment):
                return self.say("in_segment", s=self.say("quoted", v=self.title(f"segment:{segment}")))
            case Happened():
                return self.happened(rule)
            case Compare():
                return self.compare(rule)

    def joined(self, rules: tuple[Rule, ...], how: str) -> str:
        grouped = (self.grouped(each) if len(rules) > 1 else self.rule(each) for each in rules)
        return self.say(how).join(grouped)

    def grouped(self, rule: Rule) -> str:
        several = isinstance(rule, AllOf | AnyOf) and len(rule.rules) > 1
        return f"({self.rule(rule)})" if several else self.rule(rule)

    def compare(self, rule: Compare) -> str:
        phrase, dated = rule.op, isinstance(rule.value, date)
        if rule.op == "known" and not rule.value:
            phrase = "not_known"
        elif dated and rule.op in _OF_DAYS:
            phrase = _OF_DAYS[rule.op]
        return self.say(phrase, s=self.subject(rule.subject), v=self.values(rule))

    def values(self, rule: Compare) -> str:
        if isinstance(rule.value, Duration) and rule.op in _STRETCHES:
            return self.length(rule.value, _STRETCHES[rule.op])
        if not isinstance(rule.value, tuple):
            return self.value(rule.value, rule.subject)
        said = [self.value(each, rule.subject) for each in rule.value]
        last = self.say("and" if rule.op == "between" else "or")
        return last.join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else said[0]

    def happened(self, rule: Happened, *, negated: bool = False) -> str:
        never = rule.at_least == 0 and rule.at_most == 0
        times = "" if never else self.times(rule)
        if isinstance(rule.activity, Followed):
            return self.followed(rule.activity, times, negated is not never)
        no = negated is not never
        phrase = "did" if not no else "did_not_times" if times else "did_not"
        deed = rule.activity.deed
        return self.say(phrase, deed=self.deed(deed, no), times=times, **self.when(deed, rule.activity.window))

    def followed(self, sequence: Followed, times: str, negated: bool) -> str:
        nexts = [
            self.say(word, deed=self.deed(deed, word == "then_not"), where=self.where(deed), **self.follows(sequence))
            for word, deed in (("then", sequence.then), ("then_not", sequence.then_not))
            if deed is not None
        ]
        said = self.when(sequence.first, sequence.window)
        phrase = "no_sequence" if negated else "sequence"
        deed = self.deed(sequence.first, negated)
        return self.say(phrase, deed=deed, next=self.say("and").join(nexts), times=times, **said)

    def follows(self, sequence: Followed) -> dict[str, str]:
        same = self.say("same", s=self.title(sequence.same)) if sequence.same else ""
        if isinstance(sequence.within, Duration):
            return {"same": same, "within": self.say("within_time", v=self.length(sequence.within))}
        return {"same": same, "within": self.say("within_day" if sequence.within == SAME_DAY else "within_now")}

    def deed(self, deed: Deed, negated: bool) -> str:
        known = DEEDS[self.language]
        phrase = known.get((deed.fact, deed.name)) or known[(deed.fact, None)]
        return phrase[negated].format(v=self.say("quoted", v=deed.name))

    def where(self, deed: Deed) -> str:
        # Columns of rows are not attributes: their titles are ours, not the project's.
        return self.say("where", x=replace(self, titles={}).rule(deed.where)) if deed.where is not None else ""

    def when(self, deed: Deed, window: Window) -> dict[str, str]:
        said = ""
        if window.within is not None:
            said += self.say("window_within", v=self.length(window.within, "last_"))
        if window.longer_ago_than is not None:
            said += self.say("window_longer_ago_than", v=self.length(window.longer_ago_than))
        if window.since is not None and window.until is not None:
            said += self.say("window_between", v=self.value(window.since), w=self.value(window.until))
        elif window.since is not None:
            said += self.say("window_since", v=self.value(window.since))
        elif window.until is not None:
            said += self.say("window_until", v=self.value(window.until))
        return {"where": self.where(deed), "window": said}

    def times(self, rule: Happened) -> str:
        least, most = rule.at_least, rule.at_most
        if most is None:
            return self.say("times_at_least", n=least) if least > 1 else ""
        if least == most:
            return self.say("times_exactly", n=least) if least > 1 else self.say("times_once")
        if least > 0:
            return self.say("times_between", n=least, m=most)
        return self.say("times_at_most", n=most) if most > 1 else self.say("times_at_most_once")

    # -- values

    def value(self, value: Any, subject: str = "") -> str:
        """A value as people write it in this language."""
        titled = f"{subject}={value}"
        if titled in self.titles:
            return self.say("quoted", v=self.title(titled))
        for kind, said in _SAID:
            if isinstance(value, kind):
                return said(self, value)
        return self.say("unknown")

    def like(self, value: Any, model: Any, subject: str) -> str:
        """A value of the warehouse, said in the unit of a value it was compared with: 61200 like 500 EUR is 612 EUR."""
        if isinstance(model, tuple):
            model = model[0]
        if value is None or isinstance(value, str | bool | date):
            return self.value(value, subject)
        if isinstance(model, Money):
            return self.value(Money(round(value), model.currency))
        if isinstance(model, Share):
            return self.value(Share(float(value)))
        if isinstance(model, Duration):
            return self.value(Duration(round(value * 86400)))
        return self.value(value, subject)

    def count(self, count: int) -> str:
        """How often something was done."""
        if count > 1:
            return self.say("count", n=self.value(count))
        return self.say("count_once" if count else "count_never")

    def length(self, length: Duration, which: str = "") -> str:
        """A length of time; `which` is "last_" or "next_" for "the last 14 days"."""
        number, unit = str(length).split(" ")
        one, many = PHRASES[self.language][which + unit.removesuffix("s")]
        said = self.value(int(number))
        if which:
            return str(one if number == "1" else many.format(n=said))
        return f"{said} {one if number == '1' else many}"

    def money(self, money: Money) -> str:
        amount = Decimal(money.minor).scaleb(-minor_digits(money.currency))
        if amount != amount.to_integral_value():
            return str(format_currency(amount, money.currency, locale=self.language))
        whole = _WHOLE_MONEY[self.language]
        return str(format_currency(amount, money.currency, whole, locale=self.language, currency_digits=False))

    def share(self, share: Share) -> str:
        return str(format_percent(Decimal(str(share.value)), _PERCENT[self.language], locale=self.language))

    def number(self, value: float) -> str:
        return str(format_decimal(Decimal(str(value)), "#,##0.####", locale=self.language))

    def day(self, value: date) -> str:
        said = str(format_date(value, "long", locale=self.language))
        return said.replace("1 ", "1er ", 1) if self.language == "fr" and value.day == 1 else said


_WHOLE_MONEY = {"en": "¤#,##0", "fr": "#,##0\u00a0¤"}
_PERCENT = {"en": "#,##0.##%", "fr": "#,##0.##\u00a0%"}

# "at least 1 May" is "1 May or later".
_OF_DAYS = {"at_least": "from", "more_than": "after", "at_most": "until", "less_than": "before"}

# "within the last 14 days", "in the next 7 days".
_STRETCHES = {"within": "last_", "in_the_next": "next_", "on_day_of_year_within": "next_"}

# A boolean is an integer to Python and an instant is a date: the narrower kind comes first.
_SAID: tuple[tuple[type, Callable[[Words, Any], str]], ...] = (
    (bool, lambda words, value: words.say("yes" if value else "no")),
    (Money, Words.money),
    (Share, Words.share),
    (Duration, Words.length),
    (int, Words.number),
    (float, Words.number),
    (datetime, lambda words, value: str(format_datetime(value, "long", locale=words.language))),
    (date, Words.day),
    (str, lambda words, value: words.say("quoted", v=value)),
)
