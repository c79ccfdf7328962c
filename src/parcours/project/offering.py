"""What a retailer has to offer, as values: offers, the suppliers who pay for them, and allotments of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.kind import setting
from parcours.model.value import Duration, Money, Place, Share, Title
from parcours.rules.rule import Rule


@dataclass(frozen=True, kw_only=True)
class GoodFor:
    """What an offer is good for: articles for which all that is written here holds."""

    product: tuple[str, ...] = setting((), doc="These articles, by their `product_id`.")
    brand: tuple[str, ...] = setting((), doc="Articles of these brands.")
    category_1: tuple[str, ...] = setting((), doc="Articles of these departments.")
    category_2: tuple[str, ...] = setting((), doc="Articles of these categories.")
    category_3: tuple[str, ...] = setting((), doc="Articles of these finest categories.")

    def said(self) -> dict[str, tuple[str, ...]]:
        """What is written, by column of the catalogue (`product_id`, `brand` ...)."""
        columns = {"product_id": self.product, "brand": self.brand, "category_1": self.category_1,
                   "category_2": self.category_2, "category_3": self.category_3}  # fmt: skip
        return {column: values for column, values in columns.items() if values}


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """Who pays for offers, and how much at most."""

    name: str
    title: Title | None = setting(None, doc="What people call them.")
    budget: Money | None = setting(None, doc="What they pay at most in one allotment, for all their offers together.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something a customer may be given: money or a part of the price off, on some articles, for a time."""

    name: str
    title: Title | None = setting(None, doc="What the customer reads, in one or several languages.")
    good_for: GoodFor = setting(doc="The articles it is good for: `{category_2: [TEA]}`.")
    value: Money | Share = setting(doc="What it takes off the price of one purchase: `1.50 EUR`, or `20 %` of it.")
    code: str | None = setting(None, doc="What the till calls it (`coupon_id` of redemptions); else its name.")
    cost: Money | None = setting(None, doc="What handling one use costs the retailer, beside the value.")
    supplier: str | None = setting(None, doc="Which supplier pays a part.")
    funding: Share = setting(Share(0), doc="Which part of the value the supplier pays.")
    budget: Money | None = setting(
        None, doc="What all expected uses may cost together in one allotment, whoever pays (value only)."
    )
    households: int | None = setting(None, doc="How many households get it at most in one allotment.")
    stock: int | None = setting(None, doc="How many uses there is stock for: not more are expected in one allotment.")
    starts: date | None = setting(None, key="from", doc="The first day it may be used.")
    until: date | None = setting(None, doc="The last day it may be used.")
    who: Rule | None = setting(None, doc="Who may get it; in a household, one member is enough.")
    never: Rule | None = setting(None, doc="Who never gets it: no household with such a member does.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How many of the places are for what a household buys, and how many for discoveries."""

    known: int = setting(9, doc="Places for what the household buys.")
    discover: int = setting(3, doc="Places for what it does not buy yet.")


@dataclass(frozen=True, kw_only=True)
class Diversity:
    """How many offers of one kind a household gets at most."""

    per: str = setting(
        "category_2",
        doc="Of what an offer is, by most of what is sold under it.",
        choices=("category_1", "category_2", "category_3", "brand"),
    )
    at_most: int = setting(2, doc="How many offers of one such kind.")


@dataclass(frozen=True, kw_only=True)
class Allotment:
    """So many offers for each household, for a time; dealt once, by expected margin, within all budgets."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    starts: date = setting(key="from", doc="The first day its offers may be used.")
    until: date = setting(doc="The last day its offers may be used.")
    lead: Duration = setting(Duration(14 * 86400), doc="How long before the first day it is dealt.")
    offers: tuple[str, ...] = setting((), doc="The offers to deal; else all of them, or those of the campaign.")
    campaign: str | None = setting(None, doc="A campaign (`campaign_id`) whose coupons are dealt too.")
    value: Money | Share | None = setting(None, doc="What a coupon of the campaign is worth that does not say it.")
    supplier: str | None = setting(None, doc="Which supplier pays for the campaign's coupons.")
    funding: Share = setting(Share(0), doc="Which part of the value of the campaign's coupons a supplier pays.")
    places: int = setting(12, doc="How many different offers each gets.")
    mix: Mix | None = setting(None, doc="Known things and discoveries: three quarters known if it is not said.")
    diversity: Diversity = setting(default_factory=Diversity, doc="How many offers of one kind at most.")
    to: str = setting(
        "household", doc="Who gets them: each household, or each person.", choices=("household", "person")
    )
    who: Rule | None = setting(None, doc="Who gets any; in a household, one member is enough.")
    never: Rule | None = setting(None, doc="Who gets none: no household with such a member does.")
    holdout: Share = setting(
        Share(0), doc="Which share of the households gets nothing, so that what the offers bring can be measured."
    )
    budget: Money | None = setting(None, doc="What all expected uses may cost the retailer, after suppliers' funding.")
    margin: Share = setting(Share(0.25), doc="The margin of articles whose cost is not known, as a share of sales.")
    incremental: Share = setting(
        Share(0.5),
        doc="Of the uses by households that would not have bought such things in that time, which share is bought "
        "because of the offer. Replaced by what an earlier allotment with a holdout measured, where that says enough.",
    )
    lift_from: str | None = setting(
        None, doc="Which allotment `incremental` is measured on; else the last one that is over and had a holdout."
    )
    used: Share = setting(
        Share(0.3),
        doc="Of the households that buy such things in that time, which share uses an offer it has. Replaced by what "
        "earlier campaigns show, where there are enough redemptions.",
    )
    looks_back: Duration = setting(Duration(365 * 86400), doc="How far back a purchase makes a thing known.")
    place: Place

    @property
    def parts(self) -> Mix:
        """How many places are for known things and how many for discoveries."""
        known = -(-3 * self.places // 4)
        return self.mix or Mix(known=known, discover=self.places - known)
