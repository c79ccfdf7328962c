"""Checks offers and allotments against each other: names that must exist, budgets that cannot hold, days, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from parcours.model.value import Fault, Money, Place, Share
from parcours.project.faults import Faults
from parcours.project.offering import Allotment, Offer, Supplier
from parcours.rules.fit import fit
from parcours.rules.rule import Happened, Rule, attributes_used, walk
from parcours.rules.subject import Subject


@dataclass
class Offering:
    """The offers, suppliers and allotments read so far, by name."""

    offers: dict[str, Offer] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    allotments: dict[str, Allotment] = field(default_factory=dict)


def check(
    found: Offering, faults: Faults, *, subjects: Mapping[str, Subject], segments: Iterable[str], unsure: Iterable[str],
    currency: str,
) -> None:  # fmt: skip
    """Notes everything in offers and allotments that cannot be, and reads the values of their rules."""
    checking = _Checking(found, faults, subjects, [*segments], set(unsure), currency)
    for supplier in found.suppliers.values():
        checking.money(supplier.place, "budget", supplier.budget)
    for name, offer in list(found.offers.items()):
        found.offers[name] = checking.offer(offer)
    checking.codes()
    for name, allotment in list(found.allotments.items()):
        found.allotments[name] = checking.allotment(allotment)


@dataclass
class _Checking:
    found: Offering
    faults: Faults
    subjects: Mapping[str, Subject]
    segments: list[str]
    unsure: set[str]
    currency: str

    def offer(self, one: Offer) -> Offer:
        """One offer; the same with its rules read."""
        for name in ("value", "cost", "budget"):
            self.money(one.place, name, getattr(one, name))
        self.part(one.place, "funding", one.funding)
        if not one.good_for.said():
            self.faults.add(one.place, f"{one.name!r} is good for nothing.", "As in 'good_for: {category_2: [TEA]}'.")
        self._supplier(one)
        self._days(one.place, one.starts, one.until)
        for name in ("households", "stock"):
            if getattr(one, name) is not None and getattr(one, name) < 1:
                self.faults.add(one.place, f"{name!r} must be 1 or more.")
        if isinstance(one.value, Money):
            self._pays_for_one(one)
        return replace(one, who=self.rule(one.who), never=self.rule(one.never))

    def allotment(self, one: Allotment) -> Allotment:
        """One allotment; the same with its rules read."""
        for name in ("value", "budget"):
            self.money(one.place, name, getattr(one, name))
        for name in ("holdout", "margin", "incremental", "used", "funding"):
            self.part(one.place, name, getattr(one, name))
        self._days(one.place, one.starts, one.until)
        self._supplier(one)
        if one.places < 1 or one.places > 100:
            self.faults.add(one.place, "'places' must be between 1 and 100.")
        elif one.mix and one.mix.known + one.mix.discover != one.places:
            known, new = one.mix.known, one.mix.discover
            self.faults.add(one.place, f"{known} known and {new} to discover are not {one.places} places.",
                            "Write numbers that add up.")  # fmt: skip
        if one.diversity.at_most < 1:
            self.faults.add(one.place, "'diversity' must leave 1 of each kind at least.")
        if one.campaign and one.value is None:
            self.faults.add(one.place, "a campaign's coupons are dealt, and nothing says what they are worth.",
                            "As in 'value: 1 EUR': it counts where the campaign does not say it.")  # fmt: skip
        if one.lift_from is not None and one.lift_from not in self.found.allotments:
            self.faults.unknown(one.place, "allotment", one.lift_from, self.found.allotments)
        self._enough(one)
        return replace(one, who=self.rule(one.who), never=self.rule(one.never))

    def codes(self) -> None:
        """Two offers that the till calls the same could not be told apart."""
        seen: dict[str, Offer] = {}
        for offer in self.found.offers.values():
            code = offer.code or offer.name
            if code in seen:
                hint = f"{seen[code].name!r} in {seen[code].place} has it already."
                self.faults.add(offer.place, f"a second offer has the code {code!r}.", hint)
            seen.setdefault(code, offer)

    def money(self, at: Place, name: str, value: Any) -> None:
        """Money must be of the project and above zero, a share of the price between 0 and 100 %."""
        if isinstance(value, Share):
            self.part(at, name, value)
        elif isinstance(value, Money) and value.currency != self.currency:
            self.faults.add(at, f"{name!r} is in {value.currency}.", f"The project counts in {self.currency}.")
        elif isinstance(value, Money) and (value.minor < 0 or (value.minor == 0 and name != "cost")):
            self.faults.add(at, f"{name!r} must be above zero.")

    def part(self, at: Place, name: str, value: Share) -> None:
        """A part of something is between nothing and all of it."""
        if not 0 <= value.value <= 1:
            self.faults.add(at, f"{name!r} must be between 0 and 100 %.")

    def rule(self, rule: Rule | None) -> Rule | None:
        """A rule against what it looks at; what people did is asked through a segment."""
        if rule is None:
            return None
        done = next((each for each in walk(rule) if isinstance(each, Happened)), None)
        if done is not None:
            self.faults.add(done.place or Place("offers"), "an offer cannot ask what people did.",
                            "Make it a segment, and write 'in_segment: its_name' here.")  # fmt: skip
            return rule
        if self.unsure.intersection(attributes_used(rule)):
            return rule
        found: list[Fault] = self.faults.found
        return fit(rule, self.subjects, found, currency=self.currency, segments=self.segments)

    def _supplier(self, one: Offer | Allotment) -> None:
        if one.supplier is not None and one.supplier not in self.found.suppliers:
            hint = "Name them first: 'suppliers: {babyco: {budget: 5000 EUR}}'."
            self.faults.unknown(one.place, "supplier", one.supplier, self.found.suppliers, hint=hint)
        if one.supplier is None and one.funding.value > 0:
            self.faults.add(one.place, "a part is funded, and nothing says by whom.", "As in 'supplier: babyco'.")

    def _days(self, at: Place, starts: date | None, until: date | None) -> None:
        if starts and until and until < starts:
            self.faults.add(at, f"it ends on {until}, before it starts on {starts}.", "Exchange 'from' and 'until'.")

    def _pays_for_one(self, one: Offer) -> None:
        """A budget that does not pay for one use cannot be met by anybody."""
        value = one.value.minor if isinstance(one.value, Money) else 0
        if one.budget and one.budget.minor < value:
            self.faults.add(one.place, f"the budget of {one.budget} does not pay for one use of {one.value}.")
        supplier = self.found.suppliers.get(one.supplier or "")
        if supplier and supplier.budget and supplier.budget.minor < value * one.funding.value:
            self.faults.add(
                one.place,
                f"the budget of {supplier.name!r}, {supplier.budget}, pays for no part of one use.",
                f"It stands in {supplier.place}.",
            )

    def _enough(self, one: Allotment) -> None:
        """What an allotment names must exist and be in force, and be enough for its places."""
        offers = self.found.offers
        for name in one.offers:
            if name not in offers:
                self.faults.unknown(one.place, "offer", name, offers)
            elif not in_force(offers[name], one):
                self.faults.add(one.place, f"offer {name!r} is not in force between {one.starts} and {one.until}.",
                                f"Its days stand in {offers[name].place}.")  # fmt: skip
        named = [offers[name] for name in one.offers or offers if name in offers]
        usable = [offer for offer in named if in_force(offer, one)]
        if not one.campaign and len(usable) < one.places and all(name in offers for name in one.offers):
            self.faults.add(one.place, f"{one.places} places for each, and offers in force: {len(usable)}.",
                            "Write more offers, or fewer places.")  # fmt: skip


def in_force(offer: Offer, allotment: Allotment) -> bool:
    """Whether an offer may be used on some day of an allotment."""
    begins, ends = offer.starts or allotment.starts, offer.until or allotment.until
    return begins <= allotment.until and ends >= allotment.starts
