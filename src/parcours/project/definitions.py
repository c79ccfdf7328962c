"""What a retailer decides, as values: sources, identity, attributes, segments, audiences and tests.

Every definition knows the line it was written on (`place`), so that any room can say where to look. Definitions
are made by `project.load` only; rooms read them and never change them. Fields made with `setting` are keys of
the retailer's files under the same name; the others are filled in by the loader.
"""

from __future__ import annotations

from collections.abc import Mapping as Read
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlglot import exp

from parcours.consent.declared import Declared
from parcours.model.kind import setting
from parcours.model.value import Duration, Place, Share, Title
from parcours.project.offering import Allotment, Offer, Supplier
from parcours.project.questionnaire import Questionnaire
from parcours.project.secret import Secret
from parcours.project.slot import Slot
from parcours.rules.acquisition import Acquisition
from parcours.rules.rule import Rule
from parcours.rules.subject import Subject

Constant = str | int | float | bool | None


# --- sources -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """Where one column of a table comes from: a column of the source, an expression, or a constant.

    Exactly one of `source`, `expression` and `constant` is the origin (`is_constant` says whether it is the last:
    a constant may be null). The rest says how the text found there is read.
    """

    source: str | None = None  # `from:`, a column of the source as the source writes it
    expression: exp.Expression | None = None  # `=:`, over columns of the source
    constant: Constant = None  # `value:`
    is_constant: bool = False
    format: str | None = setting(
        None, doc="How a date or a time is written, as in `%d/%m/%Y %H:%M`, or `unix`, `unix_ms`."
    )
    zone: str | None = setting(
        None, doc="Time zone of a time written without one; else the source's, else the project's."
    )
    decimal: str | None = setting(None, doc="The decimal sign of a number; else the source's.")
    thousands: str | None = setting(None, doc="The sign between thousands; else the source's.")
    unit: str = setting(
        "major", doc="Money in whole units (12.50) or in minor units (1250).", choices=("major", "minor")
    )
    default: Constant = setting(None, doc="What to write when the source leaves it empty.")
    required: bool = setting(False, doc="Reject the row when this is empty.")
    map: dict[str, str] = setting(default_factory=dict, doc="The source's words and ours: `{V: sale, R: return}`.")
    other: str = setting(
        "reject",
        doc="What happens to a word that `map` does not name: reject the row, keep the word, or read it as empty.",
        choices=("reject", "keep", "empty"),
    )
    place: Place


@dataclass(frozen=True, kw_only=True)
class IdentifierMapping:
    """Which column of a source identifies the customer, and whether the source has checked it."""

    source: str | None = None
    expression: exp.Expression | None = None
    verified: bool | exp.Expression = False  # `verified: true`, or an expression over columns of the source
    place: Place


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """How the rows of one source fill one of our tables."""

    table: str
    columns: dict[str, ColumnMapping]
    identifiers: dict[str, IdentifierMapping]
    key: tuple[str, ...] = setting(
        (),
        doc="The columns, ours or the source's, that tell one row from another; else the natural ones of the table "
        "(the order's number), else the whole row.",
    )
    repeats: str = setting(
        "keep_latest",
        doc="Rows of one delivery under one key: the latest counts, all count (numbered), or only the first.",
        choices=("keep_latest", "number", "drop"),
    )
    restates: tuple[str, ...] = setting(
        (), doc="A delivery replaces all earlier rows with the same values here (a day, a store and a day)."
    )
    newest_by: str | None = setting(
        None, doc="The source's column that says which of two rows under one key is newer; else the later delivery."
    )
    when: exp.Expression | None = setting(None, doc="Only the rows for which this expression holds feed the table.")
    set_aside: dict[str, exp.Expression] = field(default_factory=dict)  # the source's, then the table's own
    place: Place


@dataclass(frozen=True, kw_only=True)
class Source:
    """One system of the retailer's that we read: the till, the web shop, the mailing tool."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    kind: Any  # an instance of one of the kinds of source, as `sources/kinds/files.py`
    tables: dict[str, Mapping]
    set_aside: dict[str, exp.Expression] = field(default_factory=dict)
    tolerance: Share = setting(
        Share(0), doc="The share of rejected rows, in one run, up to which the run still counts as good: `0.1 %`."
    )
    every: Duration | None = setting(None, doc="How often a delivery is expected; `status` says when one is late.")
    place: Place

    @property
    def kind_name(self) -> str:
        """The word written after `kind:`."""
        return str(type(self.kind).__kind__.name)


# --- identity ----------------------------------------------------------------------------------------------------


# Kinds of identifier of a browser or an appliance, which several people may use.
ANONYMOUS = ("device", "cookie")


