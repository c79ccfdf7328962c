"""What kinds of candidates, of filter and of choice say of themselves, unless they say else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from parcours.decisions.learned import Learned
from parcours.project.slot import Slot


class Candidates:
    """Where candidates come from."""

    near: ClassVar[bool] = False  # whether it needs what is near to the articles looked at


class Filter:
    """Why a candidate is not shown."""

    looks_back: ClassVar[bool] = False  # whether it looks at what was shown before


class Choice:
    """Which of those left is shown."""

    learns: ClassVar[bool] = False  # whether what people do with it teaches it
    looks_back: ClassVar[bool] = False

    def prepare(self, slot: Slot, learned: Learned) -> None:
        """Works out what follows from what was learned, before somebody waits for it."""

    def looked_at(self, many: int) -> Sequence[float]:
        """How much each of so many things shown counts as looked at."""
        return [1.0] * many
