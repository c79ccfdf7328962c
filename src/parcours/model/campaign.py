"""A campaign, who was in it, its coupons and their redemptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from parcours.model.table import table


@table("campaigns", key=("campaign_id",))
@dataclass(frozen=True)
class Campaign:
    """A campaign and its dates."""

    campaign_id: str
    source: str
    name: str | None
    channel: str | None
    kind: str | None
    started_on: date | None
    ended_on: date | None


@table("campaign_members", key=("row_id",))
@dataclass(frozen=True)
class CampaignMember:
    """That a customer was addressed by a campaign."""

    row_id: int
    source: str
    record_id: int | None
    campaign_id: str


@table("coupons", key=("coupon_id", "campaign_id", "product_id"))
@dataclass(frozen=True)
class Coupon:
    """A coupon, the campaign that carries it and a product it is good for."""

    coupon_id: str
    source: str
    campaign_id: str | None
    product_id: str | None
    name: str | None
    value: int | None


@table("redemptions", key=("row_id",), time="redeemed_at")
@dataclass(frozen=True)
class Redemption:
    """A coupon used by a customer."""

    row_id: int
    source: str
    record_id: int | None
    coupon_id: str
    campaign_id: str | None
    order_id: str | None
    redeemed_at: datetime | None
    event_date: date | None
    amount: int | None
