"""What one person's messages tell, as rows of the tables: the same columns that the batch reads from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from parcours.model.value import minor_digits

BOUGHT = "order completed"
_EPOCH = datetime(1970, 1, 1)


class Message(Protocol):
    """What is read of a message."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def source(self) -> str: ...
    @property
    def subject(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def key(self) -> Any: ...


def events(messages: Iterable[Message], *, zone: str, currency: str, silence: int) -> list[dict[str, Any]]:
    """The rows of events, the oldest first, with their visits."""
    told = [one for one in messages if one.kind in ("track", "page", "screen")]
    made = {str(one.key): _event(one, zone, currency) for one in told}
    for visit, one in _visits(told, zone, silence):
        made[str(one.key)]["session_id"] = visit
    return sorted(made.values(), key=lambda row: (row["event_time"], row["row_id"]))


def orders(messages: Iterable[Message], *, zone: str, currency: str) -> list[dict[str, Any]]:
    """The rows of orders that messages tell, each order once."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(messages, key=lambda one: one.at):
        properties = one.body.get("properties")
        order = _text(properties.get("order_id")) if isinstance(properties, dict) else None
        if order and (one.name or "").lower() == BOUGHT:
            found[order] = _order(one, order, properties or {}, zone, currency)
    return list(found.values())


def published_orders(told: Iterable[Mapping[str, Any]], *, zone: str) -> list[dict[str, Any]]:
    """The rows of the orders that a publication tells."""
    return [{**order, "order_time": at, "order_date": _local(at, zone), "row_id": 0}
            for order in told for at in (datetime.fromisoformat(order["at"]),)]  # fmt: skip


def _event(one: Message, zone: str, currency: str) -> dict[str, Any]:
    body = one.body
    properties, context = _dict(body.get("properties")), _dict(body.get("context"))
    page, campaign = _dict(context.get("page")), _dict(context.get("campaign"))
    at = one.at.astimezone(UTC).replace(tzinfo=None)
    first = _first(properties.get("products"))
    said = _dict(_dict(context.get("consent")).get("categoryPreferences")).get("marketing")
    return {
        "row_id": one.key.int, "source": one.source, "session_id": None,
        "name": (one.name or "").lower().replace(" ", "_") if one.kind == "track" else one.kind,
        "event_time": at, "event_date": _local(at, zone), "channel": "app" if one.kind == "screen" else "web",
        "product_id": _any(properties, first, "product_id", "sku"), "category": _any(properties, first, "category"),
        "brand": _any(properties, first, "brand"), "order_id": _text(properties.get("order_id")),
        "value": next((amount for name in ("value", "revenue", "price")
                       if (amount := money(properties.get(name), currency)) is not None), None),
        "quantity": _number(properties.get("quantity")), "query": _text(properties.get("query")),
        "page_url": _text(page.get("url")) or _text(properties.get("url")),
        "page_path": _text(page.get("path")) or _text(properties.get("path")),
        "referrer": _text(page.get("referrer")) or _text(properties.get("referrer")),
        "utm_source": _text(campaign.get("source")), "utm_medium": _text(campaign.get("medium")),
        "utm_campaign": _text(campaign.get("name")), "consent_marketing": said if isinstance(said, bool) else None,
    }  # fmt: skip


def _order(one: Message, order: str, properties: Mapping[str, Any], zone: str, currency: str) -> dict[str, Any]:
    at = one.at.astimezone(UTC).replace(tzinfo=None)
    lines = [each for each in properties.get("products") or () if isinstance(each, dict)]
    amounts = [(money(each.get("price"), currency), _number(each.get("quantity"))) for each in lines]
    known = bool(amounts) and all(price is not None and many is not None for price, many in amounts)
    ours = properties.get("currency") in (None, currency)
    net = round(sum((price or 0) * (many or 0) for price, many in amounts)) if known and ours else None
    return {"row_id": one.key.int, "order_id": order, "order_time": at, "order_date": _local(at, zone),
            "channel": "web", "store_id": _text(properties.get("affiliation")), "status": "completed",
            "net_amount": net, "units": sum(many or 0 for _, many in amounts), "is_purchase": True}  # fmt: skip


def _visits(messages: Sequence[Message], zone: str, silence: int) -> Iterable[tuple[int, Message]]:
    """The visit of each message: a new one after some seconds of silence and at local midnight, as in the batch."""
    days: dict[tuple[int, Any], list[Message]] = defaultdict(list)
    for one in messages:
        days[one.subject, _local(one.at.astimezone(UTC).replace(tzinfo=None), zone)].append(one)
    for (visitor, _), of_day in days.items():
        began = before = None
        for one in sorted(of_day, key=lambda one: one.at):
            at = one.at.astimezone(UTC).replace(tzinfo=None)
            if before is None or began is None or at > before + timedelta(seconds=silence):
                began = at
            before = at
            yield visitor % 2**31 * 2**32 + (began - _EPOCH) // timedelta(seconds=1), one


def money(value: Any, currency: str) -> int | None:
    """An amount in minor units; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value)).scaleb(minor_digits(currency))
        return int(found.quantize(Decimal(1), rounding="ROUND_HALF_UP"))
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _local(at: datetime, zone: str) -> Any:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def _any(properties: Mapping[str, Any], first: Mapping[str, Any], *names: str) -> str | None:
    values = [_text(found.get(name)) for found in (properties, first) for name in names]
    return next((value for value in values if value), None)


def _first(products: Any) -> Mapping[str, Any]:
    return _dict(products[0]) if isinstance(products, list) and products else {}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
