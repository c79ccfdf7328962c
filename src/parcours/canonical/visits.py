"""Whose visit an event belongs to: the browser's or the device's, which stays the same when somebody logs in."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from parcours.rules.acquisition import COLUMNS

# What a visit keeps from its first page to its last, the surest first.
KEPT = ("cookie", "device")


def visitor(columns: Mapping[str, str]) -> exp.Expression:
    """The visitor of each row of a landing table of events: a number, null when nobody is known.

    Logging in adds an identifier to what a visitor's events give, and so makes another record. The visitor is the
    record that the cookie (else the device) alone makes; a row without either is its record's. Only rows that give
    more than the cookie are hashed again: the record of all others is already that one.
    """
    visitor = exp.case()
    given = [name for name in sorted(columns) if name.startswith(("events__id__", "events__raw__"))]
    for kind in KEPT:
        own = f"events__id__{kind}"
        more = [_given(name) for name in given if name != own]
        if own in columns and more:
            alone = exp.Anonymous(
                this="hash63",
                expressions=[exp.DPipe(this=exp.Literal.string(f"{kind}="), expression=exp.column(own, table="l"))],
            )
            visitor = visitor.when(exp.and_(_given(own), exp.paren(exp.or_(*more))), alone)
    record = exp.column("events__record_id", table="l")
    return visitor.else_(record) if visitor.args.get("ifs") else record


def page(columns: Mapping[str, str]) -> exp.Expression:
    """Whether a row of a landing table of events tells of a page, and so from where it was come to."""
    told = [name for name in (f"events__{each}" for each in COLUMNS) if name in columns]
    return exp.or_(*(exp.column(name, table="l").neq("") for name in told)) if told else exp.false()


def _given(name: str) -> exp.Expression:
    return exp.column(name, table="l").is_(exp.null()).not_()
