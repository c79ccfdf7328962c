"""Google Analytics 4, as its BigQuery export writes it: day tables `events_YYYYMMDD` saved as Parquet or JSON lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parcours.engine.reader import Layout, Offer, Pairs, Where
from parcours.model.kind import kind, setting
from parcours.model.value import Place
from parcours.project.definitions import ColumnMapping, IdentifierMapping, Mapping
from parcours.rules.expressions import parse
from parcours.sources.files import Times, offered

# GA4's recommended events under the names of Segment's e-commerce specification, in our spelling.
EVENTS = {
    "page_view": "page", "screen_view": "screen", "view_item": "product_viewed",
    "view_item_list": "product_list_viewed",
    "select_item": "product_clicked", "add_to_cart": "product_added", "remove_from_cart": "product_removed",
    "view_cart": "cart_viewed", "begin_checkout": "checkout_started", "add_shipping_info": "checkout_step_completed",
    "add_payment_info": "payment_info_entered", "purchase": "order_completed", "refund": "order_refunded",
    "view_search_results": "products_searched", "search": "products_searched",
    "add_to_wishlist": "product_added_to_wishlist", "view_promotion": "promotion_viewed",
    "select_promotion": "promotion_clicked", "login": "signed_in", "sign_up": "signed_up",
}  # fmt: skip
_HERE = Place("sources/ga4")


@kind("ga4", of="source")
@dataclass(frozen=True)
class Ga4:
    """The BigQuery export of Google Analytics 4: day files of events, read again when Google has completed a day."""

    path: str = setting(doc="The day files: `data/ga4/events_*.parquet` (or `.jsonl`, packed or not).")
    format: str = setting(
        "", doc="How they are written; else by their ending.", choices=("", "parquet", "jsonl", "json")
    )
    events: dict[str, str] = setting(
        default_factory=dict, doc="Names of your own events, and what they are called here."
    )
    orders: bool = setting(
        False, doc="Whether purchases are also told as orders, for a shop whose orders come from nowhere else."
    )
    user_id: str = setting("login", doc="The kind of identifier that GA4's `user_id` holds.")
    times: Times = field(default_factory=Times)

    def layout(self) -> Layout:
        """How the export is written: parameters are arrays of keys and values."""
        return Layout(format=self.format, pairs={"event_params": Pairs(), "user_properties": Pairs()})

    def offers(self, where: Where) -> list[Offer]:
        """Every day file there is; one whose bytes have changed states its day anew."""
        return list(offered(self.path, where))

    def own_tables(self) -> dict[str, Mapping]:
        """The mapping that is used where the project says nothing else."""
        tables = {"events": self._events()}
        if self.orders:
            tables |= {"orders": self._orders(), "order_lines": self._order_lines()}
        return tables

    def definition(self) -> list[Any]:
        return [sorted(self.events.items()), self.orders, self.user_id]

    def _events(self) -> Mapping:
        columns = {
            "name": _column("event_name", map={**EVENTS, **self.events}, other="keep", required=True),
            "event_time": _column("event_timestamp", format="unix_us", required=True),
            "channel": _column(expression="case when platform in ('ANDROID', 'IOS') then 'app' else 'web' end"),
            "product_id": _column(expression="coalesce(items[0].item_id, items[0].item_name)"),
            "category": _column("items[0].item_category"),
            "brand": _column("items[0].item_brand"),
            "order_id": _column(expression="coalesce(ecommerce.transaction_id, event_params.transaction_id)"),
            "value": _column(expression="coalesce(event_params.value, ecommerce.purchase_revenue)"),
            "quantity": _column("items[0].quantity"),
            "query": _column("event_params.search_term"),
            "page_url": _column("event_params.page_location"),
            "page_path": _column(
                expression="nullif(regexp_extract(event_params.page_location, '^[a-z]+://[^/]+(/[^?#]*)', 1), '')"
            ),
            "referrer": _column("event_params.page_referrer"),
            "utm_source": _column(expression=_of_url("utm_source", "event_params.source")),
            "utm_medium": _column(expression=_of_url("utm_medium", "event_params.medium")),
            "utm_campaign": _column(expression=_of_url("utm_campaign", "event_params.campaign")),
            "traffic_source": _column(
                expression="traffic_source.source || coalesce(' / ' || traffic_source.medium, '')"
            ),
            "device": _column("device.category"),
            "country": _column("geo.country"),
            "consent_marketing": _column("privacy_info.ads_storage"),
        }
        return Mapping(
            table="events", columns=columns, identifiers=self._identifiers(), restates=("event_date",), place=_HERE
        )

    def _orders(self) -> Mapping:
        columns = {
            "order_id": _column("ecommerce.transaction_id"),
            "order_time": _column("event_timestamp", format="unix_us"),
            "channel": _column(expression="case when platform in ('ANDROID', 'IOS') then 'app' else 'web' end"),
            "currency": _column("event_params.currency"),
            "coupon": _column("event_params.coupon"),
            "shipping_amount": _column("ecommerce.shipping_value"),
            "tax_amount": _column("ecommerce.tax_value"),
        }
        return Mapping(
            table="orders",
            columns=columns,
            identifiers=self._identifiers(),
            key=("order_id",),
            when=parse(_BOUGHT),
            place=_HERE,
        )

    def _order_lines(self) -> Mapping:
        columns = {
            "order_id": _column("ecommerce.transaction_id"),
            "line_id": _column(
                expression="coalesce(items[].item_id, items[].item_name) || coalesce('/' || items[].item_variant, '')"
            ),
            "order_time": _column("event_timestamp", format="unix_us"),
            "channel": _column(expression="case when platform in ('ANDROID', 'IOS') then 'app' else 'web' end"),
            "product_id": _column(expression="coalesce(items[].item_id, items[].item_name)"),
            "quantity": _column("items[].quantity"),
            "unit_price": _column("items[].price"),
            "currency": _column("event_params.currency"),
        }
        return Mapping(
            table="order_lines",
            columns=columns,
            identifiers=self._identifiers(),
            key=("order_id", "line_id"),
            when=parse(_BOUGHT),
            place=_HERE,
        )

    def _identifiers(self) -> dict[str, IdentifierMapping]:
        """A visitor who refused to be followed has no cookie: such rows, and what they say of a log-in, name nobody."""
        known = "case when user_pseudo_id is not null then {} end"
        return {
            "cookie": IdentifierMapping(source="user_pseudo_id", place=_HERE),
            self.user_id: IdentifierMapping(expression=parse(known.format("user_id")), verified=True, place=_HERE),
        }


_BOUGHT = "event_name = 'purchase' and ecommerce.transaction_id is not null and ecommerce.transaction_id <> '(not set)'"


def _column(source: str | None = None, *, expression: str | None = None, **options: Any) -> ColumnMapping:
    return ColumnMapping(source=source, expression=parse(expression) if expression else None, place=_HERE, **options)


def _of_url(parameter: str, otherwise: str) -> str:
    """A campaign parameter of the page's address, else what GA4 made of it."""
    found = f"nullif(regexp_extract(event_params.page_location, '[?&]{parameter}=([^&#]*)', 1), '')"
    return f"coalesce({found}, {otherwise})"
