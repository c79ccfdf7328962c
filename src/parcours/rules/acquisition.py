"""By which way a visit came: search, advertisement, mail, another site. One table of rules, read over rows and for one.

Source: Google Analytics 4, "Default channel group" (support.google.com/analytics/answer/9756891). Both readings search
the same patterns, made of what DuckDB's, Spark's and Python's regular expressions share, in texts whose ASCII capitals
are made small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from sqlglot import exp

from parcours.model.kind import setting

DIRECT, OTHER = "direct", "other"
SHIPPED = Path(str(resources.files(__package__))) / "acquisition.yaml"
HOST = "^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:@]*)"
CAPITALS, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
REMEMBERED = 10_000  # answers for one visit that are remembered
_PLAIN = re.compile(r"[a-z0-9 _.,()/+*-]*")
_LOW = str.maketrans(CAPITALS, SMALL)


@dataclass(frozen=True, kw_only=True)
class AcquisitionRule:
    """A channel, and what a visit's origin must be to have come by it: all that is named must hold."""

    channel: str = setting(doc="What the channel is called: `paid_search`.")
    sites: tuple[str, ...] = setting((), doc="Kinds of sites, as named under `sites`.")
    source: tuple[str, ...] = setting((), doc="What the source may be; `*` stands for any text.")
    medium: tuple[str, ...] = setting((), doc="What the medium may be; `*` stands for any text.")
    campaign: tuple[str, ...] = setting((), doc="What the campaign may be called; `*` stands for any text.")

    def __post_init__(self) -> None:
        _check(self.channel, *self.source, *self.medium, *self.campaign)
        if not (self.sites or self.source or self.medium or self.campaign):
            raise ValueError("a rule says what must hold: write 'sites', 'source', 'medium' or 'campaign'")


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """By which way visits came. A project's own sites and rules come before those that we ship."""

    own: tuple[str, ...] = setting((), doc="Further sites of yours, and such as bring nobody: where one pays.")
    clicks: Mapping[str, str] = setting(
        default_factory=dict, doc="What advertisers add to an address, and the source that it tells: `gclid: google`."
    )
    sites: Mapping[str, tuple[str, ...]] = setting(
        default_factory=dict, doc="Kinds of sites, each a list of parts of hosts: `search: [google, bing]`."
    )
    rules: tuple[AcquisitionRule, ...] = setting((), doc="The channels, the first that holds.")

    def __post_init__(self) -> None:
        _check(*self.own, *(site for sites in self.sites.values() for site in sites), *self.clicks.values())
        for name in self.clicks:
            if not re.fullmatch("[A-Za-z0-9_]+", name):
                raise ValueError(f"'clicks': {name!r} is no name of a parameter")

    def before(self, other: Acquisition) -> Acquisition:
        """Both, this one first."""
        names = {**other.sites, **self.sites}
        sites = {name: (*self.sites.get(name, ()), *other.sites.get(name, ())) for name in names}
        return Acquisition(own=(*self.own, *other.own), clicks={**other.clicks, **self.clicks}, sites=sites,
                           rules=(*self.rules, *other.rules))  # fmt: skip

    def of(self, page: Mapping[str, str | None]) -> str | None:
        """The channel of a visit that began with this page (utm_source ... referrer); None where there is no page."""
        return self._of(*(page.get(name) or "" for name in COLUMNS))

    @cached_property
    def _of(self) -> _Of:
        return _Of(self)

    def patterns(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Each rule's channel, with what is searched where (source, medium, campaign, site)."""
        for rule in self.rules:
            searched = [(name, _searched(told, "|")) for name, told in (
                ("source", rule.source), ("medium", rule.medium), ("campaign", rule.campaign)) if told]  # fmt: skip
            hosts = [site for kind in rule.sites for site in self.sites.get(kind, ())]
            yield rule.channel, [*searched, *([("site", _searched(hosts, "."))] if rule.sites else [])]

    # -- over rows

    def clicked(self) -> exp.Expression:
        """The source that an advertiser's mark in `page_url` tells, else an empty text."""
        case = exp.case()
        for name, source in self.clicks.items():
            case = case.when(_like("page_url", _click(name)), exp.Literal.string(source))
        return case.else_(exp.Literal.string("")) if self.clicks else exp.Literal.string("")

    def ours(self) -> exp.Expression:
        """Whether the host `there` is a site of the retailer's."""
        return _like("there", _searched(self.own, "."), edge=".") if self.own else exp.false()

    def channel(self) -> exp.Expression:
        """The channel of the columns source, medium and campaign."""
        case = exp.case()
        for channel, searched in self.patterns():
            tests = [_like("source" if name == "site" else name, pattern, edge="." if name == "site" else "|")
                     for name, pattern in searched]  # fmt: skip
            case = case.when(exp.and_(*tests), exp.Literal.string(channel))
        return case.else_(exp.Literal.string(OTHER)) if self.rules else exp.Literal.string(OTHER)


COLUMNS = ("utm_source", "utm_medium", "utm_campaign", "page_url", "referrer")


@dataclass(frozen=True)
class _Of:
    """The reading for one visit."""

    table: Acquisition
    answers: dict[tuple[str, ...], str | None] = field(default_factory=dict)

    def __call__(self, *told: str) -> str | None:
        if told not in self.answers:
            if len(self.answers) >= REMEMBERED:
                self.answers.clear()
            self.answers[told] = self._answer(*told)
        return self.answers[told]

    def _answer(self, utm_source: str, utm_medium: str, utm_campaign: str, page_url: str, referrer: str) -> str | None:
        if not any((utm_source, utm_medium, utm_campaign, page_url, referrer)):
            return None
        here, there = _host(page_url), _host(referrer)
        led = "" if _bare(there) == _bare(here) or self._ours(there) else there
        clicked = next((source for name, source in self.table.clicks.items() if _found(_click(name), page_url)), "")
        source = low(utm_source) or clicked or led
        medium = low(utm_medium) or ("cpc" if clicked else "" if utm_source or not led else "referral")
        if not (source or medium or utm_campaign):
            return DIRECT
        words = {"source": f"|{source}|", "medium": f"|{medium}|", "campaign": f"|{low(utm_campaign)}|",
                 "site": f".{source}."}  # fmt: skip
        for channel, searched in self.table.patterns():
            if all(_found(pattern, words[name]) for name, pattern in searched):
                return channel
        return OTHER

    def _ours(self, host: str) -> bool:
        return bool(self.table.own) and _found(_searched(self.table.own, "."), f".{host}.")


def low(text: str) -> str:
    """A text with small ASCII letters, as both engines' `translate` makes them."""
    return text.translate(_LOW)


def _host(url: str) -> str:
    found = re.search(HOST, url)
    return low(found[1]) if found else ""


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _found(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


@lru_cache(1_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _click(name: str) -> str:
    return f"[?&]{name}=[^&#]"


def _searched(told: tuple[str, ...] | list[str], edge: str) -> str:
    """A pattern for one of some words between two edges; no letter of it needs a backslash."""
    words = "|".join("".join(_letter(each, edge) for each in word.lower()) for word in dict.fromkeys(told))
    return f"[{edge}](?:{words})[{edge}]"


def _letter(letter: str, edge: str) -> str:
    if letter == "*":
        return f"[^{edge}]*"
    return letter if letter.isalnum() else f"[{letter}]"


def _like(column: str, pattern: str, *, edge: str = "") -> exp.Expression:
    text: exp.Expression = exp.column(column)
    if edge:
        text = exp.func("concat", exp.Literal.string(edge), text, exp.Literal.string(edge))
    return exp.RegexpLike(this=text, expression=exp.Literal.string(pattern))


def _check(*told: str) -> None:
    for each in told:
        if not _PLAIN.fullmatch(each.lower()):
            raise ValueError(f"{each!r} cannot be looked for: write a to z, 0 to 9, . _ - / ( ) + and *")
