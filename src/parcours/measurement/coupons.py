"""The offers that were dealt to households: what is expected of them and, once they may be used, what came of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from parcours.engine import Version, sql
from parcours.model import person as person_ids
from parcours.model.value import Title
from parcours.project import Project

SHOWN = 15  # offers of the report
EXAMPLES = 3  # households of the report
NORMAL = 1.96  # of a hundred such intervals, 95 hold the truth
_TABLES = ("allotment_checks", "allotment_offers", "allotments", "allotment_households", "persons", "record_persons",
           "redemptions", "orders")  # fmt: skip


@dataclass(frozen=True)
class DealtOffer:
    """One offer: how many households have it, the uses and the cost expected (minor units), why it was not dealt."""

    title: Title
    item: str | None
    households: int
    uses: float
    cost: float
    budget: int | None
    funded: float
    margin: float
    why: str | None


@dataclass(frozen=True)
class Chosen:
    """One offer of a household: its title, why it was chosen (JSON), whether it is known, the chance of a use."""

    title: Title
    reasons: str
    known: bool
    chance: float


@dataclass(frozen=True)
class Household:
    """A household (by id) with its offers."""

    household: str
    offers: tuple[Chosen, ...]


@dataclass(frozen=True)
class Won:
    """What an earlier allotment shows of one side of the mix (`known` or `new`), and the share taken as won.

    `more` is by how much the share of coupons whose articles were bought was higher than in those held back, with the
    ends of its 95 % interval; None where too few were held back. `why` is few or wide where the share is assumed.
    """

    side: str
    share: float
    source: str
    why: str | None
    held_back: int
    more: tuple[float, float, float] | None


@dataclass(frozen=True)
class Experiment:
    """The earlier allotment that something was measured on."""

    title: Title
    starts: date
    until: date
    sides: tuple[Won, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of an allotment so far.

    `used` of the `coupons` were redeemed, by `households_using`. `gained` is what households with offers spent more
    than those held back in the same days, each on average, with `low` and `high` of its 95 % interval; None where
    nobody was held back (then nothing is claimed). `cost` is the retailer's part of the uses. Minor units.
    """

    until: date
    past: bool
    households: int
    held_back: int
    coupons: int
    used: int
    households_using: int
    cost: float
    gained: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def used_share(self) -> float | None:
        """Which share of the coupons was used."""
        return self.used / self.coupons if self.coupons else None

    @property
    def total(self) -> float | None:
        """What all households with offers together spent more."""
        return None if self.gained is None else self.gained * self.households


@dataclass(frozen=True)
class Coupons:
    """One allotment: its card, its offers, some households, and what came of it."""

    title: Title
    starts: date
    until: date
    households: int
    held_back: int
    places: int
    given: int
    value: float
    gap: float
    lift: float
    lift_from: str
    use_from: str
    refused: dict[str, Any] | None
    missed: int = 0  # places empty or out of the mix
    empty: int = 0
    ran_out: int = 0  # empty ones for which an offer ran out
    experiment: Experiment | None = None
    full: int = 0
    why: tuple[tuple[str, int], ...] = ()
    offers: tuple[DealtOffer, ...] = ()
    left_out: tuple[DealtOffer, ...] = ()
    examples: tuple[Household, ...] = ()
    outcome: Outcome | None = None


def count(version: Version, project: Project, as_of: date) -> tuple[Coupons, ...]:
    """Every allotment that was dealt, the newest first. Ids only."""
    if not version.has("allotment_checks"):
        return ()
    version.read(*_TABLES)
    return tuple(_one(version, project, row, as_of) for row in version.engine.rows(_QUERIES["cards"]))


