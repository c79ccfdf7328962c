"""Coupons dealt to households: what is expected, for whom and why, and what came of them."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.coupons import Coupons, DealtOffer, Won
from parcours.project.coupons import why
from parcours.web import charts
from parcours.web.pictures.counted import largest
from parcours.web.words import Words


def offers(one: Coupons, w: Words, currency: str) -> Markup:
    """Of which offers most is expected, how many have them, and what they will cost."""
    most = largest(max(offer.margin, 0.0) for offer in one.offers)
    rows = [
        charts.Bar(
            offer.title.in_(w.language),
            max(offer.margin, 0.0) / most,
            (
                w.number(offer.households),
                w.number(round(offer.uses)),
                w.money(offer.cost, currency),
                w.money(offer.margin, currency),
            ),
            note=_note(offer, w, currency),
        )
        for offer in one.offers
    ]
    head = [
        w.say(key) for key in ("coupons.offer", "coupons.households", "coupons.uses", "coupons.cost", "coupons.margin")
    ]
    return charts.bars(w.say("coupons.offers"), head, rows)


def reason(text: str, w: Words) -> str:
    """Why an offer was chosen, as a sentence."""
    return why(text, w.language)


def won(side: Won) -> str:
    """The key of what is said of one side of the mix: measured, or assumed since too little shows."""
    return f"coupons.won.{side.why or side.source}"


def won_by(side: Won, w: Words) -> dict[str, str]:
    """The numbers of what is said of one side of the mix."""
    more, low, high = side.more or (None, None, None)
    return {
        "side": w.say(f"coupons.side.{side.side}"), "share": w.percent(side.share, 0), "held": w.number(side.held_back),
        "more": w.points(more), "low": w.points(low), "high": w.points(high),
    }  # fmt: skip


def _note(offer: DealtOffer, w: Words, currency: str) -> str:
    told = [offer.item] if offer.item else []
    if offer.budget is not None:
        told.append(w.say("coupons.budget", budget=w.money(offer.budget, currency)))
    return " · ".join(told)
