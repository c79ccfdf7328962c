"""What messages say of who sent them: the values that were sent together, each record once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec

from parcours.identity.recognised import Given, Said, record_of
from parcours.project import Project

REMEMBERED = 200_000  # records that are known to be written down
LONGEST = 255  # characters of a value that recognises somebody
_DESCRIBING = ("identify", "alias")
_USUAL = {"email": ("traits", "email"), "phone": ("traits", "phone")}


class Message(Protocol):
    """What is looked at of a message."""

    @property
    def kind(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def anonymous_id(self) -> str | None: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True)
class Naming:
    """How one source of messages names people: the kind of its `userId`, and where else it tells who somebody is."""

    user: str = "login"
    places: tuple[tuple[str, tuple[str, ...]], ...] = tuple(_USUAL.items())


def namings(project: Project) -> dict[str, Naming]:
    """How each source of keys names people, as the project maps it for the batch."""
    found = {}
    for source in project.sources.values():
        if source.kind_name == "collected":
            told = source.tables["customer_records"].identifiers if "customer_records" in source.tables else {}
            places = {kind: tuple(mapping.source.split(".")[1:]) for kind, mapping in told.items()
                      if mapping.source and mapping.source.startswith("message.")}  # fmt: skip
            kept = {kind: path for kind, path in places.items() if path not in (("anonymousId",), ("userId",))}
            found[source.kind.keys] = Naming(source.kind.user_id, tuple(sorted(kept.items())))
    return found


class Hearing:
    """Hears who is who in messages; what was written down once is not told again."""

    def __init__(self, project: Project, key: Callable[[Given], int | None]) -> None:
        self._key, self._namings = key, namings(project)
        self._written: OrderedDict[tuple[int, int], None] = OrderedDict()

    def user_kind(self, source: str) -> str:
        """The kind of identifier that a source's `userId` is."""
        return self._namings.get(source, _PLAIN).user

    def heard(self, messages: Iterable[Message]) -> list[Said]:
        """What is to be written down, in one order wherever it is written: two processes never wait for each other."""
        found: dict[tuple[int, int], Said] = {}
        for message in messages:
            for said in self._said(message):
                at = (said.record, said.key)
                if at not in self._written and (at not in found or said.at < found[at].at):
                    found[at] = said
        return [found[at] for at in sorted(found)]

    def written(self, said: Iterable[Said]) -> None:
        """Takes note that this is on disk."""
        self._written.update(((each.record, each.key), None) for each in said)
        while len(self._written) > REMEMBERED:
            self._written.popitem(last=False)

    def _said(self, message: Message) -> Iterator[Said]:
        describes = message.kind in _DESCRIBING
        if not describes and (message.user_id is None or message.anonymous_id is None):
            return
        given = list(dict.fromkeys(self._given(message, describes)))
        keys = {self._key(each): each for each in given}
        keys.pop(None, None)
        if len(keys) > 1 or (keys and describes):
            record = record_of(given, described=describes)
            for key, each in keys.items():
                assert key is not None
                yield Said(record, key, each.kind, each.verified, describes, message.source, message.event_time)

    def _given(self, message: Message, describes: bool) -> Iterator[Given]:
        naming = self._namings.get(message.source, _PLAIN)
        if message.user_id is not None:
            yield Given(naming.user, message.user_id, True)
        body = _read(message.body) if describes else {}
        before = _text(body.get("previousId")) if message.kind == "alias" else None
        if before or message.anonymous_id is not None:
            yield Given("cookie", before or message.anonymous_id or "")
        for kind, path in naming.places:
            if describes and (text := _text(_at(body, path))):
                yield Given(kind, text)


_PLAIN = Naming()


def _read(body: str) -> Any:
    """A message's body; it was read once already, so that it can be."""
    return msgspec.json.decode(body)


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).replace("\x00", "").strip()
    return text if 0 < len(text) <= LONGEST else None
