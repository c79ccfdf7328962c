"""What one person's messages tell, as rows of the tables: the same columns that the batch reads from them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from parcours.model.value import minor_digits
from parcours.rules.acquisition import COLUMNS, Acquisition

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


class _Told:
    """A message taken apart, for the columns that are read of it."""

    __slots__ = ("at", "context", "currency", "day", "first", "one", "properties", "row_id")

    def __init__(self, one: Message, row_id: int, here: ZoneInfo, currency: str) -> None:
        self.one, self.row_id, self.currency = one, row_id, currency
        self.at = one.at.astimezone(UTC).replace(tzinfo=None)
        self.day = one.at.astimezone(here).date()
        self.properties, self.context = _dict(one.body.get("properties")), _dict(one.body.get("context"))
        self.first = _first(self.properties.get("products"))

    def within(self, part: str, name: str) -> str | None:
        """A text of one part of the message's context."""
        return _text(_dict(self.context.get(part)).get(name))


def _marketing(told: _Told) -> bool | None:
    said = _dict(_dict(told.context.get("consent")).get("categoryPreferences")).get("marketing")
    return said if isinstance(said, bool) else None


def _value(told: _Told) -> int | None:
    amounts = (money(told.properties.get(name), told.currency) for name in ("value", "revenue", "price"))
    return next((amount for amount in amounts if amount is not None), None)


def _page(name: str) -> Callable[[_Told], str | None]:
    return lambda told: told.within("page", name) or _text(told.properties.get(name))


def _campaign(name: str, parameter: str) -> Callable[[_Told], str | None]:
    """What the library read of a campaign, else the page's own address."""
    within = re.compile(f"[?&]{parameter}=([^&#]*)")

    def read(told: _Told) -> str | None:
        if (said := told.within("campaign", name)) is not None:
            return said
        found = within.search(_page("url")(told) or "")
        return _text(found[1]) if found else None

    return read


# What each column of events is in a message.
_EVENT: dict[str, Callable[[_Told], Any]] = {
    "row_id": lambda told: told.row_id, "source": lambda told: told.one.source,
    "name": lambda told: (told.one.name or "").lower().replace(" ", "_") if told.one.kind == "track" else told.one.kind,
    "event_time": lambda told: told.at, "event_date": lambda told: told.day,
    "channel": lambda told: "app" if told.one.kind == "screen" else "web",
    "product_id": lambda told: _any(told.properties, told.first, "product_id", "sku"),
    "category": lambda told: _any(told.properties, told.first, "category"),
    "brand": lambda told: _any(told.properties, told.first, "brand"),
    "order_id": lambda told: _text(told.properties.get("order_id")), "value": _value,
    "quantity": lambda told: _number(told.properties.get("quantity")),
    "query": lambda told: _text(told.properties.get("query")),
    "page_url": _page("url"), "page_path": _page("path"), "referrer": _page("referrer"),
    "utm_source": _campaign("source", "utm_source"), "utm_medium": _campaign("medium", "utm_medium"),
    "utm_campaign": _campaign("name", "utm_campaign"), "consent_marketing": _marketing,
}  # fmt: skip
# Those that the order of events, the visit and the cart are read from.
NEEDED = frozenset({"row_id", "event_time", "name", "product_id", "category", "quantity", "query"})


def events(
    messages: Iterable[tuple[int, Message]], *, zone: str, currency: str, silence: int, ways: Acquisition,
    columns: Collection[str] = frozenset(_EVENT),
) -> list[dict[str, Any]]:  # fmt: skip
    """The rows of events, the oldest first, with their visits; of some columns only, where more are not needed.

    Each message comes with the id that its row has in the batch: of two at the same instant it says which is the later.
    """
    here, kinds = ZoneInfo(zone), ("track", "page", "screen")
    told = [_Told(one, row_id, here, currency) for row_id, one in messages if one.kind in kinds]
    read = [(name, column) for name, column in _EVENT.items() if name in columns or name in NEEDED]
    rows = [{name: column(each) for name, column in read} for each in told]
    for place, visit in _visits(told, silence):
        rows[place]["session_id"] = visit
    _came(told, rows, ways)
    return sorted(rows, key=lambda row: (row["event_time"], row["row_id"]))


def _came(told: Sequence[_Told], rows: Sequence[dict[str, Any]], ways: Acquisition) -> None:
    """Says in each row by which way its visit came: that of the visit's first page."""
    came: dict[Any, str | None] = {}
    for at in sorted(range(len(rows)), key=lambda at: (rows[at]["event_time"], rows[at]["row_id"])):
        visit = rows[at]["session_id"]
        if came.get(visit) is None:
            came[visit] = ways.of({name: _EVENT[name](told[at]) for name in COLUMNS})
    for row in rows:
        row["acquisition"] = came[row["session_id"]]


def orders(messages: Iterable[Message], *, zone: str, currency: str) -> list[dict[str, Any]]:
    """The rows of orders that messages tell, each order once."""
    found: dict[str, dict[str, Any]] = {}
    bought = [one for one in messages if one.name is not None and one.name.lower() == BOUGHT]
    for one in sorted(bought, key=lambda one: one.at):
        properties = _dict(one.body.get("properties"))
        if order := _text(properties.get("order_id")):
            found[order] = _order(one, order, properties, zone, currency)
    return list(found.values())


def published_orders(told: Iterable[Mapping[str, Any]], *, zone: str) -> list[dict[str, Any]]:
    """The rows of the orders that a publication tells."""
    return [{**order, "order_time": at, "order_date": _local(at, zone), "row_id": 0}
            for order in told for at in (datetime.fromisoformat(order["at"]),)]  # fmt: skip


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


def _visits(told: Sequence[_Told], silence: int) -> Iterable[tuple[int, int]]:
    """The visit of each message, by its place: a new one after some seconds of silence and at local midnight, as in
    the batch."""
    days: dict[tuple[int, date], list[tuple[datetime, int]]] = defaultdict(list)
    for place, each in enumerate(told):
        days[each.one.subject, each.day].append((each.at, place))
    for (visitor, _), of_day in days.items():
        began = before = datetime.min
        for at, place in sorted(of_day):
            if at > before + timedelta(seconds=silence):
                began = at
            before = at
            yield place, visitor % 2**31 * 2**32 + (began - _EPOCH) // timedelta(seconds=1)


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