@dataclass(frozen=True, kw_only=True)
class IdentifierRules:
    """What one kind of identifier may do to join records into a person."""

    limit: int = setting(
        8,
        doc="A value shared by more customers than this joins nobody (the shop's own phone number); customers "
        "whom nothing but their browser tells apart count as one. For `cookie` and `device` the default is 1: a "
        "browser that several customers use joins none of them.",
    )
    joins_alone: bool = setting(
        True, doc="Whether this identifier is enough, without a second one, to join two records."
    )
    verified_only: bool = setting(False, doc="Whether only verified values join.")

    @classmethod
    def usual(cls, kind: str) -> IdentifierRules:
        """What a kind of identifier may do of which the project says nothing."""
        return cls(limit=1) if kind in ANONYMOUS else cls()


@dataclass(frozen=True, kw_only=True)
class Compare:
    """How one column is compared when records are joined by likeness."""

    __short__ = "how"  # `last_name: name` is short for `last_name: {how: name}`

    how: str = setting(
        "exact",
        doc="The way to compare.",
        choices=("exact", "name", "text", "date", "postcode", "number", "email", "phone"),
    )
    frequency: bool = setting(False, doc="Whether a rare value (Zsofia) weighs more than a common one (Marie).")


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Joining by likeness: names, birth date, address, weighed together (Fellegi and Sunter, by Splink)."""

    compare: dict[str, Compare] = setting(
        default_factory=dict,
        doc="The columns of customer_records that are compared: `last_name: name`; else all that are filled.",
    )
    block_on: tuple[tuple[str, ...], ...] = setting(
        (), doc="Two records are compared when they agree on all columns of one of these lists; else we choose."
    )
    join_above: float = setting(0.95, doc="Join two records at this probability or more.")
    ask_a_human_above: float = setting(0.5, doc="From this probability on, the pair goes into the review file.")
    max_pairs: int = setting(
        50_000_000, doc="Blocks that would need more comparisons than this are left out, and said so."
    )
    place: Place


@dataclass(frozen=True, kw_only=True)
class Households:
    """Who lives together: persons who agree on all of these columns."""

    same: tuple[str, ...] = setting(
        ("last_name", "street", "street_number", "postcode"), doc="Columns of customer_records that must agree."
    )
    limit: int = setting(10, doc="More persons than this at one address are a building, not a household.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How records become persons."""

    kinds: dict[str, IdentifierRules] = field(default_factory=dict)  # `identifiers:`; only the kinds named there
    order: tuple[str, ...] = setting(
        ("crm_id", "loyalty_card", "login", "email", "phone", "device", "cookie"),
        doc="Which identifier to believe first when a group of records is too large and must be split.",
    )
    blocked_values: dict[str, tuple[str, ...]] = setting(
        default_factory=dict, doc="Values that identify nobody, by kind; `*` stands for any text."
    )
    country: str | None = setting(None, doc="The country of phone numbers written without one; else the project's.")
    links_file: str | None = setting(
        None, doc="CSV of links made by hand: `do` (force, forbid), `left`, `right`, `why`."
    )
    labels_file: str | None = setting(
        None, doc="CSV of pairs known to be the same or not, for `parcours identity evaluate`."
    )
    matching: Matching | None = setting(None, doc="Joining by likeness; absent, only identifiers join.")
    households: Households | None = setting(None, doc="Households; absent, each person is their own.")
    place: Place


# --- profiles, segments, audiences -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One thing known about each customer, worked out from what they did."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    kind: Any  # an instance of one of the kinds of attribute, as `profiles/kinds/sum.py`
    live: bool = setting(False, doc="Whether it is also kept up to date by the second, for decisions.")
    pack: str  # the name after `attributes:`
    built_in: bool = False
    place: Place

    @property
    def kind_name(self) -> str:
        """The word written after `kind:`."""
        return str(type(self.kind).__kind__.name)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A group of customers, described by a rule."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    why: Title | None = setting(None, doc="What the segment is for, for those who come later.")
    who: Rule  # `who:`
    owner: str = setting(
        "files", doc="Where it may be changed; the other side shows it read-only.", choices=("files", "screen")
    )
    group: str | None = setting(None, doc="Segments of one group are shown together (rfm, life_cycle).")
    built_in: bool = False
    place: Place