def _one(version: Version, project: Project, card: dict[str, Any], as_of: date) -> Coupons:
    asked = {"allotment": card["allotment"], "starts": card["starts"]}
    detail = json.loads(card["detail"])
    offers = [_offer(row) for row in version.engine.rows(_QUERIES["offers"].bind(**asked))]
    why = version.engine.rows(_QUERIES["why"].bind(**asked))
    kept = ("starts", "until", "households", "held_back", "places", "given", "value", "gap", "lift", "lift_from",
            "use_from")  # fmt: skip
    return Coupons(
        title=_title(project, card["allotment"]),
        **{name: card[name] for name in kept},
        **{name: detail.get(name, 0) for name in ("missed", "empty", "ran_out")},
        experiment=_experiment(project, detail.get("lift")),
        refused=json.loads(card["refused"]) if card["refused"] else None,
        full=sum(row["households"] for row in why if row["why"] is None),
        why=tuple((row["why"], row["households"]) for row in why if row["why"] is not None),
        offers=tuple(one for one in offers if one.why is None)[:SHOWN],
        left_out=tuple(one for one in offers if one.why is not None),
        examples=_examples(version, asked),
        outcome=_outcome(version, card, as_of) if card["starts"] <= as_of and not card["refused"] else None,
    )


def _title(project: Project, allotment: str) -> Title:
    definition = project.allotments.get(allotment)
    return definition.title if definition and definition.title else Title.of(allotment)


def _experiment(project: Project, lift: dict[str, Any] | None) -> Experiment | None:
    if lift is None or lift["of"] is None:
        return None
    of = lift["of"]
    sides = tuple(
        Won(side, told["share"], told["source"], told["why"], told["held_back"],
            tuple(told["more"]) if told["more"] else None)
        for side, told in ((side, lift[side]) for side in ("known", "new"))
    )  # fmt: skip
    starts, until = (date.fromisoformat(of[name]) for name in ("starts", "until"))
    return Experiment(_title(project, of["allotment"]), starts, until, sides)


def _offer(row: dict[str, Any]) -> DealtOffer:
    return DealtOffer(title=Title(json.loads(row.pop("title"))), **row)


def _examples(version: Version, asked: dict[str, Any]) -> tuple[Household, ...]:
    found: dict[int, list[Chosen]] = {}
    for row in version.engine.rows(_QUERIES["examples"].bind(**asked, at_most=EXAMPLES)):
        chosen = Chosen(Title(json.loads(row["title"])), row["reasons"], row["known"], row["chance"])
        found.setdefault(row["household_id"], []).append(chosen)
    return tuple(Household(person_ids.show(household), tuple(offers)) for household, offers in found.items())


def _outcome(version: Version, card: dict[str, Any], as_of: date) -> Outcome:
    until = min(card["until"], as_of)
    asked = {"allotment": card["allotment"], "starts": card["starts"], "until": until}
    (used,) = version.engine.rows(_QUERIES["used"].bind(**asked))
    spent = {row["held_back"]: row for row in version.engine.rows(_QUERIES["spent"].bind(**asked))}
    given, held = spent.get(False), spent.get(True)
    return Outcome(
        until=until,
        past=as_of > card["until"],
        households=int(given["households"]) if given else 0,
        held_back=int(held["households"]) if held else 0,
        coupons=card["given"],
        used=int(used["used"]),
        households_using=int(used["households"]),
        cost=float(used["cost"]),
        **_gained(given, held),
    )


def _gained(given: dict[str, Any] | None, held: dict[str, Any] | None) -> dict[str, float]:
    """The difference of two means and its 95 % interval (Welch), from sums; nothing with fewer than two a side."""
    if not given or not held or min(given["households"], held["households"]) < 2:
        return {}
    means, errors = [], []
    for side in (given, held):
        n, total, squares = side["households"], float(side["amount"]), float(side["squares"])
        means.append(total / n)
        errors.append(max(squares - total * total / n, 0.0) / (n - 1) / n)
    gained, error = means[0] - means[1], NORMAL * sqrt(sum(errors))
    return {"gained": gained, "low": gained - error, "high": gained + error}


_QUERIES = sql.load(__package__, "coupons.sql")
