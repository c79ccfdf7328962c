"""What a retailer asks people for: purposes, channels, and the exact texts they read, as `consents.yaml` says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from parcours.model.kind import setting
from parcours.model.value import Duration, Title

NEEDS = ("consent", "no_objection", "nothing")
_HOURS = re.compile(r"(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """A part of the day such as `20:00-08:00`, which may go over midnight."""

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Reads `20:00-08:00`. Raises ValueError saying how hours are written."""
        match = _HOURS.fullmatch(str(text).strip())
        try:
            if match:
                return cls(time(int(match[1]), int(match[2])), time(int(match[3]) % 24, int(match[4])))
        except ValueError:
            pass
        raise ValueError(f"{text!r} are not hours: write for example '20:00-08:00'")

    def hold(self, clock: time) -> bool:
        """Whether a time of day is within."""
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way to reach people: mail, text message, letter."""

    title: Title = setting(doc="What people call it, in one or several languages.")
    address: str | None = setting(
        None, doc="The kind of identifier it writes to: `email`, `phone`; else no address is looked for."
    )
    quiet: tuple[Hours, ...] = setting((), doc="Hours in which nobody is written to, where the shop is: `20:00-08:00`.")
    quiet_days: tuple[str, ...] = setting((), doc="Days on which nobody is written to: `[sunday]`.", choices=DAYS)

    def is_quiet(self, at: datetime, zone: str) -> bool:
        """Whether nobody is written to at this moment."""
        there = at.astimezone(ZoneInfo(zone))
        return DAYS[there.weekday()] in self.quiet_days or any(hours.hold(there.time()) for hours in self.quiet)


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one purpose needs on one channel before anybody is written to."""

    __short__ = "needs"

    needs: str = setting(
        "consent",
        doc="What it needs: that the person agreed, that they did not object, or nothing (their order is on its way).",
        choices=NEEDS,
    )
    soft_opt_in: Duration | None = setting(
        None,
        doc="Customers who bought within so long need not have agreed, only not said no: for similar goods of the same "
        "company, told when the address was collected and in each message (2002/58 art. 13(2), CPCE L.34-5).",
    )
    category: str | None = setting(
        None, doc="The category of `context.consent` on collected events that speaks of it: `Advertising`."
    )


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What people's data are used for, and the text in which they are asked."""

    title: Title = setting(doc="What people call it, in one or several languages.")
    texts: dict[str, Title] = setting(
        default_factory=dict,
        doc="The texts people read, by version, the newest last. A text that somebody has read is never changed: "
        "it gets a new version.",
    )
    channels: dict[str, Allowance] = setting(
        default_factory=dict, doc="On which channels, and what it needs there: `email: consent`."
    )
    needs: str = setting(
        "no_objection", doc="What it needs where it writes to nobody (`channels` is empty).", choices=NEEDS
    )
    category: str | None = setting(
        None, doc="The category of `context.consent` that speaks of it, where it writes to nobody."
    )
    ends_with: tuple[str, ...] = setting(
        (), doc="Who objects to all of these purposes' channels objects to this one too: profiling to marketing."
    )

    @property
    def text_version(self) -> str | None:
        """The version people read now."""
        return next(reversed(self.texts), None)

    def text(self, language: str) -> tuple[str, str]:
        """The text people read now, with the language it is in; empty when there is none."""
        words = self.texts[self.text_version].words if self.text_version else {}
        for code in (language, "", "en", *words):
            if code in words:
                return code, words[code]
        return "", ""

    def on(self, channel: str | None) -> Allowance | None:
        """What it needs on a channel, or (None) where it writes to nobody; None when it does not use the channel."""
        if channel is not None:
            return self.channels.get(channel)
        return None if self.channels else Allowance(needs=self.needs, category=self.category)

    @property
    def asks(self) -> bool:
        """Whether people have a say in it."""
        return any(self.on(channel).needs != "nothing" for channel in self.places())  # type: ignore[union-attr]

    def places(self) -> tuple[str | None, ...]:
        """The channels it uses; one None when it writes to nobody."""
        return tuple(self.channels) or (None,)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """All of consents.yaml."""

    public_url: str | None = setting(
        None, doc="Where people reach this server: `https://data.shop.example`. Links in messages begin with it."
    )
    link_for: Duration = setting(
        Duration.parse("365 days"), doc="How long the links in a message to the preference page work."
    )
    channels: dict[str, Channel] = setting(default_factory=dict, doc="The ways to reach people.")
    purposes: dict[str, Purpose] = setting(default_factory=dict, doc="What people's data are used for.")
    title: Title = field(default_factory=lambda: Title.of(""))  # the retailer's, as the rest from parcours.toml
    language: str = "en"
    zone: str = "UTC"
    country: str = "FR"

    def categories(self) -> Iterator[tuple[str, str, str | None]]:
        """Which category of `context.consent` speaks of which purpose and channel."""
        for name, purpose in self.purposes.items():
            for channel in purpose.places():
                allowance = purpose.on(channel)
                if allowance is not None and allowance.category:
                    yield allowance.category, name, channel
