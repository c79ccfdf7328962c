"""What an allotment has to deal: the project's offers and a campaign's coupons, each with what limits it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parcours.model.value import Money, Share, Title
from parcours.project.definitions import Project
from parcours.project.offer_references import in_force
from parcours.project.offering import Allotment, Offer
from parcours.rules.rule import Rule

Goods = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Offered:
    """An offer as it is dealt, from a file or from a campaign.

    `goods` names its articles (the same for offers on the same articles), `why` says why it is not dealt, if so.
    """

    offer_id: str
    code: str
    title: Title
    goods: Goods
    value: Money | Share | int
    cost: int
    supplier: str | None
    funding: float
    budget: int | None
    households: int | None
    stock: int | None
    who: Rule | None
    never: Rule | None
    why: str | None = None

    def title_text(self, worth: str, label: str | None) -> str:
        """The title by language, as JSON; what it is worth and on what, for a coupon that a campaign does not name."""
        words = dict(self.title.words)
        if label and words == {"": self.code}:
            words = {"en": f"{worth} off {label}", "fr": f"{worth} sur {label}"}
        return json.dumps(words, sort_keys=True, ensure_ascii=False)

    def worth(self, price: float) -> float:
        """What one use takes off, in minor units, at the usual price of one purchase."""
        if isinstance(self.value, Share):
            return self.value.value * price
        return float(self.value.minor if isinstance(self.value, Money) else self.value)


def offered(project: Project, allotment: Allotment, coupons: list[dict[str, Any]]) -> list[Offered]:
    """Everything an allotment might deal; with `why` where the days do not meet."""
    found: dict[str, Offered] = {}
    names = allotment.offers or (() if allotment.campaign else tuple(project.offers))
    for one in (*(_of_project(project.offers[name], allotment) for name in names), *_of_campaign(allotment, coupons)):
        found.setdefault(one.offer_id, one)
    return list(found.values())


def _of_project(offer: Offer, allotment: Allotment) -> Offered:
    why = None
    if not in_force(offer, allotment):
        why = "expired" if offer.until and offer.until < allotment.starts else "not_yet"
    return Offered(
        offer_id=offer.name,
        code=offer.code or offer.name,
        title=offer.title or Title.of(offer.name),
        goods=tuple(offer.good_for.said().items()),
        value=offer.value,
        cost=offer.cost.minor if offer.cost else 0,
        supplier=offer.supplier,
        funding=offer.funding.value,
        budget=offer.budget.minor if offer.budget else None,
        households=offer.households,
        stock=offer.stock,
        who=offer.who,
        never=offer.never,
        why=why,
    )


def _of_campaign(allotment: Allotment, coupons: list[dict[str, Any]]) -> Iterator[Offered]:
    for row in coupons:
        value = row["value"] if row["value"] is not None else allotment.value
        yield Offered(
            offer_id=f"{allotment.campaign}/{row['coupon_id']}",
            code=row["coupon_id"],
            title=Title.of(row["name"] or row["coupon_id"]),
            goods=(("coupon", (row["coupon_id"],)),),
            value=value if value is not None else 0,
            cost=0,
            supplier=allotment.supplier,
            funding=allotment.funding.value,
            budget=None,
            households=None,
            stock=None,
            who=None,
            never=None,
        )
