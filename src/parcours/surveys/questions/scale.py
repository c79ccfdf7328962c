"""A place on a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parcours.model.kind import kind, setting
from parcours.model.value import Title
from parcours.surveys.answer import Answer, Unfit


@kind("scale", of="question")
@dataclass(frozen=True)
class Scale:
    """A place on a scale: from not at all to very much."""

    lowest: int = setting(1, key="from", doc="The lowest place.")
    highest: int = setting(5, key="to", doc="The highest place.")
    low: Title | None = setting(None, doc="What the lowest means: `{en: Not at all, fr: Pas du tout}`.")
    high: Title | None = setting(None, doc="What the highest means.")

    is_number = True

    def __post_init__(self) -> None:
        if not 1 <= self.highest - self.lowest <= 10:
            raise ValueError("a scale has 2 to 11 places, 'from' is lower than 'to'")

    @property
    def places(self) -> range:
        """Every place."""
        return range(self.lowest, self.highest + 1)

    def read(self, given: Sequence[str]) -> Answer | None:
        """The answer; None for none. Raises Unfit."""
        text = "".join(given[:1]).strip()
        if not text:
            return None
        if text not in {str(place) for place in self.places}:
            raise Unfit("out_of_range")
        return Answer(text, float(text))
