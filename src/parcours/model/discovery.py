"""Segments found in the data: who is in each, by which rule, from which variables, and why so many of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("discovered_segments", key=("segment",))
@dataclass(frozen=True)
class DiscoveredSegment:
    """A group of customers who behave alike, found in the data, with the rule that tells them apart.

    `segment` is d1, d2 ... and stays from run to run (`born` is the day it was first found). `rule` is JSON in the
    project's rule language; `caught` is the share of the members for whom it holds, `right` the share of those for
    whom it holds who are members. `centre` is JSON: the middle of the group on each scaled variable. `title` is JSON
    by language, null while nobody has named it.
    """

    segment: str
    at: date
    born: date
    title: str | None
    people: int
    share: float
    rule: str
    rule_people: int
    caught: float
    right: float
    centre: str


@table("discovered_members", key=("person_id",))
@dataclass(frozen=True)
class DiscoveredMember:
    """Which discovered segment a customer is in, and which one its rules would put them in.

    `fit` is 1 at the middle of the segment and 0 on the border to the next one.
    """

    person_id: int
    segment: str
    by_rule: str
    fit: float


@table("discovered_moves", key=("before", "after"))
@dataclass(frozen=True)
class DiscoveredMove:
    """How many customers went from one discovered segment to another since the run before; null is none.

    `redrawn` of them did not change: by the borders of the run before they would still be where they were.
    """

    before: str | None
    after: str | None
    people: int
    redrawn: int
    since: date
    at: date


@table("discovered_choices", key=("segments",))
@dataclass(frozen=True)
class DiscoveredChoice:
    """A number of segments that was tried, how good it was, and why it was taken or not.

    `stability` is the mean adjusted Rand index over resamples (1: always the same segments), `stability_low` the
    lowest tenth of them; `silhouette` is how much nearer people are to their own segment than to the next. `why` is
    chosen, kept_from_before, fewer_than_possible, not_stable, too_small, too_large, less_good; or, with 0 segments
    when nothing could be found, what was missing (`needed` and `found` say how much).
    """

    segments: int
    stability: float | None
    stability_low: float | None
    silhouette: float | None
    smallest: float | None
    largest: float | None
    chosen: bool
    why: str
    needed: float | None
    found: float | None
    at: date


@table("discovered_variables", key=("variable",))
@dataclass(frozen=True)
class DiscoveredVariable:
    """An attribute that was looked at to find segments: its statistics, its weight, who asked for it and why.

    `why` says what became of it: used, unwanted, unknown, constant, same_as (the variable `like`), no_separation,
    not_needed (dropped, weakest first, until the segments were stable and told in few rules). `usual` is the commonest
    value's share, `separation` the share of its variance that lies between segments (eta squared, the lower of two
    halves), `pull` the weight as shared with variables that say nearly the same. `scale` is JSON: values and where they
    lie on the scale, for those used.
    """

    variable: str
    used: bool
    why: str
    weight: float
    pull: float | None
    asked_by: str | None
    because: str | None
    known: float
    usual: float | None
    skew: float | None
    like: str | None
    likeness: float | None
    separation: float | None
    separation_gap: float | None
    middle: float | None
    scale: str | None
