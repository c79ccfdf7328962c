"""Which offers each household was given, why, and within which budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("allotments", key=("allotment", "starts", "household_id", "place"))
@dataclass(frozen=True)
class Allotted:
    """One offer of a household: why it was chosen, how probable its use, and what it earns the retailer.

    `household_id` is a household's or, for who lives in none and where offers go to persons, a person's. `given` is
    false in a household held back: it shows what it would have got. `chance` is that of a use, `buys_anyway` that of a
    purchase without the offer in the same days, `expected_margin` in minor units after all costs. `reasons` is JSON.
    """

    allotment: str
    starts: date
    household_id: int
    place: int
    offer_id: str
    code: str
    given: bool
    known: bool
    chance: float
    buys_anyway: float
    expected_margin: float
    reasons: str


@table("allotment_households", key=("allotment", "starts", "household_id"))
@dataclass(frozen=True)
class AllottedHousehold:
    """A household in an allotment: held back or not, how many offers, and why fewer than asked or another mix.

    `why` is null where nothing is missing, else few_known, few_new, no_history (the mix could not be met), few_allowed
    (rules leave fewer offers than places) or limits (the offers ran out).
    """

    allotment: str
    starts: date
    household_id: int
    held_back: bool
    offers: int
    known: int
    why: str | None


@table("allotment_offers", key=("allotment", "starts", "offer_id"))
@dataclass(frozen=True)
class AllottedOffer:
    """An offer in an allotment: how many got it, the uses and the costs expected of them, and what limited it.

    Money is in minor units. `cost` is what expected uses cost in all (value only), `funded` the suppliers' part of it.
    `price` is what one more use would have been worth, where a budget ran out. `why` is null for an offer that was
    dealt, else expired, not_yet, good_for_nothing, nobody.
    """

    allotment: str
    starts: date
    offer_id: str
    code: str
    title: str
    item: str | None
    value: int | None
    supplier: str | None
    households: int
    at_most: int | None
    uses: float
    stock: int | None
    cost: float
    budget: int | None
    funded: float
    margin: float
    price: float
    why: str | None


@table("allotment_checks", key=("allotment", "starts"))
@dataclass(frozen=True)
class AllotmentCheck:
    """How an allotment was dealt: the expected margin in all beside what no allotment can pass, and what it rests on.

    `value` and `bound` are in minor units. `lift` is the share of uses that is bought because of the offer among
    those who would not have bought, on average over known things and discoveries, and `lift_from` says whether it was
    measured, partly (for one of the two) or assumed; `detail`, JSON, has both, with what an earlier allotment shows of
    them and its intervals. `use_from` says whether the chance of a use is from campaigns or assumed. `measure`,
    `chance_error` and `plain_error` tell how chances did on held-back time. `refused` is null, or why nothing was
    dealt, as JSON. Of the places told in `detail`, `missed` ones are empty or out of the mix, `empty` ones have no
    offer, those of `ran_out` because offers ran out.
    """

    allotment: str
    dealt_on: date
    starts: date
    until: date
    households: int
    held_back: int
    offers: int
    places: int
    given: int
    value: float
    bound: float
    gap: float
    lift: float
    lift_from: str
    use_from: str
    measure: str | None
    chance_error: float | None
    plain_error: float | None
    refused: str | None
    detail: str
