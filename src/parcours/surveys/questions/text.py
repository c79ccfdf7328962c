"""A few words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parcours.model.kind import kind, setting
from parcours.surveys.answer import Answer, Unfit

_TAG = re.compile(r"<[a-zA-Z/!?]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@kind("text", of="question")
@dataclass(frozen=True)
class Text:
    """A few words of their own. HTML is refused: what people write is shown to others later."""

    longest: int = setting(500, doc="How many characters it may have, 2000 at most.")

    is_number = False

    def __post_init__(self) -> None:
        if not 1 <= self.longest <= 2000:
            raise ValueError("'longest' is between 1 and 2000")

    def read(self, given: Sequence[str]) -> Answer | None:
        """The answer; None for none. Raises Unfit."""
        text = _UNSEEN.sub("", "".join(given[:1])).strip()
        if len(text) > self.longest:
            raise Unfit("too_long")
        if _TAG.search(text):
            raise Unfit("markup")
        return Answer(text) if text else None
