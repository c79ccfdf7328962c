"""The customer report: one page to read, print and keep, which asks nothing of any other host."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from parcours.measurement.figures import Figures, SourceHealth, share
from parcours.web.pictures import foresight, life, loyalty, sales, segments, trust
from parcours.web.words import Words, words

SECTIONS = ("headline", "channels", "repeat", "life", "segments", "foresight", "identity", "quality")
STYLES = ("tokens.css", "charts.css", "report.css")
LEVER = 0.01
# Below a hundred of the currency, cents are told.
SMALL = 10_000
# The stage whose customers can still be kept.
COOLING = "cooling"


def render(figures: Figures, language: str = "en") -> str:
    """The whole report as one HTML text, in English or French."""
    w, style = words(language), _style()
    return _page().render(
        f=figures,
        w=w,
        say=w.say,
        draw=_PICTURES,
        lead={name: _LEADS[name](figures, w) for name in SECTIONS},
        age=lambda source: _age(source, figures, w),
        sections=SECTIONS,
        lever=LEVER,
        small=SMALL,
        style=Markup(style),
        style_hash="sha256-" + b64encode(sha256(style.encode()).digest()).decode(),
    )


def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("parcours.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html")


def _style() -> str:
    """Our style sheets, one after the other. The page allows this text by its hash, and no other."""
    folder = files("parcours.web") / "static"
    return "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)


def _headline(f: Figures, w: Words) -> str:
    h = f.headline
    if not h.orders.now:
        return w.say("lead.headline.none")
    active, sales = round(h.active.now or 0), w.money(h.revenue.now, f.currency)
    if h.revenue.growth is None:
        return w.count("lead.headline", active, sales=sales)
    return w.count("lead.headline.growth", active, growth=w.growth(h.revenue.growth), sales=sales)


def _channels(f: Figures, w: Words) -> str:
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


def _repeat(f: Figures, w: Words) -> str:
    once, stake = f.repeat.one_time_share, f.repeat.stake(LEVER)
    if once is None:
        return w.say("lead.repeat.none")
    if stake is None:
        return w.say("lead.repeat.share", share=w.percent(once))
    return w.say("lead.repeat", share=w.percent(once), stake=w.money(stake, f.currency, cents=stake < SMALL))


def _life(f: Figures, w: Words) -> str:
    if not f.stages:
        return w.say("lead.life.none")
    largest = max(f.stages, key=lambda one: one.people)
    told = next((one for one in f.stages if one.name == COOLING and one.people), largest)
    return w.count(
        "lead.life.cooling" if told.name == COOLING else "lead.life",
        told.people,
        title=life.stage_name(told, w),
        part=w.percent(share(told.people, sum(one.people for one in f.stages))),
        sales=w.money(told.revenue, f.currency),
    )


def _segments(f: Figures, w: Words) -> str:
    if not f.segments:
        return w.say("lead.segments.none")
    # What the retailer wrote says more than what was ready-made ("customers" always brings most).
    first = max(f.segments, key=lambda one: (one.own, one.revenue))
    return w.say(
        "lead.segments",
        title=segments.segment_name(first, w),
        people=w.percent(share(first.people, f.headline.people)),
        sales=w.percent(share(first.revenue, f.headline.revenue.now or 0)),
    )


def _foresight(f: Figures, w: Words) -> str:
    if not f.forecasts:
        return w.say("lead.foresight.none")
    if not f.outlook:
        return w.say("lead.foresight.little")
    year = f.outlook[-1]
    return w.count("lead.foresight", year.days, money=w.money(year.money, f.currency), people=w.number(year.people))


def _identity(f: Figures, w: Words) -> str:
    i = f.identity
    if not i.persons:
        return w.say("lead.identity.none")
    return w.count("lead.identity", i.persons, records=w.number(i.records), each=w.times(i.records / i.persons))


def _quality(f: Figures, w: Words) -> str:
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


def _age(source: SourceHealth, f: Figures, w: Words) -> str:
    """How far the data of a source stop before the day of the report."""
    days = (f.as_of - source.watermark.date()).days if source.watermark else 0
    return w.count("quality.age", days) if days > 0 else w.say("quality.fresh")


_PICTURES = {
    "sales": sales,
    "loyalty": loyalty,
    "life": life,
    "segments": segments,
    "foresight": foresight,
    "trust": trust,
}
_LEADS = {
    "headline": _headline,
    "channels": _channels,
    "repeat": _repeat,
    "life": _life,
    "segments": _segments,
    "foresight": _foresight,
    "identity": _identity,
    "quality": _quality,
}
