"""Tells a decision in sentences: each code of the log is said in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from parcours.cli.door import Door
from parcours.cli.words import Words
from parcours.project import Project
from parcours.project.decided import Considered, DecisionExplained, rules_in_words
from parcours.rules.words import Titles

MOST = 30  # candidates that are told


def tell_decision(found: DecisionExplained, project: Project, titles: Titles, door: Door) -> None:
    """All of one decision."""
    _Decision(found, project, titles, door).tell()


def tell_latest(rows: Sequence[dict[str, Any]], project: Project, door: Door) -> None:
    """The newest decisions about somebody, a line each."""
    door.terminal.title("What was decided about them last")
    door.terminal.table(
        ["Decision", "slot", "shown", "how", "when"],
        [[str(row["decision"]), row["slot"], ", ".join(row["shown"]), _how(row["how"], row["because"], door.words),
          _moment(row["at"], project, door.words)] for row in rows],
        left=4,
    )  # fmt: skip


class _Decision:
    """A decision told on the terminal, part by part."""

    def __init__(self, found: DecisionExplained, project: Project, titles: Titles, door: Door) -> None:
        self.found, self.project, self.titles = found, project, titles
        self.terminal, self.words = door.terminal, door.words
        slot = project.slots.get(found.slot)
        self.variants = slot.variants if slot else {}

    def tell(self) -> None:
        self._head()
        self._known()
        self._shown()
        self._rules()
        self._considered()
        self._came()

    def _head(self) -> None:
        found, say = self.found, self.words.say
        self.terminal.title("{slot}, {when}", slot=found.slot, when=_moment(found.at, self.project, self.words))
        same = {
            True: say("the file is still this version"),
            False: say("the file is another version by now"),
            None: say("there is no such slot any more"),
        }[found.current]
        self.terminal.print(say("Version {version}: {same}.", version=found.version, same=same))
        if found.person is None:
            self.terminal.print(say("For somebody unknown."))
        else:
            self.terminal.print(say("For {person}.", person=found.person))
        if found.person is not None and not found.may_use:
            self.terminal.print(say("What is known of them could not be used: they said no, or it was told so."))

    def _known(self) -> None:
        self.terminal.title("What was known of the moment")
        for name, value in sorted(self.found.here.items()):
            self.terminal.pair(self.words.term(name.replace("_", " ")), str(value), "  ")
        if self.found.ignored:
            names = ", ".join(self.found.ignored)
            self.terminal.print("  " + self.words.say("Told and not understood: {names}", names=names))

    def _shown(self) -> None:
        found, say = self.found, self.words.say
        self.terminal.title("What was shown, and why")
        self.terminal.print("  " + _how(found.how, found.because, self.words))
        known = {each.key: each for each in found.considered}
        for place, key in enumerate(found.shown):
            self.terminal.pair(f"{place + 1}. {self._title(key)}", "; ".join(self._why(key, place, known)), "  ")
        if not found.shown:
            self.terminal.print("  " + say("Nothing."))

    def _why(self, key: str, place: int, known: dict[str, Considered]) -> list[str]:
        found, say, one = self.found, self.words.say, known.get(key)
        parts = [_reason(one.why, self.words)] if one is not None and one.why and found.how == "chosen" else []
        if key in found.by_rule:
            parts.append(say("put there by a merchant's rule"))
        if one is not None and one.score is not None:
            parts.append(say("score {score}", score=self.words.number(one.score, 3)))
        if place == 0 and found.propensity is not None and found.how == "chosen":
            parts.append(say("it came first with a probability of {share}", share=self.words.percent(found.propensity)))
        return parts

    def _rules(self) -> None:
        if not self.found.rules:
            return
        self.terminal.title("Merchants' rules that held")
        told = rules_in_words(self.found, self.project, self.titles, self.words.language)
        for where, when in told:
            self.terminal.pair(where, when or self.words.say("always"), "  ")
        if not told:
            numbers = ", ".join(str(at + 1) for at in self.found.rules)
            self.terminal.print("  " + self.words.say("Of the version then: {numbers}", numbers=numbers))

    def _considered(self) -> None:
        found, words = self.found, self.words
        if not found.considered:
            return
        self.terminal.title("What was considered")
        removed = [each for each in found.considered if each.removed is not None]
        left = [each for each in found.considered if each.removed is None and each.key not in found.shown]
        for each in (*removed, *left)[:MOST]:
            why = _removed(each.removed, words) if each.removed is not None else words.say("others came before it")
            score = "" if each.score is None else f" ({words.number(each.score, 3)})"
            self.terminal.pair(self._title(each.key), why + score, "  ")
        if (more := found.of - len(found.shown) - min(MOST, len(removed) + len(left))) > 0:
            self.terminal.print("  " + words.count("and {n} more", "and {n} more of them", more))

    def _came(self) -> None:
        self.terminal.title("What came of it")
        if not self.found.came:
            self.terminal.print("  " + self.words.say("Nothing so far."))
        for each in self.found.came:
            what = _kind(each.kind, self.words)
            if each.kind == "margin":
                what = f"{what} {self.words.money(each.value, self.project.currency)}"
            told = f"{what}, {self._title(each.key)}" if each.key else what
            when = _moment(each.at, self.project, self.words)
            self.terminal.pair(f"{told}, {when}", _outcome(each.outcome, self.words), "  ")

    def _title(self, key: str) -> str:
        variant = self.variants.get(key)
        if variant is None or variant.title is None:
            return key
        return f"{variant.title.in_(self.words.language)} ({key})"


def _moment(at: datetime, project: Project, words: Words) -> str:
    return words.moment(at.astimezone(UTC).replace(tzinfo=None), project.zone)


def _how(how: str, because: str | None, words: Words) -> str:
    """How it was decided."""
    if how == "chosen":
        return words.say("Chosen for them.")
    if how == "held_back":
        return words.say("They are held back: they see what stands there for everybody.")
    return {
        "slow": words.say("What stands there for everybody: deciding took too long."),
        "unavailable": words.say("What stands there for everybody: the database did not answer."),
        "failed": words.say("What stands there for everybody: deciding failed, the server's log says why."),
        "nothing_left": words.say("What stands there for everybody: nothing was left to choose from."),
    }.get(because or "", words.say("What stands there for everybody."))


def _removed(code: str, words: Words) -> str:
    """Why something was not shown."""
    return {
        "out_of_stock": words.say("it cannot be bought: it is not on sale, or out of stock"),
        "bought": words.say("they have bought it"),
        "in_cart": words.say("it is in their cart"),
        "shown_enough": words.say("it was shown to them often enough"),
        "clicked": words.say("they have clicked on it"),
        "excluded": words.say("a filter of the slot leaves it out"),
        "not_for_them": words.say("it is not for them: its rule does not hold"),
        "not_yet": words.say("its time has not come yet"),
        "over": words.say("its time is over"),
        "by_rule": words.say("a merchant's rule leaves it out"),
        "stopped": words.say("it was stopped: it is surely worse by the second measure"),
        "on_page": words.say("the page shows it already"),
    }.get(code, code)


def _reason(code: str, words: Words) -> str:
    """Why something was a candidate."""
    return {
        "variant": words.say("a variant of the slot"),
        "recommended": words.say("recommended to them"),
        "popular": words.say("liked by many"),
        "feed": words.say("from their feed"),
        "similar": words.say("goes with what they look at"),
        "viewed": words.say("they have looked at it"),
        "running_out": words.say("they are about to run out of it"),
        "dealt": words.say("an offer that was dealt to them"),
        "fallback": words.say("it stands there for everybody"),
    }.get(code, code)


def _kind(code: str, words: Words) -> str:
    """What came of something that was shown."""
    return {
        "click": words.say("click"),
        "add": words.say("put into the cart"),
        "order": words.say("order"),
        "margin": words.say("margin of an order"),
    }.get(code, code)


def _outcome(code: str, words: Words) -> str:
    """How that was settled."""
    return {
        "counted": words.say("counted"),
        "late": words.say("not counted: it came too late"),
        "repeated": words.say("not counted: it had come before"),
        "not_shown": words.say("not counted: this was not shown"),
        "not_asked": words.say("not counted: it is not what the slot calls success"),
        "unknown": words.say("not counted: the decision is not known"),
        "waiting": words.say("waits to be settled"),
    }.get(code, code)
