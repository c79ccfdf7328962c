"""The corridor of a questionnaire: answers are read, and kept as what the person said, like any other event."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from parcours import surveys
from parcours.consent import Register
from parcours.project import Project
from parcours.project.questionnaire import Questionnaire
from parcours.surveys import Answered


class NoSuchQuestionnaire(LookupError):
    """The project declares no questionnaire of that name."""


class Nobody(LookupError):
    """There is no address by which what this person says could be found to be theirs."""


@dataclass(frozen=True)
class Respondent:
    """Who answers: a person we know (who came by a signed link), else a browser, a log-in, or both."""

    person: int | None = None
    anonymous_id: str | None = None
    user_id: str | None = None


Keep = Callable[[bytes, str, datetime], Awaitable[None]]  # a batch, the source of its keys, now


class Answering:
    """What a server process needs to ask people."""

    def __init__(self, project: Project, register: Register, keep: Keep) -> None:
        self._questionnaires, self._register, self._keep = project.questionnaires, register, keep
        reading = (one.kind for one in project.sources.values() if getattr(one.kind, "questionnaires", False))
        self.source = next((str(kind.keys) for kind in reading), "web")

    def find(self, name: str) -> Questionnaire:
        """A questionnaire by name. Raises NoSuchQuestionnaire."""
        if name not in self._questionnaires:
            raise NoSuchQuestionnaire(name)
        return self._questionnaires[name]

    async def answer(
        self, asked: Questionnaire, given: Mapping[str, Sequence[str]], who: Respondent, *, now: datetime,
        source: str | None = None, once: str | None = None,
    ) -> Answered:  # fmt: skip
        """Keeps answers, when nothing is wrong with any; the same under one `once` is kept once.

        Raises Refusal and Busy as collecting does, Nobody, psycopg's errors.
        """
        answered = surveys.read(asked, given)
        if not answered.wrong and answered.answers:
            named, known = await self._named(who)
            traits = {**known, **answered.traits(asked)}
            told = answered.told(asked)
            batch = [{"type": "identify", "traits": traits, **named}] if traits else []
            batch.append({"type": "track", "event": surveys.EVENT, "properties": told, **named})
            for message in batch:
                message["messageId"] = _id(once, message)
            await self._keep(json.dumps({"batch": batch}).encode(), source or self.source, now)
        return answered

    async def _named(self, who: Respondent) -> tuple[dict[str, str], dict[str, Any]]:
        """By what messages name somebody; and, of a person whom a link names, the addresses that make them theirs."""
        if who.person is None:
            named = {"anonymousId": who.anonymous_id, "userId": who.user_id}
            return {name: value for name, value in named.items() if value}, {}
        person = await asyncio.to_thread(self._register.now, who.person)
        known = await asyncio.to_thread(self._register.reached, person)
        known = {kind: value for kind, value in known.items() if kind in ("email", "phone")}
        if not known:
            raise Nobody
        key = self._register.secret.for_("questionnaires: anonymous id")
        return {"anonymousId": f"link-{hmac.digest(key, str(person).encode(), 'sha256')[:16].hex()}"}, known


def _id(once: str | None, message: Mapping[str, Any]) -> str:
    """The same answers of one form sent twice are one message."""
    if once is None:
        return str(uuid4())
    said = json.dumps([once, message], sort_keys=True).encode()
    return hmac.digest(b"questionnaire", said, "sha256").hex()[:32]
