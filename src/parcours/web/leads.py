"""The sentence that opens each section of the report: what a reader in a hurry should take away."""

from __future__ import annotations

from parcours.measurement.figures import Figures, share
from parcours.web.pictures import discovered as groups
from parcours.web.pictures import life as stages
from parcours.web.pictures import segments as drawn
from parcours.web.words import Words

# The share of one-time buyers whose return is reckoned.
LEVER = 0.01
# Below a hundred of the currency, cents are told.
SMALL = 10_000
# The stage whose customers can still be kept.
COOLING = "cooling"


def headline(f: Figures, w: Words) -> str:
    """Who bought, and for how much."""
    h = f.headline
    if not h.orders.now:
        return w.say("lead.headline.none")
    active, sales = round(h.active.now or 0), w.money(h.revenue.now, f.currency)
    if h.revenue.growth is None:
        return w.count("lead.headline", active, sales=sales)
    return w.count("lead.headline.growth", active, growth=w.growth(h.revenue.growth), sales=sales)


def channels(f: Figures, w: Words) -> str:
    """What customers of several channels spend."""
    many = next((one for one in f.reach if one.name == "omnichannel"), None)
    single = [one for one in f.reach if one.name != "omnichannel"]
    if not f.channels:
        return w.say("lead.channels.none")
    one = share(sum(t.revenue for t in single), sum(t.customers for t in single))
    if many and many.spend and one:
        return w.say(
            "lead.channels",
            times=w.times(many.spend / one),
            many=w.money(many.spend, f.currency),
            one=w.money(one, f.currency),
        )
    if len(f.channels) == 1:
        return w.say("lead.channels.one", channel=w.name("channel", f.channels[0].name))
    return w.say("lead.channels.apart")


def repeat(f: Figures, w: Words) -> str:
    """How many bought only once."""
    once, stake = f.repeat.one_time_share, f.repeat.stake(LEVER)
    if once is None:
        return w.say("lead.repeat.none")
    if stake is None:
        return w.say("lead.repeat.share", share=w.percent(once))
    return w.say("lead.repeat", share=w.percent(once), stake=w.money(stake, f.currency, cents=stake < SMALL))


def life(f: Figures, w: Words) -> str:
    """Who is slipping away."""
    if not f.stages:
        return w.say("lead.life.none")
    largest = max(f.stages, key=lambda one: one.people)
    told = next((one for one in f.stages if one.name == COOLING and one.people), largest)
    return w.count(
        "lead.life.cooling" if told.name == COOLING else "lead.life",
        told.people,
        title=stages.stage_name(told, w),
        part=w.percent(share(told.people, sum(one.people for one in f.stages))),
        sales=w.money(told.revenue, f.currency),
    )


def segments(f: Figures, w: Words) -> str:
    """What the most telling segment brings."""
    if not f.segments:
        return w.say("lead.segments.none")
    # What the retailer wrote says more than what was ready-made ("customers" always brings most).
    first = max(f.segments, key=lambda one: (one.own, one.revenue))
    return w.say(
        "lead.segments",
        title=drawn.segment_name(first, w),
        people=w.percent(share(first.people, f.headline.people)),
        sales=w.percent(share(first.revenue, f.headline.revenue.now or 0)),
    )


def discovered(f: Figures, w: Words) -> str | None:
    """How many segments were found and which brings most; None where nobody has looked for any."""
    d = f.discovered
    if d is None:
        return None
    if not d.sheets:
        return w.say("lead.discovered.none", why=w.missing(d.missing or {}))
    first = max(d.sheets, key=lambda one: one.revenue.now or 0)
    return w.count(
        "lead.discovered",
        len(d.sheets),
        title=groups.names(f, w)[first.segment],
        people=w.percent(first.weight),
        sales=w.percent(first.revenue_weight),
    )


def sheets(f: Figures, w: Words) -> str | None:
    """What a sheet is; None where there are no segments."""
    return w.say("lead.sheets") if f.discovered and f.discovered.sheets else None


def due(f: Figures, w: Words) -> str | None:
    """How many customers are due for something; None where nothing is foreseen to be due."""
    if not f.due:
        return None
    one = f.due[0]
    return w.count("lead.due", one.people, day=w.day(one.day)) if one.people else w.say("lead.due.none")


def demand(f: Figures, w: Words) -> str | None:
    """How much will be sold; None where nothing of it is asked for."""
    if f.selling is None or not f.selling.asked:
        return None
    one = next((each for each in f.selling.demand if each.periods), None)
    coming = [period for period in one.periods if period.sold is None] if one else []
    if one is None or not coming:
        return w.say("lead.demand.little")
    return w.say(
        "lead.demand",
        units=w.number(round(sum(period.expected or 0.0 for period in coming))),
        days=w.number(one.days * len(coming)),
        low=w.number(round(coming[0].low or 0.0)),
        high=w.number(round(coming[0].high or 0.0)),
    )


def shown(f: Figures, w: Words) -> str | None:
    """To how many customers how many different articles would be shown; None where nothing would."""
    if f.shown is None or not f.shown.lists:
        return None
    first = f.shown.lists[0]
    return w.count("lead.shown", first.people, articles=w.number(first.articles))


def baskets(f: Figures, w: Words) -> str | None:
    """How much of the next baskets is what customers know; None where none are foreseen."""
    if not f.baskets:
        return None
    one = f.baskets[0]
    return w.count("lead.baskets", one.people, days=w.number(one.days), known=w.percent(one.known, 0))


def coupons(f: Figures, w: Words) -> str | None:
    """How many offers households were given, and what they should bring; None where none were ever dealt."""
    if not f.coupons:
        return None
    one = f.coupons[0]
    if one.refused:
        return w.say(f"coupons.refused.{one.refused['code']}")
    return w.count("lead.coupons", one.households - one.held_back, given=w.number(one.given),
                   money=w.money(one.value, f.currency))  # fmt: skip


def proven(f: Figures, w: Words) -> str | None:
    """How near the forecasts that are past came; None where none can be held against what happened."""
    if not f.proven:
        return None
    past = [one for one in f.proven if one.past]
    if not past:
        return w.say("lead.proven.young")
    error = max(one.newest.error or 0.0 for one in past)
    return w.count("lead.proven", len(past), error=w.points(error).lstrip("+"))


def foresight(f: Figures, w: Words) -> str:
    """What customers known today should bring."""
    if not f.forecasts:
        return w.say("lead.foresight.none")
    if not f.outlook:
        return w.say("lead.foresight.little")
    year = f.outlook[-1]
    return w.count("lead.foresight", year.days, money=w.money(year.money, f.currency), people=w.number(year.people))


def identity(f: Figures, w: Words) -> str:
    """How many records became how many people."""
    i = f.identity
    if not i.persons:
        return w.say("lead.identity.none")
    return w.count("lead.identity", i.persons, records=w.number(i.records), each=w.times(i.records / i.persons))


def quality(f: Figures, w: Words) -> str:
    """Whether every row is accounted for."""
    if not f.quality:
        return w.say("lead.quality.none")
    missing = sum(abs(source.missing) for source in f.quality)
    if missing:
        return w.say("lead.quality.lost", missing=w.number(missing))
    return w.say(
        "lead.quality",
        received=w.number(sum(source.received for source in f.quality)),
        landed=w.number(sum(source.landed for source in f.quality)),
        rejected=w.number(sum(source.rejected for source in f.quality)),
    )
