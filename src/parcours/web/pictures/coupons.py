"""Coupons dealt to households: what is expected, for whom and why, and what came of them."""

from __future__ import annotations

from markupsafe import Markup

from parcours.measurement.coupons import Coupons, DealtOffer
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


def _note(offer: DealtOffer, w: Words, currency: str) -> str:
    told = [offer.item] if offer.item else []
    if offer.budget is not None:
        told.append(w.say("coupons.budget", budget=w.money(offer.budget, currency)))
    return " · ".join(told)
