"""`parcours explain`: why records are one person, why she is in a segment, who is in it, what a slot showed and why."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from parcours.cli.decided import tell_decision, tell_latest
from parcours.cli.door import DONE, Door, fail, verb
from parcours.cli.evidence import identifier, likeness, probability
from parcours.cli.foreseen import tell_foreseen, tell_score
from parcours.cli.help import Verbs
from parcours.cli.recommend import tell as tell_lists
from parcours.project import Project
from parcours.project.coupons import title_of, why
from parcours.project.explain import InSegment, Nobody, PersonExplained, SegmentExplained
from parcours.project.faults import nearest
from parcours.rules.words import Titles

SHOWN = 5  # places of each list that are told


@click.group(cls=Verbs, epilog="Example: parcours explain person ann@example.com")
def explain() -> None:
    """Explains a person, a segment, a score or a decision. As last published."""


@explain.command(epilog="Example: parcours explain person ann@example.com")
@click.argument("who")
@click.option("--all", "everything", is_flag=True, help="Also what is zero, and why not in the other segments.")
@verb
def person(door: Door, who: str, everything: bool) -> int:
    """Explains a person: WHO is an email, a phone number, a card or per_..., or email:... to say which."""
    from parcours import answers

    project = door.project()
    found, titles = answers.persons(project, who, language=door.words.language), answers.titles(project)
    if not found:
        fail(f"there is nobody of the identifier {who!r}.")
    latest = answers.decisions(project, [one.person for one in found], most=SHOWN)
    door.terminal.json({"ok": True, "persons": found, "decisions": latest})
    if len(found) > 1:
        door.terminal.say("{n} persons share this identifier.", n=len(found))
    shown = {one.person: one.lists for one in answers.recommended(project, who)}
    for one in found:
        _Person(one, project, titles, door).tell(everything)
        if any(shown.get(one.person, {}).values()):
            tell_lists(shown[one.person], project, door, at_most=SHOWN)
        if latest[one.person]:
            tell_latest(latest[one.person], project, door)
    return DONE


@explain.command(epilog="Example: parcours explain segment lapsing_vips")
@click.argument("name")
@verb
def segment(door: Door, name: str) -> int:
    """Explains a segment: its rule in words, how many are in it, who entered and left and by which condition."""
    from parcours import answers

    project = door.project()
    try:
        found = answers.segment(project, name, language=door.words.language)
    except Nobody as nobody:
        fail(f"{nobody} {nearest(name, project.segments)}".strip())
    door.terminal.json({"ok": True, **vars(found)})
    _segment(found, door)
    return DONE


@explain.command(epilog="Example: parcours explain score buys_30d")
@click.argument("name")
@verb
def score(door: Door, name: str) -> int:
    """Explains a score: from what it was learned, how it did beside a plain method, what is missing."""
    from parcours import answers

    project = door.project()
    try:
        found = answers.score(project, name, language=door.words.language)
    except Nobody as nobody:
        fail(f"{nobody} {nearest(name, project.scores)}".strip())
    door.terminal.json({"ok": True, **vars(found)})
    tell_score(found, door)
    return DONE


@explain.command(epilog="Example: parcours explain decision 01890a5d-ac96-774b-bcce-b302099a8057")
@click.argument("decision_id")
@verb
def decision(door: Door, decision_id: str) -> int:
    """Explains a decision: who asked, what was known, what was shown and why, what was left out, what came of it."""
    from parcours import answers

    project = door.project()
    try:
        found = answers.decision(project, decision_id)
    except Nobody as nobody:
        fail(str(nobody))
    door.terminal.json({"ok": True, **asdict(found)})
    if not door.terminal.as_json:
        tell_decision(found, project, answers.titles(project), door)
    return DONE


def _segment(found: SegmentExplained, door: Door) -> None:
    terminal, say = door.terminal, door.words
    terminal.title(found.title)
    if found.why:
        terminal.print(found.why)
    terminal.print(f"{found.words}.")
    share = say.percent(found.people / found.persons) if found.persons else say.number(0)
    terminal.print(say.count("{n} person: {share} of {all}.", "{n} people: {share} of {all}.", found.people,
                             share=share, all=say.number(found.persons)))  # fmt: skip
    for change, heading in (("entered", "Entered on {day}: {n}"), ("left", "Left on {day}: {n}")):
        rows = [row for row in found.changes if row["change"] == change]
        if rows:
            terminal.title(heading, day=say.day(rows[0]["at"]), n=say.number(sum(row["people"] for row in rows)))
            for row in rows:
                terminal.pair(say.number(row["people"]), row["reason"] or say.say("no reason kept"), "  ")
    if found.audiences:
        terminal.say("Written to: {audiences}", audiences=", ".join(found.audiences))


_CHANGED = {"new": "seen for the first time", "merged": "merged with", "split": "parted from"}


class _Person:
    """A person told on the terminal, part by part."""

    def __init__(self, found: PersonExplained, project: Project, titles: Titles, door: Door) -> None:
        self.found, self.project, self.titles = found, project, titles
        self.terminal, self.words = door.terminal, door.words

    def tell(self, everything: bool) -> None:
        self.terminal.title("{person}", person=self.found.person)
        if self.found.merged_into:
            self.terminal.say("Merged into {person}.", person=self.found.merged_into)
        if self.found.household:
            self.terminal.say("Same household: {persons}", persons=", ".join(self.found.household))
        self._records()
        self._identifiers()
        self._links()
        self._changes()
        self._profile(everything)
        tell_foreseen(self.found.foreseen, self.project, self.words, self.terminal)
        self._segments(everything)
        self._coupons()

    def _coupons(self) -> None:
        """The offers their household was given last, and why each."""
        if not self.found.coupons:
            return
        first, words = self.found.coupons[0], self.words
        title = "Offers from {starts} to {until}" if first["given"] else "Held back from {starts} to {until}; else"
        self.terminal.title(title, starts=words.day(first["starts"]), until=words.day(first["until"]))
        for row in self.found.coupons:
            name = f"{row['place']}. {title_of(row['title'], words.language)}"
            self.terminal.pair(name, f"{why(row['reasons'], words.language)} ({words.percent(row['chance'])})", "  ")

    def _records(self) -> None:
        if not self.found.records:
            return
        self.terminal.title("What the sources say")
        rows = []
        for row in self.found.records:
            name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
            place = " ".join(part for part in (row["postcode"], row["city"]) if part)
            rows.append([row["source"], row["record_key"], name, self._value("", row["birth_date"]), place])
        self.terminal.table(["Source", "record", "name", "born", "lives in"], rows, left=5)

    def _identifiers(self) -> None:
        if not self.found.identifiers:
            return
        self.terminal.title("Recognised by")
        rows = []
        for row in self.found.identifiers:
            notes = [self.words.say("verified")] if row["verified"] else []
            if not row["usable"]:
                why = self.words.recognised(row["why_not"] or "?")
                notes.append(self.words.say("does not join: {why}", why=why))
            seen = f"{self._day(row['first_seen'])} – {self._day(row['last_seen'])}"
            rows.append([identifier(row["kind"], self.words), row["value"], row["source"], seen, ", ".join(notes)])
        self.terminal.table(["Kind", "value", "source", "seen", ""], rows, left=5)

    def _links(self) -> None:
        if self.found.links:
            self.terminal.title("Why these records are one person")
            self._shared()
        for row in self.found.links:
            if row["kind"] == "record":
                both = self.words.say("{one} and {other}", one=row["records"][0], other=row["records"][1])
                self.terminal.pair(both, self._joined(row), "  ")
        for row in self.found.refused:
            rule = self.words.term(row["rule"].replace("_", " "))
            self.terminal.print("  " + self.words.count(
                "{kind} {value} joins nobody: {n} record has it ({rule}).",
                "{kind} {value} joins nobody: {n} records share it ({rule}).", row["records"], rule=rule,
                kind=identifier(row["kind"], self.words), value=row["value"]))  # fmt: skip

    def _shared(self) -> None:
        """The identifiers that several records share, and which sources these are of."""
        shared: dict[tuple[str, str], list[Any]] = {}
        for row in self.found.links:
            if row["kind"] != "record":
                shared.setdefault((row["kind"], row["value"]), []).append(row)
        for (kind, value), rows in shared.items():
            same = self.words.say("same {kind} {value}", kind=identifier(kind, self.words), value=value)
            records = self.words.count("{n} record", "{n} records", len({row["record_id"] for row in rows}))
            sources = sorted({source for row in rows for source in row["sources"]})
            self.terminal.pair(same, f"{records} ({', '.join(sources)})", "  ")

    def _joined(self, row: dict[str, Any]) -> str:
        """Why two records were joined that share no identifier."""
        if row["by"] == "probabilistic":
            return likeness(row["evidence"], probability(row["weight"]), self.words)
        by_hand = self.words.say("joined by hand")
        return f"{by_hand} ({row['evidence']})" if row["evidence"] else by_hand

    def _changes(self) -> None:
        for row in self.found.changes:
            change = str(row["change"])
            told = f"{self.words.say(_CHANGED.get(change, change))} {row['other_person_id'] or ''}"
            self.terminal.pair(self._day(row["at"]), told.strip(), "  ")

    def _profile(self, everything: bool) -> None:
        known = {name: value for name, value in self.found.profile.items()
                 if (value or (everything and value is not None)) and name in self.project.subjects}  # fmt: skip
        known.pop("known", None)
        if not known:
            return
        self.terminal.title("What is known")
        titles = {name: self.project.subjects[name].title for name in known}
        rows = [[name, title.in_(self.words.language) if title else "", self._value(name, known[name])]
                for name, title in titles.items()]  # fmt: skip
        self.terminal.table(["Attribute", "", "value"], rows, left=2)

    def _segments(self, everything: bool) -> None:
        inside = [one for one in self.found.segments if one.inside]
        self.terminal.title("Segments")
        if not inside:
            self.terminal.say("In none.")
        for one in self.found.segments:
            if one.inside or everything:
                self._segment(one)

    def _segment(self, one: InSegment) -> None:
        definition = self.project.segments[one.segment]
        title = definition.title.in_(self.words.language) if definition.title else one.segment
        words = self.words
        since = words.say("since {day}", day=words.day(one.since)) if one.since else words.say("not in it")
        self.terminal.print(f"  {title} ({one.segment}), {since}")
        for reason in one.reasons:
            if reason.decisive:
                self.terminal.pair(f"{'✓' if reason.met else '✗'} {reason.asks}", reason.has, "    ")
        if one.tipped:
            self.terminal.pair(self._day(one.tipped_at), one.tipped, "    ")

    def _value(self, attribute: str, value: Any) -> str:
        if isinstance(value, bool):
            return self.words.say("yes" if value else "no")
        if isinstance(value, date):
            return self._day(value)
        if isinstance(value, int | float):
            return self._number(attribute, value)
        # A cell of the RFM grid and a stage of life have titles; other words are the retailer's own.
        title = self.titles.get(f"{attribute}={value}", "" if value is None else str(value))
        return title if isinstance(title, str) else title.in_(self.words.language)

    def _number(self, attribute: str, value: float) -> str:
        unit = self.units.get(attribute, "")
        if unit == "money":
            return self.words.money(value, self.project.currency)
        if unit == "share":
            return self.words.percent(value)
        return self.words.number(value, 2 if isinstance(value, float) else 0)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each attribute: money, share, days or nothing."""
        return {name: subject.unit for name, subject in self.project.subjects.items()}

    def _day(self, day: Any) -> str:
        """A day, or the day of a moment where the shop is."""
        if isinstance(day, datetime):
            day = day.replace(tzinfo=UTC).astimezone(ZoneInfo(self.project.zone)).date()
        return self.words.day(day) if day is not None else "?"
