"""Segment sheets: one A4 page a segment to print, pin up and keep, and one page that ranks them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parcours.measurement.sheets import Kpi, Part, SheetFigures, Trait, family
from parcours.web import charts
from parcours.web.words import Words, words

STYLES = ("tokens.css", "charts.css", "paper.css", "sheet.css")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PDF_SECONDS = 60
_QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--no-first-run", "--disable-sync",
          "--disable-background-networking", "--disable-component-update")  # fmt: skip
# Below a hundred of the currency, cents are told.
SMALL = 10_000
# A name says what people do, not over which time it was counted.
_WINDOW = re.compile(r" (in|sur) (\d+ days|\d+ jours|a year|un an)$")


@dataclass(frozen=True)
class Written:
    """The files that were written, the index first; and the pages of which there is no PDF, by why."""

    files: tuple[Path, ...]
    unprinted: tuple[Path, ...] = ()
    browser: str | None = None


def write(figures: Sequence[SheetFigures], folder: Path, language: str = "en", *, pdf: bool = True) -> Written:
    """Writes `index.html` and one page a segment into a folder; a PDF of each too where a browser can print it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = names_of(figures, language)
    pages = {"index": overview(figures, language)} | {
        one.segment: render(one, language, names=names) for one in figures
    }
    written, unprinted = [], []
    browser = next((found for found in map(shutil.which, BROWSERS) if found), None)
    for name, page in pages.items():
        file = folder / f"{name}.html"
        file.write_text(page, encoding="utf-8")
        written.append(file)
        if pdf and name != "index":
            printed = _printed(browser, file) if browser else []
            written += printed
            unprinted += [] if printed else [file]
    return Written(tuple(written), tuple(unprinted), browser)


def render(figures: SheetFigures, language: str = "en", *, names: Mapping[str, str] | None = None) -> str:
    """The sheet of one segment as one HTML text, in English or French."""
    return _page("sheet.html", language, **_told(figures, language, names), level=1)


def body(figures: SheetFigures, language: str, *, names: Mapping[str, str], level: int) -> Markup:
    """The sheet of one segment as a part of a page that has the same styles; its heading is of this level."""
    return Markup(_page("body.html", language, **_told(figures, language, names), level=level))


def overview(figures: Sequence[SheetFigures], language: str = "en") -> str:
    """All segments beside one another with their priorities and the sums behind them, as one HTML text."""
    title = _words(language).say("sheet.index.title")
    return _page("sheets.html", language, sheets=figures, title=title, names=names_of(figures, language))


def names_of(figures: Sequence[SheetFigures], language: str) -> dict[str, str]:
    """What each segment is called."""
    return {one.segment: name_of(one, language) for one in figures}


def say(key: str, language: str, **values: Any) -> str:
    """A sentence of the sheets, for pages that tell of segments too."""
    return _words(language).say(key, **values)


def name_of(figures: SheetFigures, language: str) -> str:
    """What a segment is called; while nobody has named it, what sets it apart most."""
    w = _words(language)
    if figures.title:
        return figures.title.in_(language)
    told = dict.fromkeys(_called(w, trait, more) for trait, more in figures.named_by)
    said = ", ".join(told) if told else w.say("sheet.unnamed", segment=figures.segment)
    return said[:1].upper() + said[1:]


def _called(w: Words, trait: Trait, more: bool) -> str:
    """What an attribute says of people, as one says it in a shop: buy often; else its title, high or low."""
    side = "more" if more else "less"
    if (said := f"sheet.called.{family(trait.name)}.{side}") in w.sentences:
        return w.say(said)
    title = trait.title.in_(w.language) if trait.title else w.name("attribute", trait.name)
    lower = _WINDOW.sub("", title[:1].lower() + title[1:])
    kind = "yes" if trait.yes_no else "trait" if trait.unit else "many"
    of = "d'" if lower[:1] in "aeiouyâéèêh" else "de "  # French elides; English has no blank for it
    return w.say(f"sheet.{kind}.{side}", title=lower, of=of)