@dataclass(frozen=True, kw_only=True)
class Score:
    """Something foreseen of each customer, learned from history."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    kind: Any  # an instance of one of the kinds of score, as `scores/kinds/value.py`
    pack: str  # the name after `scores:`
    built_in: bool = False
    place: Place

    @property
    def kind_name(self) -> str:
        """The word written after `kind:`."""
        return str(type(self.kind).__kind__.name)


@dataclass(frozen=True, kw_only=True)
class AudienceColumn:
    """One column of an audience file: an attribute, an identifier, or a field of the person."""

    name: str  # as the file calls it
    of: str  # person_id, an identifier kind (email), a column of the customer record (first_name), an attribute
    place: Place


@dataclass(frozen=True, kw_only=True)
class Audience:
    """A segment written to a file, for a tool that will use it."""

    name: str
    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    segment: str = setting(doc="The segment to write.")
    format: str = setting("csv", doc="How to write it.", choices=("csv", "jsonl", "parquet"))
    columns: tuple[AudienceColumn, ...] = ()
    path: str | None = setting(
        None, doc="Where to write it, from the project's folder; `{date}` is the day of the figures."
    )
    place: Place


# --- tests -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Given:
    """A small table made up for a test: its rows as written, by column or kind of identifier."""

    table: str
    rows: tuple[dict[str, Any], ...]
    lines: tuple[int, ...]  # where each row stands
    place: Place


@dataclass(frozen=True, kw_only=True)
class PersonExpected:
    """What must be true of one person, named by any of their identifiers, when the test has run."""

    person: str
    attributes: dict[str, Any] = field(default_factory=dict)
    in_segments: tuple[str, ...] = ()
    not_in_segments: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()  # identifiers that must lead to the same person
    different_from: tuple[str, ...] = ()  # identifiers that must lead to somebody else
    place: Place


@dataclass(frozen=True, kw_only=True)
class SegmentExpected:
    """How many people must be in a segment when the test has run."""

    segment: str
    people: int
    place: Place


@dataclass(frozen=True, kw_only=True)
class PersonsExpected:
    """How many persons there must be in all when the test has run."""

    persons: int
    place: Place


@dataclass(frozen=True, kw_only=True)
class ProjectTest:
    """The retailer's own test of their definitions."""

    name: str
    as_of: date | None = setting(None, doc="The day of the test; needed when it gives its own rows.")
    given: tuple[Given, ...] = ()  # empty: the project's own data
    expected: tuple[PersonExpected | SegmentExpected | PersonsExpected, ...] = ()
    place: Place


# --- the project -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """What works out the tables, and with how much of the machine."""

    kind: str = setting("duckdb", doc="What works out the tables.", choices=("duckdb", "spark"))
    memory: str | None = setting(
        None, doc="Memory it may use (`4 GB`); else half of the machine's. Beyond it, it works on disk."
    )
    threads: int | None = setting(None, doc="Processor cores it may use; else all.")


@dataclass(frozen=True)
class CollectSettings:
    """What the server takes, and what it looks up of who sends: `[collect]`."""

    per_second: int = setting(
        5_000, doc="Messages a second that one key may send for long; beyond, the answer is 429 and when to come again."
    )
    burst: int = setting(50_000, doc="Messages that one key may send at once after a pause.")
    places: str | None = setting(
        None,
        doc="A database of networks in MaxMind's format (`data/country.mmdb`): the country and region of who sends.",
    )


@dataclass(frozen=True, kw_only=True)
class ExchangeRate:
    """What one unit of a foreign currency is worth in the project's, from a day on (None: always)."""

    currency: str
    since: date | None
    rate: float


@dataclass(frozen=True, kw_only=True)
class Project:
    """A retailer's project: everything they decided, checked."""

    folder: Path
    name: str
    title: Title
    currency: str
    zone: str
    country: str
    languages: tuple[str, ...]
    engine: EngineSettings
    warehouse: Path
    state: Path  # where the live side's own PostgreSQL lies
    collect: CollectSettings = field(default_factory=CollectSettings)
    keep_versions: int
    as_of: str  # "today" or "last_data"
    week_starts: str  # "monday" or "sunday"
    exchange_rates: tuple[ExchangeRate, ...]
    profiles_anonymous: bool
    source_folders: tuple[Path, ...] = ()
    notice: Title | None
    sources: Read[str, Source]
    identity: Identity
    acquisition: Acquisition = field(default_factory=Acquisition)
    consents: Declared = field(default_factory=Declared)
    consent_secret: Secret | None = None
    attributes: Read[str, Attribute]
    subjects: Read[str, Subject] = field(default_factory=dict)  # attributes as rules look at them: type, unit, title
    segments: Read[str, Segment]
    scores: Read[str, Score] = field(default_factory=dict)
    offers: Read[str, Offer] = field(default_factory=dict)
    suppliers: Read[str, Supplier] = field(default_factory=dict)
    allotments: Read[str, Allotment] = field(default_factory=dict)
    slots: Read[str, Slot] = field(default_factory=dict)
    questionnaires: Read[str, Questionnaire] = field(default_factory=dict)
    audiences: Read[str, Audience]
    tests: Read[str, ProjectTest]
    place: Place

    @property
    def language(self) -> str:
        """The first of the project's languages."""
        return self.languages[0]

    @property
    def rates(self) -> dict[str, float]:
        """The latest rate of each currency; those that change over time are in `exchange_rates`."""
        latest: dict[str, float] = {self.currency: 1.0}
        for each in sorted(self.exchange_rates, key=lambda rate: rate.since or date.min):
            latest[each.currency] = each.rate
        return latest
