"""One allotment, from its offers and its households to the rows of its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from parcours.decisions import chance, holdout, usage, worth
from parcours.decisions.assignment import Dealt, Limits, Terms, deal
from parcours.decisions.assignment.blocks import ranges
from parcours.decisions.assignment.choosing import NOBODY
from parcours.decisions.assignment.terms import penalties
from parcours.decisions.history import History, Pairs
from parcours.decisions.offered import Offered, offered
from parcours.decisions.worth import Households, Money, starts
from parcours.engine import AnyQuery, Draft, sql
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.value import Money as Price
from parcours.project.definitions import Project
from parcours.project.offering import Allotment

_QUERIES = sql.load(__package__, "reasons.sql")
_HELD_BACK = "SELECT hash_bucket(:name || CAST(household_id AS VARCHAR), 10000) AS bucket FROM deal_units ORDER BY unit"
_TEMPORARY = ("deal_pairs", "deal_visits", "deal_kinds_bought", "deal_given", "deal_offers", "deal_names")


class Deal:
    """Deals one allotment when its rows are first asked for."""

    def __init__(self, draft: Draft, project: Project, allotment: Allotment, as_of: date) -> None:
        self.draft, self.project, self.allotment, self.as_of = draft, project, allotment, as_of
        self.history = History(draft, project, allotment, as_of=as_of)
        self.places = allotment.places

    @cached_property
    def refused(self) -> dict[str, Any] | None:
        """Why nothing can be dealt: no offer in force, nobody to give it to, nothing ever bought; None: it can."""
        if not self.offers:
            return {"code": "no_offers", "needed": 1, "found": 0}
        if not len(self.units):
            return {"code": "no_households", "needed": 1, "found": 0}
        days, _ = self.history.extent()
        return None if days else {"code": "no_purchases", "needed": 1, "found": 0}

    def rows(self, table: str) -> AnyQuery | pa.Table:
        """The rows of one table of the allotment."""
        columns = schema(CONTRACTS[table].columns)
        if table == "allotment_checks":
            return pa.Table.from_pylist([self._card()], schema=columns)
        if self.refused and table != "allotment_offers":
            return columns.empty_table()
        if table == "allotments":
            return self._allotments()
        rows = self._offers() if table == "allotment_offers" else None
        return pa.Table.from_pylist(rows, schema=columns) if rows is not None else self._households_table(columns)

    def forget(self) -> None:
        """Frees the working tables."""
        self.history.forget()
        self.draft.engine.forget(*_TEMPORARY)

    # -- what there is to deal, and to whom

    @cached_property
    def everything(self) -> list[Offered]:
        """All offers that were asked for, those that cannot be dealt too."""
        return offered(self.project, self.allotment, self.history.coupons())

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """The household (or person) id of each unit; makes the working tables."""
        return self.history.lay_out([one for one in self.everything if one.why is None])

    @cached_property
    def laid(self) -> tuple[list[Offered], dict[str, str], NDArray[np.bool_], NDArray[np.bool_]]:
        """The offers that are dealt, why others are not, whom rules close, and which rule closes which offer."""
        units, articles = len(self.units), self.articles
        at = {goods: number for number, goods in enumerate(self.history.goods)}
        left = {one.offer_id: one.why for one in self.everything if one.why}
        found = [one for one in self.everything if one.why is None]
        left |= {one.offer_id: "good_for_nothing" for one in found if not articles[at[one.goods]].products}
        found = [one for one in found if one.offer_id not in left]
        rules = [(number, name) for number, one in enumerate(found) for name in ("who", "never") if getattr(one, name)]
        closed = self.history.entitled.holding([getattr(found[n], name) for n, name in rules], units)
        for column, (_, name) in enumerate(rules):
            closed[:, column] ^= name == "who"
        closing = np.zeros((len(rules), len(found)), bool)
        closing[np.arange(len(rules)), [n for n, _ in rules]] = True
        shut = np.array([bool(closed[:, closing[:, n]].any(axis=1).all()) for n in range(len(found))], bool)
        left |= {one.offer_id: "nobody" for one, gone in zip(found, shut) if gone and units}
        kept = np.flatnonzero(~shut)
        return [found[n] for n in kept], left, closed, closing[:, kept]

    @property
    def offers(self) -> list[Offered]:
        """The offers that are dealt."""
        return self.laid[0]

    @cached_property
    def articles(self) -> list[Any]:
        """What each number of goods is."""
        return self.history.articles()

    @cached_property
    def of_offer(self) -> NDArray[np.int64]:
        """The number of the goods of each offer."""
        at = {goods: number for number, goods in enumerate(self.history.goods)}
        return np.array([at[one.goods] for one in self.offers], np.int64)

    @cached_property
    def money(self) -> Money:
        """What each offer moves."""
        return worth.money(self.offers, self.articles, self.of_offer, self.allotment.margin.value)

    @cached_property
    def held_back(self) -> NDArray[np.bool_]:
        """The households that get nothing, by a hash of their id and the allotment's name."""
        bucket = self.draft.engine.arrow(sql.parse(_HELD_BACK).bind(name=f"{self.allotment.name}/"))
        return np.asarray(bucket.column(0).to_numpy() < round(self.allotment.holdout.value * 10_000))

    # -- dealing

    @cached_property
    def learned(self) -> tuple[chance.Chances, usage.Usage]:
        """The chances of a purchase and of a use."""
        units = len(self.units)
        return chance.learn(self.history, units), usage.learn(self.history, units)

    @cached_property
    def lift(self) -> holdout.Lift:
        """What offers win of those who would not have bought."""
        used = self.learned[1].share
        return holdout.learn(self.draft, self.project, self.allotment, as_of=self.as_of, used=used)

    @cached_property
    def households(self) -> Households:
        """Every household with what each offer would bring there."""
        history, units = self.history, len(self.units)
        chances, used = self.learned
        _, _, closed, closing = self.laid
        engine = self.draft.engine
        engine.temp("deal_pairs", history.until("pairs", self.as_of, 1, 0))
        engine.temp("deal_visits", history.until("visits", self.as_of, 1, 0))
        visits = history.visits(self.as_of, units)
        unit, goods, likely = [], [], []
        for batch in engine.batches("SELECT * FROM deal_pairs ORDER BY unit, goods", 500_000):
            at = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}
            floats = {name: at[name].astype(np.float32) for name in ("times", "lately", "since")}
            pairs = Pairs(at["unit"], at["goods"], **floats)
            likely.append(chances.of_pairs(pairs, visits))
            unit.append(at["unit"].astype(np.int32))
            goods.append(at["goods"].astype(np.int16))
        kinds = history.kinds_bought(self.as_of)
        return Households(
            households=units,
            start=starts(_joined(unit, np.int32), units),
            goods=_joined(goods, np.int16),
            chance=_joined(likely, np.float32),
            kind_start=starts(kinds[0], units),
            kinds=kinds[1].astype(np.int16),
            lately=visits.lately,
            habit=used.habit,
            counted=~self.held_back,
            closed=closed,
            closing=closing,
            chances=chances,
            used=used.share,
            lift=(self.lift.known.share, self.lift.new.share),
            of_offer=self.of_offer,
            money=self.money,
        )

    @cached_property
    def limits(self) -> Limits:
        """Everything that is limited."""
        value, own = self.money.value, self.money.own.astype(np.float64)
        households = np.array([np.inf if one.households is None else one.households for one in self.offers])
        budget = np.array([np.inf if one.budget is None else one.budget for one in self.offers], np.float64)
        stock = np.array([np.inf if one.stock is None else one.stock for one in self.offers], np.float64)
        uses = np.minimum(stock, np.divide(budget, value, out=np.full(len(value), np.inf), where=value > 0))
        purses, takes = [], []
        for supplier in self.project.suppliers.values():
            pays = np.array([v * one.funding if one.supplier == supplier.name else 0.0
                             for v, one in zip(value, self.offers)])  # fmt: skip
            if supplier.budget and pays.any():
                purses.append(float(supplier.budget.minor))
                takes.append(pays)
        if self.allotment.budget:
            purses.append(float(self.allotment.budget.minor))
            takes.append(own)
        shape = (len(purses), len(self.offers))
        return Limits(households.astype(np.float64), uses, np.array(purses, np.float64), np.array(takes).reshape(shape))

    @cached_property
    def terms(self) -> Terms:
        """What each household is to get."""
        kinds = [self.articles[n].kind or "" for n in self.of_offer]
        numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        group = np.array([numbers[kind] for kind in kinds], np.int32)
        empty, unmixed = penalties(-float(self.money.own.max(initial=0)), float(self.money.won.max(initial=0)))
        return Terms(self.places, self.allotment.parts.known, self.allotment.diversity.at_most, group, empty, unmixed)

    @cached_property
    def dealt(self) -> Dealt:
        """What every household gets."""
        return deal(self.households, self.limits, self.terms)

    # -- the rows

    def _allotments(self) -> AnyQuery:
        """A row an offer of a household, with its reasons."""
        engine, offers = self.draft.engine, self.offers
        engine.register("deal_given", pa.Table.from_batches(list(self._given())))
        labels = [self.articles[n].label or one.title.in_(self.project.language)
                  for n, one in zip(self.of_offer, offers)]  # fmt: skip
        engine.register("deal_offers", pa.table({
            "number": np.arange(len(offers)), "goods": self.of_offer,
            "offer_id": [one.offer_id for one in offers], "code": [one.code for one in offers],
            "item": [json.dumps(label, ensure_ascii=False) for label in labels],
        }))  # fmt: skip
        engine.register("deal_names", pa.table({
            "number": pa.array(range(len(self.history.kinds)), pa.int64()),
            "name": pa.array([json.dumps(kind, ensure_ascii=False) for kind in self.history.kinds], pa.string()),
        }))  # fmt: skip
        query = _QUERIES["reasons"].bind(allotment=self.allotment.name, starts=self.allotment.starts)
        return self.draft.fitted("allotments", query, ["household_id", "place"])

    def _given(self) -> Iterator[pa.RecordBatch]:
        """What was chosen, by the number of the household and the offer."""
        dealt, of_offer = self.dealt, self.of_offer
        for rows in ranges(len(self.units)):
            chosen = dealt.offers[rows]
            order = _best_first(dealt, rows)
            chosen = np.take_along_axis(chosen, order, axis=1)
            goods = of_offer[np.maximum(chosen, 0)]
            anyway = np.take_along_axis(self.households.anyway(rows)[0], goods, axis=1)
            with_ = self.households.goes_with(rows, goods)
            there = chosen != NOBODY
            row, place = np.nonzero(there)
            taken = {name: np.take_along_axis(getattr(dealt, name)[rows], order, axis=1)[there]
                     for name in ("known", "redeemed", "margin")}  # fmt: skip
            yield pa.record_batch({
                "unit": rows[row], "place": place + 1, "offer": chosen[there].astype(np.int64),
                "given": ~self.held_back[rows[row]], "known": taken["known"],
                "chance": taken["redeemed"].astype(np.float64), "buys_anyway": anyway[there].astype(np.float64),
                "expected_margin": taken["margin"].astype(np.float64), "goes_with": with_[there],
            })  # fmt: skip

    def _households_table(self, columns: pa.Schema) -> pa.Table:
        there = self.dealt.offers != NOBODY
        known = (self.dealt.known & there).sum(axis=1)
        return pa.table({
            "allotment": pa.repeat(pa.scalar(self.allotment.name), len(self.units)),
            "starts": pa.repeat(pa.scalar(self.allotment.starts, pa.date32()), len(self.units)),
            "household_id": self.units, "held_back": self.held_back, "offers": there.sum(axis=1),
            "known": known, "why": self._why(there.sum(axis=1), known),
        }).cast(columns)  # fmt: skip

    def _why(self, offers: NDArray[np.int64], known: NDArray[np.int64]) -> pa.Array:
        """Why a household has fewer offers than places, or another mix."""
        mix = self.allotment.parts
        may = self.placeable
        visits = self.history.visits(self.as_of, len(self.units)).times
        why = np.select(
            [(offers < self.places) & (may < self.places), offers < self.places, known == mix.known, visits == 0,
             known < mix.known],
            ["few_allowed", "limits", "", "no_history", "few_known"], "few_new",
        )  # fmt: skip
        return pa.array(why, pa.string(), mask=why == "")

    @cached_property
    def placeable(self) -> NDArray[np.int64]:
        """How many offers rules and the limit of each kind leave to every household."""
        return np.concatenate([self._placeable(rows) for rows in ranges(len(self.units))])

    def _placeable(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many offers rules and the limit of each kind leave to a household."""
        allowed = self.households.block(rows).allowed
        groups = np.zeros((len(self.offers), int(self.terms.group.max(initial=0)) + 1), np.float32)
        groups[np.arange(len(self.offers)), self.terms.group] = 1
        counts = np.minimum(allowed.astype(np.float32) @ groups, self.terms.per_group)
        return counts.sum(axis=1).astype(np.int64)

    def _offers(self) -> list[dict[str, Any]]:
        """A row an offer: how often it was given, what is expected of it, what limited it."""
        dealt_rows = self._tallied() if not self.refused else {}
        left = self.laid[1]
        rows = []
        for one in self.everything:
            told = dealt_rows.get(one.offer_id, {})
            rows.append({
                "allotment": self.allotment.name, "starts": self.allotment.starts, "offer_id": one.offer_id,
                "code": one.code, "title": one.title_text("", None), "item": None, "value": None,
                "supplier": one.supplier, "households": 0, "at_most": one.households, "uses": 0.0,
                 "stock": one.stock, "cost": 0.0, "budget": one.budget, "funded": 0.0, "margin": 0.0,
                "price": 0.0, "why": left.get(one.offer_id), **told,
            })  # fmt: skip
        return rows

    def _tallied(self) -> dict[str, dict[str, Any]]:
        dealt, size = self.dealt, len(self.offers)
        there = (dealt.offers != NOBODY) & ~self.held_back[:, None]
        chosen = dealt.offers[there]
        count = np.bincount(chosen, minlength=size)
        uses = np.bincount(chosen, weights=dealt.redeemed[there], minlength=size)
        margin = np.bincount(chosen, weights=dealt.margin[there], minlength=size)
        price = self.limits.charged(dealt.prices)[1]
        return {
            one.offer_id: {
                "title": one.title_text(
                    str(Price(round(self.money.value[n]), self.project.currency)), self.articles[self.of_offer[n]].label
                ),
                "item": self.articles[self.of_offer[n]].label, "value": round(self.money.value[n]),
                "households": int(count[n]), "uses": float(uses[n]), "cost": float(uses[n] * self.money.value[n]),
                "funded": float(uses[n] * self.money.value[n] * one.funding), "margin": float(margin[n]),
                "price": float(price[n]),
            }
            for n, one in enumerate(self.offers)
        }  # fmt: skip

    def _card(self) -> dict[str, Any]:
        one = self.allotment
        card: dict[str, Any] = {
            "allotment": one.name, "dealt_on": self.as_of, "starts": one.starts, "until": one.until,
            "households": len(self.units) if not self.refused or self.offers else 0, "held_back": 0,
            "offers": len(self.offers), "places": one.places, "given": 0, "value": 0.0, "bound": 0.0, "gap": 0.0,
            "lift": one.incremental.value, "lift_from": "assumed", "use_from": "assumed", "measure": None,
            "chance_error": None, "plain_error": None, "detail": "{}",
            "refused": json.dumps(self.refused, sort_keys=True) if self.refused else None,
        }  # fmt: skip
        if self.refused:
            return card
        chances, used = self.learned
        dealt = self.dealt
        return card | {
            "held_back": int(self.held_back.sum()),
            "given": int((dealt.offers[~self.held_back] != NOBODY).sum()),
            "value": dealt.value, "bound": dealt.bound, "gap": dealt.gap, "use_from": used.source,
            "lift": self.lift.mean(one.parts.known, one.parts.discover), "lift_from": self.lift.source,
            "measure": None if chances.error is None else "log loss",
            "chance_error": chances.error, "plain_error": chances.plain_error,
            "detail": json.dumps(
                {"used": round(used.share, 4), "days": chances.window, "lift": self.lift.said(), **self._missed()},
                sort_keys=True,
            ),
        }  # fmt: skip

    def _missed(self) -> dict[str, int]:
        """Places that are not as asked: empty or out of the mix (`missed`), empty, and empty since offers ran out."""
        counted = ~self.held_back
        offers = (self.dealt.offers != NOBODY).sum(axis=1)[counted]
        could = np.minimum(self.placeable[counted], self.places)
        return {"missed": self.dealt.missed, "empty": int((self.places - offers).sum()),
                "ran_out": int(np.maximum(could - offers, 0).sum())}  # fmt: skip


def _best_first(dealt: Dealt, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order in which a household's offers are told: the known ones first, by what they are expected to bring."""
    empty, new = dealt.offers[rows] == NOBODY, ~dealt.known[rows]
    return np.lexsort((dealt.offers[rows], -dealt.margin[rows], new, empty), axis=1)


def _joined(parts: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)
