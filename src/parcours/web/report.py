"""The customer report: one page to read, print and keep, which asks nothing of any other host."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from parcours.measurement.figures import Figures, SourceHealth
from parcours.web import leads
from parcours.web.pictures import (
    baskets,
    coupons,
    demand,
    discovered,
    due,
    foresight,
    life,
    loyalty,
    proven,
    sales,
    segments,
    shown,
    trust,
)
from parcours.web.words import Words, words

STYLES = ("tokens.css", "charts.css", "sheet.css", "report.css")
# The sections in the order of the page. Each is `templates/<name>.html`, its title `section.<name>`; its lead is the
# sentence that opens it. A section whose lead is None has nothing to say and is left out.
SECTIONS: dict[str, Callable[[Figures, Words], str | None]] = {
    "headline": leads.headline,
    "channels": leads.channels,
    "repeat": leads.repeat,
    "life": leads.life,
    "segments": leads.segments,
    "discovered": leads.discovered,
    "foresight": leads.foresight,
    "proven": leads.proven,
    "due": leads.due,
    "baskets": leads.baskets,
    "coupons": leads.coupons,
    "demand": leads.demand,
    "shown": leads.shown,
    "identity": leads.identity,
    "quality": leads.quality,
    "sheets": leads.sheets,
}


def render(figures: Figures, language: str = "en") -> str:
    """The whole report as one HTML text, in English or French."""
    w, style = words(language), _style()
    told = {name: lead(figures, w) for name, lead in SECTIONS.items()}
    return _page().render(
        f=figures,
        w=w,
        say=w.say,
        draw=_PICTURES,
        lead=told,
        age=lambda source: _age(source, figures, w),
        sections=[name for name, lead in told.items() if lead is not None],
        lever=leads.LEVER,
        small=leads.SMALL,
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


def _age(source: SourceHealth, f: Figures, w: Words) -> str:
    """How far the data of a source stop before the day of the report."""
    days = (f.as_of - source.watermark.date()).days if source.watermark else 0
    return w.count("quality.age", days) if days > 0 else w.say("quality.fresh")


_PICTURES = {
    "coupons": coupons,
    "sales": sales,
    "loyalty": loyalty,
    "life": life,
    "segments": segments,
    "discovered": discovered,
    "foresight": foresight,
    "proven": proven,
    "due": due,
    "baskets": baskets,
    "demand": demand,
    "shown": shown,
    "trust": trust,
}
