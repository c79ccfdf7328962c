"""What is foreseen of a person, and how a score was learned, told on the terminal in words of a shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parcours.cli.door import Door
from parcours.cli.terminal import Terminal
from parcours.cli.words import Words
from parcours.project import Project
from parcours.project.foreseen import Foreseen, ScoreExplained

Row = dict[str, Any]
FAVOURITES = 3  # of each taste
SOON = 8  # due dates that are told


def tell_foreseen(found: Foreseen, project: Project, words: Words, terminal: Terminal) -> None:
    """All that is foreseen of a person, part by part."""
    told = _Told(project, words, terminal)
    if found.values:
        terminal.title("What they will probably buy")
        for row in found.values:
            told.value(row)
    if found.propensities:
        terminal.title("What they may do, and what speaks for (+) and against (−) it")
        for row in found.propensities:
            told.propensity(row)
    if found.tastes:
        terminal.title("What they like")
        told.tastes(found.tastes)
    if found.due:
        terminal.title("What they will need again")
        for row in found.due[:SOON]:
            told.due(row)
    if found.baskets:
        terminal.title("What they will probably buy next")
        for row in found.baskets:
            terminal.pair(str(row["item"]), words.percent(row["chance"], 0), "  ")
    if found.waits:
        terminal.title("What they probably wait for, out of stock")
        for row in found.waits:
            where = f"{row['product']} – {row['store']}" if row["store"] else str(row["product"])
            terminal.pair(where, _SIGNS[row["sign"]](words, row["days"]), "  ")


class _Told:
    def __init__(self, project: Project, words: Words, terminal: Terminal) -> None:
        self.project, self.words, self.terminal = project, words, terminal

    def value(self, row: Row) -> None:
        words, money = self.words, lambda minor: self.words.money(minor, self.project.currency)
        orders = (
            f"{words.number(row['orders'], 1)} ({words.number(row['orders_low'])}–{words.number(row['orders_high'])})"
        )
        amount = f"{money(row['money'])} ({money(row['money_low'])}–{money(row['money_high'])})"
        said = words.say("{orders} buying days, {amount}", orders=orders, amount=amount)
        self.terminal.pair(words.count("In {n} day", "In {n} days", row["days"]), said, "  ")

    def propensity(self, row: Row) -> None:
        tenth = self.words.say("tenth {decile} of 10", decile=row["decile"])
        self.terminal.pair(self._title(row), f"{self.words.percent(row['probability'], 0)} ({tenth})", "  ")
        for reason in row["reasons"]:
            self.terminal.print(f"    {'+' if reason['weight'] >= 0 else '−'} {self.reason(reason)}")

    def reason(self, reason: Row) -> str:
        """A reason in words of a shop: 4 orders in the last 365 days."""
        what, value = str(reason["what"]), reason["value"]
        if value is None:
            return self.words.say(_NEVER.get(what, "nothing is known of that yet"))
        if what in _COUNTS:
            return _COUNTS[what](self.words, round(value))
        if what in _SHARES:
            return self.words.say(_SHARES[what], share=self.words.percent(value, 0))
        if what == "spend_365d":
            return self.words.say(
                "{money} spent in the last 365 days", money=self.words.money(value, self.project.currency)
            )
        if what == "pause_ratio" and value < 0.1:
            return self.words.say("bought a moment ago")
        if what == "pause_ratio":
            return self.words.say(
                "the current pause is {times} times their usual one", times=self.words.number(value, 1)
            )
        return f"{self.words.term(what.replace('_', ' '))}: {self.words.number(value, 2)}"

    def tastes(self, rows: list[Row]) -> None:
        for score in dict.fromkeys(row["score"] for row in rows):
            own = [row for row in rows if row["score"] == score][:FAVOURITES]
            said = ", ".join(
                self.words.say("{item} {share} (everybody {base})", item=self._item(row["item"]),
                               share=self.words.percent(row["share"], 0), base=self.words.percent(row["base_share"], 0))
                for row in own
            )  # fmt: skip
            self.terminal.pair(self._title(own[0]), said, "  ")

    def due(self, row: Row) -> None:
        window = f"{self.words.day(row['due_from'])} – {self.words.day(row['due_until'])}"
        chance = self.words.say("{chance} within 14 days", chance=self.words.percent(row["chance_14d"], 0))
        self.terminal.pair(str(row["item"]), f"{self.words.day(row['due_on'])} ({window}), {chance}", "  ")

    def _title(self, row: Row) -> str:
        score = self.project.scores.get(row["score"])
        return score.title.in_(self.words.language) if score and score.title else str(row["score"])

    def _item(self, item: str) -> str:
        return self.words.say(_PRICES[item]) if item in _PRICES else item


_COUNTS: dict[str, Callable[[Words, int], str]] = {
    "last_order_days": lambda w, n: w.count("last order {n} day ago", "last order {n} days ago", n),
    "orders_365d": lambda w, n: w.count("{n} order in the last 365 days", "{n} orders in the last 365 days", n),
    "buying_days_last_year": lambda w, n: w.count(
        "bought on {n} day at this time last year", "bought on {n} days at this time last year", n
    ),
    "customer_days": lambda w, n: w.count("a customer for {n} day", "a customer for {n} days", n),
    "visits_30d": lambda w, n: w.count("{n} visit in 30 days", "{n} visits in 30 days", n),
    "opens_90d": lambda w, n: w.count("{n} message opened in 90 days", "{n} messages opened in 90 days", n),
    "returns_365d": lambda w, n: w.count(
        "{n} article returned in the last 365 days", "{n} articles returned in the last 365 days", n
    ),
    "coupons_365d": lambda w, n: w.count(
        "{n} coupon used in the last 365 days", "{n} coupons used in the last 365 days", n
    ),
}
_SIGNS: dict[str, Callable[[Words, int], str]] = {
    "cart": lambda w, n: w.count("put into the cart {n} day ago", "put into the cart {n} days ago", n),
    "viewed": lambda w, n: w.count("viewed {n} day ago", "viewed {n} days ago", n),
    "searched": lambda w, n: w.count("searched for {n} day ago", "searched for {n} days ago", n),
    "due": lambda w, n: w.count("bought {n} day ago, due again", "bought {n} days ago, due again", n),
}
_SHARES = {"online_share": "{share} of their purchases online", "discount_share": "{share} of their spend as discounts"}
_NEVER = {"last_order_days": "has not ordered yet", "pause_ratio": "has no rhythm yet"}
_PRICES = {
    "price_1": "the cheapest fifth",
    "price_2": "the second cheapest fifth",
    "price_3": "the middle fifth",
    "price_4": "the second dearest fifth",
    "price_5": "the dearest fifth",
}
_MEASURES = {
    "rmse": "root mean square error of buying days",
    "log_loss": "log loss of probabilities",
    "squared error of shares": "squared error of shares",
    "share of the places that is not bought": "share of the places that is not bought",
    "mean absolute error of the next gap, days": "mean error of the next due date, in days",
}


def tell_score(found: ScoreExplained, door: Door) -> None:
    """How a score was learned, what became of it, and whether its forecasts came true."""
    words, terminal = door.words, door.terminal
    terminal.title("{title}", title=f"{found.title} ({found.score})")
    if not found.cards:
        terminal.say("Nothing has been learned yet: begin with 'parcours run'.")
    for card in found.cards[:1]:
        _card(card, door)
    if len(found.cards) > 1:
        terminal.title("Learned before")
        for card in found.cards[1:]:
            said = _missing(card, words) if card["refused"] else words.number(card["value"], 3)
            terminal.pair(words.day(card["as_of"]), said, "  ")
    if found.came_true:
        terminal.title("Did it come true?")
        for row in found.came_true:
            said = words.say("of {people} customers {foreseen} were foreseen to do it, {happened} did",
                             people=words.number(row["people"]), foreseen=words.number(row["foreseen"]),
                             happened=words.number(row["happened"]))  # fmt: skip
            terminal.pair(words.day(row["made_on"]), said, "  ")


def _card(card: Row, door: Door) -> None:
    words, terminal = door.words, door.terminal
    if card["refused"]:
        terminal.say("Not made on {day}: {why}.", day=words.day(card["as_of"]), why=_missing(card, words))
        return
    people = words.count("{n} customer", "{n} customers", card["people"])
    terminal.say("Made on {day}, of {people}, by {method}.", day=words.day(card["as_of"]), people=people,
                 method=words.term(str(card["method"]).split("/")[0]))  # fmt: skip
    if card["learned_from"]:
        terminal.say("Learned from {start} until {end}; tried on what was held back, until {held}.",
                     start=words.day(card["learned_from"]), end=words.day(card["learned_until"]),
                     held=words.day(card["held_back_until"]))  # fmt: skip
    if card["value"] is not None and card["plain_value"] is not None:
        measure = str(card["measure"])
        terminal.say(
            "On held-back time ({measure}; less is better): {value}, the plain method ({plain}) {plain_value}.",
            measure=words.say(_MEASURES.get(measure, measure)),
            value=words.number(card["value"], 3),
            plain=words.term(str(card["plain"]).replace("_", " ")),
            plain_value=words.number(card["plain_value"], 3),
        )
    if card["kept"] is not None:
        kept = (
            "The model is used: it did better."
            if card["kept"]
            else "The plain method is used: the model was no better."
        )
        terminal.say(kept)


def _missing(card: Row, words: Words) -> str:
    from parcours.web.words import words as page_words

    return page_words(words.language).missing(card["refused"])
