"""Reads slots/*.yaml: the places that are different for each person, and what may stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from parcours.engine import fingerprint
from parcours.model.value import Fault, Place
from parcours.project import context
from parcours.project.faults import Faults
from parcours.project.reader import Reader, Wrong, plain
from parcours.project.slot import Arrangement, Slot, Variant
from parcours.project.sources import good_name, name_of, read_kind
from parcours.rules.fit import fit
from parcours.rules.rule import Compare, Happened, Rule, attributes_used, walk
from parcours.rules.subject import Subject

_READ = ("slot", "candidates", "variants", "rules", "filters", "choose")
_MOST = 50
_USUAL = CommentedMap(kind="in_order")


def read_slot(node: CommentedMap, kinds: Mapping[str, Mapping[str, type]], reader: Reader) -> Slot | None:
    """One slot; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    name = name_of(node, "slot", reader)
    values, _ = reader.settings(Slot, node, at, skip=_READ)
    variants = _variants(node, reader)
    candidates = _several(node, "candidates", kinds.get("candidates", {}), "kind of candidates", reader)
    if variants and "candidates" not in node and "variants" in kinds.get("candidates", {}):
        candidates = (kinds["candidates"]["variants"](),)
    filters = _several(node, "filters", kinds.get("filter", {}), "kind of filter", reader)
    written = node.get("choose", _USUAL)
    there = reader.place(node, "choose") if "choose" in node else at
    choose = _kind(written, kinds.get("choice", {}), "kind of choice", reader, there)
    rules = _rules(node, reader)
    if not candidates and len(reader.faults.found) == before:
        reader.faults.add(at, "nothing may stand in it.", "Write 'variants', or 'candidates: [recommended]'.")
    if len(reader.faults.found) > before or name is None or choose is None:
        return None
    return Slot(name=name, variants=variants, candidates=candidates, filters=filters, choose=choose, rules=rules,
                version=fingerprint(plain(node))[:12], place=at, **values)  # fmt: skip


def _variants(node: CommentedMap, reader: Reader) -> dict[str, Variant]:
    written = node.get("variants", CommentedMap())
    if not isinstance(written, CommentedMap) or ("variants" in node and not written):
        reader.faults.add(reader.place(node, "variants"), "'variants' must name variants.",
                          "As in 'variants: {winter: {content: {image: /winter.jpg}}}'.")  # fmt: skip
        return {}
    found = {}
    for name, body in written.items():
        at = reader.place(written, name)
        if good_name(name, at, reader) is None:
            continue
        if not isinstance(body, CommentedMap):
            reader.faults.add(at, f"{name!r} must say what it is.", "As in '{content: {image: /winter.jpg}}'.")
            continue
        with suppress(Wrong):
            found[name] = reader.dataclass(Variant, body, at)
    return found


def _several(node: CommentedMap, key: str, kinds: Mapping[str, type], what: str, reader: Reader) -> tuple[Any, ...]:
    """Kinds in a list; one that needs nothing said may be written as its name alone."""
    written = node.get(key)
    if written is None:
        return ()
    at = reader.place(node, key)
    items = list(written) if isinstance(written, CommentedSeq) else [written]
    places = [reader.place(written, n) for n in range(len(items))] if isinstance(written, CommentedSeq) else [at]
    found = [_kind(item, kinds, what, reader, place) for item, place in zip(items, places)]
    return tuple(each for each in found if each is not None)


def _kind(written: Any, kinds: Mapping[str, type], what: str, reader: Reader, at: Place) -> Any:
    if isinstance(written, str):
        body = CommentedMap(kind=written)
        body.lc.line, body.lc.col = at.line - 1 if at.line else 0, 0
        body.lc.data = {"kind": [body.lc.line, 0, body.lc.line, 0]}
        written = body
    if not isinstance(written, CommentedMap):
        reader.faults.add(at, f"a {what} is a name, or '{{kind: name, ...}}'.", f"There is {', '.join(sorted(kinds))}.")
        return None
    return read_kind(written, kinds, reader, at, what=what, skip=())


def _rules(node: CommentedMap, reader: Reader) -> tuple[Arrangement, ...]:
    written = node.get("rules")
    if written is None:
        return ()
    if not isinstance(written, CommentedSeq):
        reader.faults.add(reader.place(node, "rules"), "'rules' is a list.",
                          "As in '- {when: {weather: rain}, first: [umbrellas]}'.")  # fmt: skip
        return ()
    found = []
    for position, body in enumerate(written):
        at = reader.place(written, position)
        if not isinstance(body, CommentedMap):
            reader.faults.add(at, "a rule says 'when', and 'first', 'only' or 'never'.")
            continue
        with suppress(Wrong):
            rule = reader.dataclass(Arrangement, body, at)
            if not (rule.first or rule.only or rule.never):
                reader.faults.add(at, "this rule does nothing.", "Write 'first', 'only' or 'never'.")
            found.append(rule)
    return tuple(found)


