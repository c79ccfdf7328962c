"""The things a rule may ask whether people did: events on the site, orders, articles bought, messages opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta

from parcours.model.value import Duration
from parcours.rules.moment import Moment, whole_days
from parcours.rules.rule import SAME_DAY, AllOf, Compare, Deed, Done, Followed, Rule, Window


@dataclass(frozen=True)
class Fact:
    """One word after `did:`. Its rows live in a canonical table; only those that `keep` count.

    `word` is the column that the name after it names (`event: product_viewed`).
    """

    name: str
    table: str
    time: str
    date: str
    word: str
    keep: Rule | None = None


# Of the lines of an order only articles sold count as bought; a cancelled or voided order counts for nothing.
_SOLD = AllOf(
    (Compare("kind", "is", "sale"), Compare("status", "is", "completed"), Compare("quantity", "more_than", 0))
)
_RETURNED = AllOf((Compare("kind", "is", "return"), Compare("status", "is", "completed")))

FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        Fact("event", "events", "event_time", "event_date", "name"),
        Fact("order", "orders", "order_time", "order_date", "channel", Compare("is_purchase", "is", True)),
        Fact("bought", "order_lines", "order_time", "order_date", "category_1", _SOLD),
        Fact("returned", "order_lines", "order_time", "order_date", "category_1", _RETURNED),
        Fact("message", "message_events", "event_time", "event_date", "event"),
        Fact("redeemed", "redemptions", "redeemed_at", "event_date", "campaign_id"),
    )
}

# Later than the end of any day that began with it, also of the day that has 25 hours.
AFTER_ALL = Duration.parse("2 days")


def rows_of(deed: Deed) -> Rule:
    """The condition on the columns of a fact's table that makes a row count as this deed, whenever it was."""
    fact = FACTS[deed.fact]
    named = None if deed.name == "any" else Compare(fact.word, "is", deed.name)
    return AllOf(tuple(rule for rule in (fact.keep, named, deed.where) if rule is not None))


def rows_in(deed: Deed, window: Window) -> Rule:
    """The condition that makes a row count as this deed in a window of time."""
    fact = FACTS[deed.fact]
    rules = [rows_of(deed), Compare(fact.date, "not_in_the_future", True)]
    if window.within is not None:
        rules.append(_ago(fact, "within", window.within))
    if window.longer_ago_than is not None:
        rules.append(_ago(fact, "longer_ago_than", window.longer_ago_than))
    if window.since is not None:
        rules.append(Compare(fact.date, "at_least", window.since))
    if window.until is not None:
        rules.append(Compare(fact.date, "at_most", window.until))
    return AllOf(tuple(rules))


def rows_done(done: Done) -> Rule:
    """The condition that makes a row count for an activity."""
    return rows_in(done.deed, done.window)


def rows_first(sequence: Followed, moment: Moment) -> Rule:
    """The condition that makes a row the first of a sequence: `then_not` waits until its time is over."""
    rules = [rows_in(sequence.first, sequence.window)]
    fact = FACTS[sequence.first.fact]
    if sequence.then_not is not None and isinstance(sequence.within, Duration):
        last = (moment.instant - sequence.within.delta).replace(tzinfo=UTC)
        rules.append(Compare(fact.time, "less_than", last))
    if sequence.then_not is not None and sequence.within == SAME_DAY:
        rules.append(Compare(fact.date, "at_most", _last_whole_day(moment)))
    return AllOf((*rules, *_named(sequence, fact)))


def rows_next(sequence: Followed, deed: Deed, moment: Moment) -> Rule:
    """The condition that makes a row one that may come after the first: nothing earlier than the first can be."""
    fact = FACTS[deed.fact]
    return AllOf((rows_in(deed, Window(since=earliest(sequence.window, moment))), *_named(sequence, fact)))


def earliest(window: Window, moment: Moment) -> date | None:
    """The first day a window looks at; None when it looks at all of the past."""
    if window.within is not None:
        return moment.first_day(window.within)
    return window.since


def _named(sequence: Followed, fact: Fact) -> tuple[Rule, ...]:
    """A row without a time has no place in a sequence, nor one that does not say which product it is about."""
    columns = (fact.time, sequence.same) if sequence.same else (fact.time,)
    return tuple(Compare(column, "known", True) for column in columns)


def _last_whole_day(moment: Moment) -> date:
    ended = moment.instant >= moment.start_of(moment.day + timedelta(days=1))
    return moment.day if ended else moment.day - timedelta(days=1)


def _ago(fact: Fact, op: str, length: Duration) -> Compare:
    return Compare(fact.date if whole_days(length) else fact.time, op, length)
