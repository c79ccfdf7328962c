"""A number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from parcours.model.kind import kind, setting
from parcours.surveys.answer import Answer, Unfit


@kind("number", of="question")
@dataclass(frozen=True)
class Number:
    """A number: how many cups a day, how many people at home."""

    lowest: float = setting(0.0, key="from", doc="The lowest that is taken.")
    highest: float = setting(1_000_000.0, key="to", doc="The highest that is taken.")

    is_number = True

    def __post_init__(self) -> None:
        if not self.lowest < self.highest:
            raise ValueError("'from' is lower than 'to'")

    def read(self, given: Sequence[str]) -> Answer | None:
        """The answer, written with a point or a comma; None for none. Raises Unfit."""
        text = "".join(given[:1]).strip().replace(",", ".")
        if not text:
            return None
        try:
            number = float(text) if len(text) <= 30 else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise Unfit("not_a_number")
        if not self.lowest <= number <= self.highest:
            raise Unfit("out_of_range")
        return Answer(f"{number:.15g}", number)
