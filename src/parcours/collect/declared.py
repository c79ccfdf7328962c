"""Holds what is sent against what the retailer declares of events: what does not fit is told, or refused.

Whether an event fits hangs on its name and on the names and types of its properties alone, so that events built alike
are looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from parcours.collect.message import Collected, Rejected
from parcours.collect.shapes import LONGEST_NAME, MOST_FORMS, TYPES
from parcours.project.definitions import Source
from parcours.project.happening import OURS, DeclaredEvent, called

UNKNOWN_EVENT, MISSING, TYPE, OTHER = "unknown_event", "missing_property", "wrong_type", "undeclared_property"
MOST_MISFITS = 5_000  # of a source, that are told; beyond, names are made up
TOLD_AGAIN = timedelta(hours=1)  # after which it is written down that it still happens
_LONGEST_DETAIL = 2_000  # characters
_TYPED = {"text": "text", "number": "a number", "yes or no": "true or false", "object": "an object", "list": "a list"}


@dataclass(frozen=True)
class Fault:
    """In what an event does not fit: the code, the property, the sentence, and whether it is refused for it."""

    code: str
    property: str
    sentence: str
    refused: bool


@dataclass(frozen=True, order=True)
class Misfit:
    """That events of a source do not fit what is declared: which, in what, when last, and whether they are refused."""

    source: str
    event: str
    property: str
    code: str
    at: datetime
    refused: bool


@dataclass(frozen=True)
class Sifted:
    """What of a source is kept, what is refused, how much is kept that does not fit, and what is to be told of both."""

    good: list[Collected]
    refused: Sequence[Rejected] = ()
    flagged: int = 0
    misfits: Sequence[Misfit] = ()


@dataclass
class _Declared:
    """What one source declares, and the forms of events that were looked at."""

    events: Mapping[str, DeclaredEvent]
    unknown: str
    refuse: bool
    forms: dict[tuple[object, ...], tuple[Fault, ...]] = field(default_factory=dict)

    def faults(self, message: Collected) -> tuple[Fault, ...]:
        """In what a message does not fit; nearly always nothing."""
        said = message.properties or {}
        name = message.name if message.kind == "track" and message.name else message.kind
        form = (name, *said, *map(type, said.values()))
        found = self.forms.get(form)
        if found is None:
            if len(self.forms) >= MOST_FORMS:
                self.forms.clear()
            types = {each: TYPES[type(value)] for each, value in said.items() if value is not None}
            found = self.forms[form] = tuple(self._looked(name, message.kind, types))
        return found

    def _looked(self, name: str, kind: str, types: Mapping[str, str]) -> Iterator[Fault]:
        event = self.events.get(called(name))
        if event is None:
            if kind == "track" and self.unknown != "allow" and called(name) not in OURS:
                yield Fault(UNKNOWN_EVENT, "", f"no event {_short(name)!r} is declared", self.unknown == "refuse")
            return
        for each in event.required:
            if each not in types:
                yield Fault(MISSING, each, f"{each!r} is missing", self.refuse)
        for each, type_ in types.items():
            wanted = event.properties.get(each)
            if wanted is not None and wanted != type_:
                yield Fault(TYPE, each, f"{each!r} must be {_TYPED[wanted]}, not {_TYPED[type_]}", self.refuse)
            elif wanted is None and event.other == "flag" and each not in event.required:
                yield Fault(OTHER, each, f"{_short(each)!r} is not declared", refused=False)


class Declarations:
    """What all sources declare, as this process holds messages against it."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {
            source.kind.keys: _Declared({called(name): event for name, event in source.kind.events.items()},
                                        source.kind.unknown_events, source.kind.when_it_does_not_fit == "refuse")
            for source in sources if source.kind_name == "collected" and source.kind.events
        }  # fmt: skip
        self._told: dict[tuple[str, str, str, str], datetime] = {}
        self._many: dict[str, int] = {}
        self.misfits: dict[tuple[str, str], int] = {}  # messages, by source and what became of them

    def sift(self, messages: list[Collected], source: str) -> Sifted:
        """Parts what is kept from what is refused, of the messages of a source."""
        declared = self._sources.get(source)
        if declared is None:
            return Sifted(messages)
        wrong = [(one, faults) for one in messages if (faults := declared.faults(one))]
        if not wrong:
            return Sifted(messages)
        refused = [_rejected(one, faults) for one, faults in wrong if any(fault.refused for fault in faults)]
        out = {one.key.bytes for one in refused}
        misfits = {misfit for one, faults in wrong for misfit in self._to_tell(one, faults)}
        good = [one for one in messages if one.digest not in out]
        return Sifted(good, refused, len(wrong) - len(refused), sorted(misfits))

    def written(self, sifted: Sifted, source: str) -> None:
        """Takes note of what is on disk, and counts."""
        for one in sifted.misfits:
            at = (one.source, one.event, one.property, one.code)
            if at not in self._told:
                self._many[one.source] = self._many.get(one.source, 0) + 1
            self._told[at] = one.at
        for what, many in (("refused", len(sifted.refused)), ("flagged", sifted.flagged)):
            if many:
                self.misfits[source, what] = self.misfits.get((source, what), 0) + many

    def _to_tell(self, one: Collected, faults: Sequence[Fault]) -> Iterator[Misfit]:
        event = (one.name if one.kind == "track" and one.name else one.kind)[:LONGEST_NAME]
        for fault in faults:
            at = (one.source, event, fault.property[:LONGEST_NAME].replace("\x00", ""), fault.code)
            last = self._told.get(at)
            if last is None and self._many.get(one.source, 0) >= MOST_MISFITS:
                continue
            if last is None or one.received_at - last >= TOLD_AGAIN:
                yield Misfit(*at, one.received_at, fault.refused)


def _rejected(one: Collected, faults: Sequence[Fault]) -> Rejected:
    """What is refused, with everything that does not fit."""
    first = next(fault for fault in faults if fault.refused)
    detail = "; ".join(fault.sentence for fault in faults if fault.refused)[:_LONGEST_DETAIL]
    return Rejected(one.key, one.source, first.code, detail.replace("\x00", "\ufffd"), one.received_at,
                    one.body.replace("\x00", "\ufffd"))  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
