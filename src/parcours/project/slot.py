"""What a retailer personalises, as values: slots, what may stand in them, for whom, and what success is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from parcours.model.kind import setting
from parcours.model.value import Duration, Place, Share, Title
from parcours.rules.rule import Rule

REWARDS = ("click", "add", "order", "margin")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One thing that may stand in a slot, written by the retailer: a banner, a block of text, a reminder."""

    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    content: dict[str, Any] = setting(
        default_factory=dict,
        doc="What the page gets: texts, links, pictures; one in several languages is `{en: ..., fr: ...}`.",
    )
    who: Rule | None = setting(None, doc="Who may see it: a rule on the profile, segments and what is known here.")
    starts: date | None = setting(None, key="from", doc="The first day it may be shown.")
    until: date | None = setting(None, doc="The last day it may be shown.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """One of the merchants' rules: when it holds, what comes first, what stands alone, what is never shown."""

    when: Rule | None = setting(None, doc="When it holds: a rule on the profile, segments and what is known here.")
    first: tuple[str, ...] = setting((), doc="What stands before everything else, in this order.")
    only: tuple[str, ...] = setting((), doc="Nothing but these may be shown.")
    never: tuple[str, ...] = setting((), doc="These are not shown.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Success:
    """What counts as success of what was shown, and how long it may take."""

    __short__ = "by"

    by: str = setting(
        "click",
        doc="A click, an article put into the cart, an order in any channel, or the margin of such orders.",
        choices=REWARDS,
    )
    within: Duration = setting(Duration.parse("1 day"), doc="How long after it was shown it counts.")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A place that is different for each person: on a page, in an e-mail, in a feed, in a notification."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    candidates: tuple[Any, ...]  # instances of the kinds of candidates, as `decisions/candidates/variants.py`
    variants: dict[str, Variant] = setting(
        default_factory=dict, doc="What is written here to stand in it: `{winter: {content: {image: ...}}}`."
    )
    rules: tuple[Arrangement, ...] = setting((), doc="The merchants' rules, in order; each that holds is applied.")
    filters: tuple[Any, ...]  # instances of the kinds of filter, as `decisions/filters/in_stock.py`
    choose: Any  # an instance of one of the kinds of choice, as `decisions/choices/thompson.py`
    show: int = setting(1, doc="How many are shown at once.")
    success: Success = setting(
        default_factory=Success, doc="What counts as success: `click`, or `{by: order, within: 7 days}`."
    )
    guard: Success | None = setting(
        None, doc="A second measure: a variant that is surely worse by it than `fallback` is not shown any more."
    )
    holdout: Share = setting(
        Share(0.05), doc="Which share of people gets `fallback`, so that what the slot earns can be measured."
    )
    fallback: tuple[str, ...] = setting(
        (), doc="Variants to show when nothing else can be, and to those held back; else the first variants."
    )
    milliseconds: int = setting(40, doc="How long deciding may take before `fallback` is shown.")
    purpose: str = setting("profiling", doc="The purpose of consents.yaml for which what is known of a person is used.")
    version: str  # the hash of what is written: another text is another slot to learn about
    place: Place

    @property
    def standing(self) -> tuple[str, ...]:
        """The variants shown when nothing else can be, never none where there are variants."""
        return self.fallback or tuple(self.variants)[: self.show]

    @property
    def choice(self) -> str:
        """The word that names how it is chosen."""
        return str(type(self.choose).__kind__.name)