def check(
    slots: dict[str, Slot], faults: Faults, *, subjects: Mapping[str, Subject], segments: Iterable[str],
    unsure: Iterable[str], scores: Iterable[str], allotments: Iterable[str], purposes: Iterable[str], currency: str,
) -> None:  # fmt: skip
    """Notes everything in slots that cannot be, and reads the values of their rules."""
    checking = _Checking(faults, subjects, [*segments], set(unsure), currency)
    names = {"scores": [*scores], "allotments": [*allotments]}
    for name, slot in list(slots.items()):
        checking.bounds(slot)
        checking.names(slot, [*purposes])
        checking.features(slot)
        for kind in (*slot.candidates, *slot.filters, slot.choose):
            checking.kind(kind, slot, names)
        slots[name] = checking.rules(slot)


@dataclass
class _Checking:
    faults: Faults
    subjects: Mapping[str, Subject]
    segments: list[str]
    unsure: set[str]
    currency: str

    def bounds(self, slot: Slot) -> None:
        """Numbers within reason."""
        if not 1 <= slot.show <= _MOST:
            self.faults.add(slot.place, f"'show' must be between 1 and {_MOST}.")
        if not 0 <= slot.holdout.value <= 0.5:
            self.faults.add(slot.place, "'holdout' must be between 0 and 50 %.")
        if not 1 <= slot.milliseconds <= 1000:
            self.faults.add(slot.place, "'milliseconds' must be between 1 and 1000.")
        if len(slot.variants) > 200:
            self.faults.add(slot.place, f"{len(slot.variants)} variants are more than 200.", "Make it several slots.")

    def names(self, slot: Slot, purposes: list[str]) -> None:
        """What is named must exist."""
        if slot.purpose not in purposes:
            self.faults.unknown(slot.place, "purpose", slot.purpose, purposes)
        for name in slot.fallback:
            if name not in slot.variants:
                self.faults.unknown(slot.place, "variant", name, slot.variants)
        if slot.guard and not slot.fallback:
            self.faults.add(slot.place, "'guard' compares with 'fallback', and there is none.")
        own = all(type(each).__kind__.name == "variants" for each in slot.candidates)  # else articles may be meant
        for rule in slot.rules:
            for name in (*rule.first, *rule.only, *rule.never) if own else ():
                if name not in slot.variants:
                    self.faults.unknown(rule.place, "variant", name, slot.variants)

    def kind(self, kind: Any, slot: Slot, names: Mapping[str, list[str]]) -> None:
        """A kind that names a score or an allotment (`of_scores`, `of_allotments`) names one that exists."""
        for what in ("scores", "allotments"):
            for name in getattr(kind, f"of_{what}", ()):
                if name not in names[what]:
                    self.faults.unknown(slot.place, what[:-1], name, names[what])

    def features(self, slot: Slot) -> None:
        """What a choice looks at must be known."""
        for name in getattr(slot.choose, "of_attributes", ()):
            if name not in self.subjects and name not in context.SUBJECTS and name not in self.unsure:
                self.faults.unknown(slot.place, "attribute", name, [*self.subjects, *context.SUBJECTS])

    def rules(self, slot: Slot) -> Slot:
        """The same with its rules read."""
        variants = {name: replace(one, who=self.rule(one.who)) for name, one in slot.variants.items()}
        rules = tuple(replace(one, when=self.rule(one.when)) for one in slot.rules)
        for name, one in slot.variants.items():
            if one.starts and one.until and one.until < one.starts:
                self.faults.add(one.place, f"{name!r} ends on {one.until}, before it starts on {one.starts}.",
                                "Exchange 'from' and 'until'.")  # fmt: skip
        return replace(slot, variants=variants, rules=rules)

    def rule(self, rule: Rule | None) -> Rule | None:
        """A rule against what it looks at; what people did is asked through a segment or a live attribute."""
        if rule is None:
            return None
        done = next((each for each in walk(rule) if isinstance(each, Happened)), None)
        if done is not None:
            self.faults.add(done.place or Place("slots"), "a slot cannot ask what people did.",
                            "Make it a segment or a live attribute, and name that here.")  # fmt: skip
            return rule
        used = set(attributes_used(rule))
        if self.unsure & used:
            return rule
        found: list[Fault] = self.faults.found
        for name in sorted(used & set(context.SUBJECTS) & set(self.subjects)):
            self.faults.add(_place_of(rule, name), f"{name!r} is an attribute, and known of the moment too.",
                            "Give the attribute another name.")  # fmt: skip
        fitted = fit(rule, {**self.subjects, **context.SUBJECTS}, found, currency=self.currency, segments=self.segments)
        for each in walk(fitted):
            if isinstance(each, Compare) and each.subject in context.WORDS:
                self._words(each)
        return fitted

    def _words(self, rule: Compare) -> None:
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        for value in values:
            if isinstance(value, str) and value not in context.WORDS[rule.subject]:
                self.faults.unknown(rule.place or Place("slots"), rule.subject, value, context.WORDS[rule.subject])


def _place_of(rule: Rule, name: str) -> Place:
    found = next((each.place for each in walk(rule) if isinstance(each, Compare) and each.subject == name), None)
    return found or Place("slots")
