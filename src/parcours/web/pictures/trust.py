"""Evidence that joined records, guards that refused, reasons of rejection, tables that do not agree."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.figures import Figures, SourceHealth
from parcours.web import charts
from parcours.web.pictures.counted import counted, largest
from parcours.web.words import Words

MOST_DISAGREEMENTS = 8
WARNING_TONE = 3


def joined(f: Figures, w: Words) -> Markup:
    """What kinds of evidence joined the records."""
    return counted(w, "joined", f.identity.joined, "identifier")


def refused(f: Figures, w: Words) -> Markup:
    """Which guards refused to join records."""
    return counted(w, "refused", f.identity.refused, "guard")


def reasons(f: Figures, w: Words) -> Markup:
    """Why rows were rejected, source by source."""
    found = [(one, reason) for one in f.quality for reason in one.reasons]
    most = largest(reason.count for _, reason in found)
    rows = [
        charts.Bar(
            w.name("reason", reason.code),
            reason.count / most,
            (source_name(one, w), w.number(reason.count)),
            tone=WARNING_TONE,
        )
        for one, reason in found
    ]
    head = (w.say("reasons.head"), w.say("quality.source"), w.say("reasons.count"))
    return charts.bars(w.say("reasons.title"), head, rows) if rows else Markup("")


def disagreements(f: Figures, w: Words) -> Markup:
    """What does not agree between tables, most rows first."""
    kept, titles = f.disagreements[:MOST_DISAGREEMENTS], {one.source: source_name(one, w) for one in f.quality}
    most = largest(one.rows for one in kept)
    rows = [
        charts.Bar(
            w.name("fault", one.rule),
            one.rows / most,
            (w.name("table", one.table), titles.get(one.source, one.source), w.number(one.rows)),
            tone=WARNING_TONE,
        )
        for one in kept
    ]
    head = [w.say(key) for key in ("faults.head", "faults.table", "quality.source", "reasons.count")]
    return charts.bars(w.say("faults.title"), head, rows) if rows else Markup("")


def source_name(source: SourceHealth, w: Words) -> str:
    """What people call a source."""
    return source.title.in_(w.language) if source.title else source.source
