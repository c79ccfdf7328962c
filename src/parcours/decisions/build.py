"""Deals the allotments that are due: each household its offers, once, at the best expected margin within all limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from parcours.decisions.dealt import Deal
from parcours.decisions.history import READS
from parcours.engine import Draft
from parcours.project.definitions import Project
from parcours.project.offering import Allotment
from parcours.rules.rule import plain

Progress = Callable[..., None]

TABLES = ("allotment_checks", "allotments", "allotment_households", "allotment_offers")
MEANING = 3  # raised when the code deals otherwise under the same settings
REFUSED = "/refused"


def build(draft: Draft, project: Project, *, as_of: date, progress: Progress) -> None:
    """Writes the tables of allotments: those dealt before stay as they are, those that are due are dealt.

    An allotment is due from its `lead` before the first day until its last day. One that was refused (nothing to deal,
    nobody to deal to) is tried again by the next run.
    """
    for name in TABLES:
        draft.carry(name)
        draft.declare(name)
    due = [one for one in project.allotments.values() if is_due(one, as_of) and not _dealt(draft, one)]
    for step, allotment in enumerate(due):
        progress("decisions", step, len(due), allotment.name)
        _deal(draft, project, allotment, as_of)
    progress("decisions", len(due), len(due))


def is_due(allotment: Allotment, as_of: date) -> bool:
    """Whether an allotment is dealt on a day, if it has not been."""
    return allotment.starts - allotment.lead.delta <= as_of <= allotment.until


def part_of(allotment: Allotment) -> str:
    """The partition of an allotment: its name and its first day. Another first day is another allotment."""
    return f"{allotment.name}/{allotment.starts}"


def _dealt(draft: Draft, allotment: Allotment) -> bool:
    return part_of(allotment) in draft.table("allotment_checks").parts


def _deal(draft: Draft, project: Project, allotment: Allotment, as_of: date) -> None:
    deal = Deal(draft, project, allotment, as_of)
    reads = [name for name in READS if draft.has(name)]
    settings = [MEANING, str(as_of), plain(allotment), [plain(one) for one in project.offers.values()],
                [plain(one) for one in project.suppliers.values()], draft.table("allotments").fingerprint]  # fmt: skip
    for name in TABLES:
        draft.drop(name, part_of(allotment) + REFUSED)
    part = part_of(allotment)
    try:
        refused = deal.refused
        part += REFUSED if refused else ""
        for name in TABLES:
            make: Any = partial(deal.rows, name)
            draft.put(name, make, reads=reads, settings=settings, partition=part)
    finally:
        deal.forget()
