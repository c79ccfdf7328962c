"""One answer to one question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What somebody answered: as text, as a number where it is one, and what was chosen where it was chosen."""

    text: str
    number: float | None = None
    chosen: tuple[str, ...] = ()

    @property
    def value(self) -> str | float:
        """As an attribute holds it."""
        return self.text if self.number is None else self.number


class Unfit(ValueError):
    """An answer that does not fit its question. `code` is for programs and for the sentence people read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