def _told(figures: SheetFigures, language: str, names: Mapping[str, str] | None) -> dict[str, Any]:
    own = {figures.segment: name_of(figures, language)}
    others = {flow.other: flow.other for flow in (*figures.entered, *figures.left) if flow.other}
    return {"f": figures, "title": own[figures.segment], "names": {**others, **own, **(names or {})}}


def _page(template: str, language: str, **told: Any) -> str:
    w, style = _words(language), _style()
    environment = Environment(
        loader=PackageLoader("parcours.web.sheets"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(
        w=w,
        say=w.say,
        short=_short,
        value=lambda one, amount, currency: _value(w, one, amount, currency),
        times=lambda index: Markup("&times; {}").format(w.times(index)) if index is not None else "",
        title_of=lambda trait: trait.title.in_(language) if trait.title else w.name("attribute", trait.name),
        parts=lambda parts, kind: _parts(w, parts, kind),
        spark=lambda f: charts.sparkline(w.say("sheet.trend"), [amount for _, amount in f.months]),
        part_name=lambda part: _part_name(w, part),
        style=Markup(style),
        style_hash="sha256-" + b64encode(sha256(style.encode()).digest()).decode(),
        **told,
    )


def _value(w: Words, one: Trait | Kpi, amount: float | None, currency: str) -> str:
    """A figure as its unit is written."""
    if amount is None:
        return w.percent(None)
    if one.unit == "money":
        return w.money(amount, currency, cents=abs(amount) < SMALL)
    if one.unit == "share":
        return w.percent(amount)
    if one.unit == "points":
        return w.signed(round(amount * 100)) or "0"
    return w.part_of(round(amount, 2) if abs(amount) < 10 else round(amount))


def _parts(w: Words, parts: Sequence[Part], kind: str) -> Markup:
    """Shares of a segment as bars, each with the base's and the index."""
    most = max((part.share for part in parts), default=0) or 1
    rows = [
        charts.Bar(
            w.name(kind, part.code) if kind != "category" else part.code.capitalize(),
            part.share / most,
            (w.percent(part.share), w.percent(part.base), _times(w, part.index)),
        )
        for part in parts
        if part.share or part.base
    ]
    head = ("", w.say("sheet.here"), w.say("sheet.base"), w.say("sheet.index"))
    return charts.bars(w.say(_CAPTIONS[kind]), head, rows)


_CAPTIONS = {"channel": "sheet.channels", "category": "sheet.tastes", "stage": "sheet.life"}


def _part_name(w: Words, part: Part) -> str:
    title = part.title.in_(w.language) if part.title else w.name("attribute", part.attribute)
    return f"{title}: {part.code}"


def _times(w: Words, index: float | None) -> str:
    return f"× {w.times(index)}" if index is not None else w.percent(None)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _printed(browser: str, page: Path) -> list[Path]:
    """The page as a PDF beside it; nothing where the browser cannot print it."""
    paper = page.with_suffix(".pdf")
    paper.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="parcours-") as own:
        command = [browser, *_QUIET, f"--user-data-dir={own}", f"--print-to-pdf={paper}", page.absolute().as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PDF_SECONDS)
        except (subprocess.SubprocessError, OSError):
            return []
    return [paper] if paper.is_file() else []


@lru_cache
def _words(language: str) -> Words:
    """The words of our pages with those of the sheets."""
    base = words(language)
    with (files("parcours.web.sheets") / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    own = {str(message.id): (_typeset(str(message.string), language),) for message in catalogue if message.id}
    return replace(base, sentences={**base.sentences, **own})


def _typeset(text: str, language: str) -> str:
    """French curled apostrophes and the spaces before its punctuation that must not break."""
    if language != "fr":
        return text.replace(" x ", " × ")
    for sign in ":;?!%»€":
        text = text.replace(f" {sign}", f"\N{NO-BREAK SPACE}{sign}")
    return text.replace("« ", "«\N{NO-BREAK SPACE}").replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


def _style() -> str:
    folder = files("parcours.web") / "static"
    return "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)
