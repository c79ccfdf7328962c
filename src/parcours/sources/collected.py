"""What `parcours serve` has collected: events, and what people say of themselves, under Segment's names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parcours.engine.reader import Fetched, Layout, Offer, Refused, Where
from parcours.model.kind import kind, setting
from parcours.model.value import Place
from parcours.project.definitions import ColumnMapping, IdentifierMapping, Mapping
from parcours.project.happening import DeclaredEvent, agree
from parcours.rules.expressions import parse
from parcours.sources.files import Times

_HERE = Place("sources/collected")


@kind("collected", of="source")
@dataclass(frozen=True)
class Collected:
    """What sites, apps and servers have sent to `parcours serve`; each run reads what came since the last."""

    keys: str = setting("web", doc="The source that the keys were made for: `parcours keys make web`.")
    user_id: str = setting("login", doc="The kind of identifier that `userId` holds.")
    marketing: str = setting("marketing", doc="The consent category that allows marketing use.")
    orders: bool = setting(
        False, doc="Whether `Order Completed` is also told as an order, for a shop whose orders come from nowhere else."
    )

    questionnaires: bool = setting(
        False, doc="Whether answers to questionnaires are read: needed where their answers become attributes."
    )
    robots: bool = setting(False, doc="Whether what robots do counts as events, as far as they say what they are.")
    events: dict[str, DeclaredEvent] = setting(
        default_factory=dict,
        doc="What is sent: `{Product Viewed: {required: [product_id], properties: {price: number}, other: flag}}`.",
    )
    unknown_events: str = setting(
        "allow", doc="What becomes of an event that is not in `events`.", choices=("allow", "flag", "refuse")
    )
    when_it_does_not_fit: str = setting(
        "flag", doc="What becomes of an event that is not as declared: kept and told, or not kept.",
        choices=("flag", "refuse"),
    )  # fmt: skip

    def __post_init__(self) -> None:
        agree(self.events, self.unknown_events)

    def layout(self) -> Layout:
        """Messages are lines of JSON."""
        return Layout(format="jsonl")

    @property
    def times(self) -> Times:
        """Times are written in UTC."""
        return Times(zone="UTC")

    def offers(self, where: Where) -> list[Offer]:
        """One pull of what came since the last."""
        return [Offer(f"since {where.cursor or 'the beginning'}", fetch=lambda scratch: self._fetch(where, scratch))]

    def own_tables(self) -> dict[str, Mapping]:
        """The mapping that is used where the project says nothing else."""
        tables = {"events": self._events(), "customer_records": self._customers()}
        if self.orders:
            tables |= {"orders": self._orders(), "order_lines": self._order_lines()}
        if self.questionnaires:
            tables["survey_answers"] = self._answers()
        return tables

    def definition(self) -> list[Any]:
        told = [self.keys, self.user_id, self.marketing, self.orders, self.robots]
        return [*told, True] if self.questionnaires else told

    def _fetch(self, where: Where, scratch: Path) -> Fetched:
        import psycopg  # here, so that projects without a live side do not wait for it

        from parcours.state import StateFault, open_database, queries
        from parcours.state.embedded import NoPostgres

        collected = queries("collected")
        try:
            with open_database(where.folder / "state") as database, database.connection() as connection:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                (row,) = connection.execute(collected["horizon"].text.encode())
                horizon, start = int(row["horizon"]), int(where.cursor or 0)
                if start > horizon:  # another server than the last time, whose transactions have other numbers
                    start = 0
                values = {"source": self.keys, "start": start, "horizon": horizon}
                path, lines = scratch / "collected.jsonl", 0
                with (
                    path.open("w", encoding="utf-8") as file,
                    connection.cursor() as cursor,
                    cursor.copy(collected["since"].text.encode(), values) as copy,
                ):
                    copy.set_types(["text"])
                    for (line,) in copy.rows():
                        file.write(line + "\n")
                        lines += 1
        except (psycopg.Error, StateFault, NoPostgres) as error:
            raise Refused(f"what was collected cannot be read: {str(error).splitlines()[0]}") from None
        return Fetched(path, str(horizon)) if lines else Fetched()

    def _events(self) -> Mapping:
        columns = {
            "name": _column(expression="case when kind = 'track' then replace(lower(name), ' ', '_') else kind end"),
            "event_time": _column("event_time", required=True),
            "channel": _column(expression="case when kind = 'screen' then 'app' else 'web' end"),
            "product_id": _column(expression=_of_product("product_id", "sku")),
            "category": _column(expression=_of_product("category")),
            "brand": _column(expression=_of_product("brand")),
            "order_id": _column("message.properties.order_id"),
            "value": _column(
                expression="coalesce(message.properties.value, message.properties.revenue, message.properties.price)"
            ),
            "quantity": _column("message.properties.quantity"),
            "query": _column("message.properties.query"),
            "page_url": _column(expression="coalesce(message.context.page.url, message.properties.url)"),
            "page_path": _column(expression="coalesce(message.context.page.path, message.properties.path)"),
            "referrer": _column(expression="coalesce(message.context.page.referrer, message.properties.referrer)"),
            "utm_source": _column(expression=_campaign("source", "utm_source")),
            "utm_medium": _column(expression=_campaign("medium", "utm_medium")),
            "utm_campaign": _column(expression=_campaign("name", "utm_campaign")),
            "traffic_source": _column("message.context.campaign.source"),
            "device": _column("seen.device"),
            "country": _column(expression="coalesce(message.context.location.country, seen.country)"),
            "region": _column(expression="coalesce(message.context.location.region, seen.region)"),
            "consent_marketing": _column(f"message.context.consent.categoryPreferences.{self.marketing}"),
        }
        return Mapping(
            table="events", columns=columns, identifiers=self._identifiers(), key=("key",), place=_HERE,
            when=parse("kind in ('track', 'page', 'screen')" + ("" if self.robots else f" and not {_ROBOT}")),
        )  # fmt: skip

    def _customers(self) -> Mapping:
        """What people say of themselves (identify), and that two identifiers are one person's (alias)."""
        columns = {
            "first_name": _column(expression="coalesce(message.traits.firstName, message.traits.first_name)"),
            "last_name": _column(expression="coalesce(message.traits.lastName, message.traits.last_name)"),
            "title": _column("message.traits.title"),
            "gender": _column("message.traits.gender"),
            "email": _column("message.traits.email"),
            "phone": _column("message.traits.phone"),
            "street": _column("message.traits.address.street"),
            "postcode": _column(expression="coalesce(message.traits.address.postalCode, message.traits.postal_code)"),
            "city": _column("message.traits.address.city"),
            "state": _column("message.traits.address.state"),
            "country": _column("message.traits.address.country"),
            "updated_at": _column("event_time"),
        }
        identifiers = {
            **self._identifiers(),
            "email": IdentifierMapping(source="message.traits.email", place=_HERE),
            "phone": IdentifierMapping(source="message.traits.phone", place=_HERE),
            "cookie": IdentifierMapping(
                expression=parse("coalesce(message.previousId, message.anonymousId)"), place=_HERE
            ),
        }
        return Mapping(
            table="customer_records", columns=columns, identifiers=identifiers, place=_HERE,
            key=("who[0]", "who[1]", "who[2]"), newest_by="event_time",
            when=parse("kind in ('identify', 'alias')"),
        )  # fmt: skip

    def _orders(self) -> Mapping:
        columns = {
            "order_id": _column("order_id"),
            "order_time": _column("event_time"),
            "channel": _column(constant="web"),
            "store_id": _column("message.properties.affiliation"),
            "currency": _column("message.properties.currency"),
            "coupon": _column("message.properties.coupon"),
            "shipping_amount": _column("message.properties.shipping"),
            "tax_amount": _column("message.properties.tax"),
            "discount_amount": _column("message.properties.discount"),
        }
        return Mapping(
            table="orders", columns=columns, identifiers=self._identifiers(), key=("order_id",), place=_HERE,
            when=parse(_BOUGHT),
        )  # fmt: skip

    def _order_lines(self) -> Mapping:
        columns = {
            "order_id": _column("order_id"),
            "line_id": _column(
                expression="coalesce(message.properties.products[].product_id, message.properties.products[].sku)"
                " || coalesce('/' || message.properties.products[].variant, '')"
            ),
            "order_time": _column("event_time"),
            "channel": _column(constant="web"),
            "product_id": _column(
                expression="coalesce(message.properties.products[].product_id, message.properties.products[].sku)"
            ),
            "quantity": _column("message.properties.products[].quantity"),
            "unit_price": _column("message.properties.products[].price"),
            "currency": _column("message.properties.currency"),
        }
        return Mapping(
            table="order_lines", columns=columns, identifiers=self._identifiers(), key=("order_id", "line_id"),
            place=_HERE, when=parse(_BOUGHT),
        )  # fmt: skip

    def _answers(self) -> Mapping:
        """What people answered to questionnaires, a row a question."""
        columns = {
            "survey_id": _column("message.properties.questionnaire"),
            "question": _column("message.properties.answers[].question"),
            "answer": _column("message.properties.answers[].answer"),
            "score": _column("message.properties.answers[].score"),
            "at": _column("event_time"),
        }
        return Mapping(
            table="survey_answers", columns=columns, identifiers=self._identifiers(), place=_HERE,
            key=("key", "message.properties.answers[].question"),
            when=parse("kind = 'track' and name = 'Questionnaire Answered'"),
        )  # fmt: skip

    def _identifiers(self) -> dict[str, IdentifierMapping]:
        return {
            "cookie": IdentifierMapping(source="message.anonymousId", place=_HERE),
            self.user_id: IdentifierMapping(source="message.userId", verified=True, place=_HERE),
        }


_BOUGHT = "order_id is not null"
_ROBOT = "coalesce(seen.robot, false)"


def _column(
    source: str | None = None, *, expression: str | None = None, constant: str | None = None, **options: Any
) -> ColumnMapping:
    read = parse(expression) if expression else None
    return ColumnMapping(
        source=source, expression=read, constant=constant, is_constant=constant is not None, place=_HERE, **options
    )


def _campaign(name: str, parameter: str) -> str:
    """What the library read of a campaign, else the page's own address."""
    url = "coalesce(message.context.page.url, message.properties.url)"
    found = f"nullif(regexp_extract({url}, '[?&]{parameter}=([^&#]*)', 1), '')"
    return f"coalesce(message.context.campaign.{name}, {found})"


def _of_product(*names: str) -> str:
    """A property of the product that an event speaks of: its own, else the first of its list."""
    places = [f"message.properties.{name}" for name in names]
    return f"coalesce({', '.join([*places, *(f'message.properties.products[0].{name}' for name in names)])})"
