"""A decision as it is told: to the page that asked, and to the log with everything it was chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from parcours.decisions.deciding.decide import Decided
from parcours.decisions.deciding.known import Article, Candidate, Person
from parcours.project.reader import LANGUAGES

CONSIDERED = 60  # candidates that are kept of a long list, those shown and the first ones
_SHOWN = ("product_id", "name", "brand", "category_2", "price", "currency", "url", "image")
_encode = msgspec.json.Encoder().encode


def items(decided: Decided, language: str) -> list[dict[str, Any]]:
    """What stands in the slot, in one language."""
    return [_item(one.candidate, language) for one in decided.picked]


def _item(one: Candidate, language: str) -> dict[str, Any]:
    return {"key": one.key, "sort": one.sort, "content": _in(one.content, language), "article": _article(one.article),
            "item": one.item, "why": one.why}  # fmt: skip


def _in(content: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Content in one language: `{en: ..., fr: ...}` is one text."""
    return {name: _one(value, language) for name, value in content.items()}


def _one(value: Any, language: str) -> Any:
    if isinstance(value, dict) and value and set(value) <= set(LANGUAGES):
        return value.get(language, next(iter(value.values())))
    return value


def _article(article: Article | None) -> dict[str, Any] | None:
    return None if article is None else {name: getattr(article, name) for name in _SHOWN}


def told(decided: Decided, person: Person, strange: Sequence[str]) -> str:
    """The log's JSON: the moment, the candidates with why each was removed, the scores, the rules that held.

    Nothing of the profile is kept; which segments and attributes rules looked at is in the slot's own version.
    """
    found = decided.considered
    shown = {one.candidate.key for one in decided.picked}
    scores = decided.scores or {}
    rows = [] if found is None else [
        [one.key, one.why, why, None if (score := scores.get(one.key)) is None else round(score, 6)]
        for place, (one, why) in enumerate(zip(found.candidates, found.removed))
        if place < CONSIDERED or one.key in shown
    ]  # fmt: skip
    said = {
        "here": dict(person.here),
        "ignored": list(strange),
        "may_use": person.may_use,
        "considered": rows,
        "of": 0 if found is None else len(found.candidates),
        "rules": [] if found is None else list(found.held),
        "by_rule": [one.candidate.key for one in decided.picked if one.by_rule],
    }
    return _encode(said).decode()
