"""One or several out of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parcours.model.kind import kind, setting
from parcours.model.value import Title
from parcours.surveys.answer import Answer, Unfit

BETWEEN = ", "


@kind("choices", of="question")
@dataclass(frozen=True)
class Choices:
    """One or several out of a list: favourite brands, a size, interests.

    Several stand in the attribute one after the other, in the order of the list: `Comptoir Œillet, Tante Lucie`; a rule
    asks `{contains: Tante Lucie}`.
    """

    choices: dict[str, Title] | tuple[str, ...] = setting(
        doc="What there is to choose: a list, or each with what people read: `{xs: {en: Very small, fr: Très petit}}`."
    )
    several: bool = setting(False, doc="Whether several may be chosen.")

    is_number = False

    def __post_init__(self) -> None:
        names = list(self.choices)
        if not 2 <= len(names) <= 100:
            raise ValueError("a question of choices has 2 to 100 of them")
        if any("," in name or not name.strip() or len(name) > 100 for name in names) or len(set(names)) < len(names):
            raise ValueError("each choice has a name of its own, of 1 to 100 characters and without a comma")

    def named(self, language: str) -> list[tuple[str, str]]:
        """Each choice, with what people read."""
        if isinstance(self.choices, dict):
            return [(name, title.in_(language)) for name, title in self.choices.items()]
        return [(name, name) for name in self.choices]

    def read(self, given: Sequence[str]) -> Answer | None:
        """The answer; None for none. Raises Unfit."""
        chosen = [each for each in given if each]
        if not chosen:
            return None
        if any(each not in self.choices for each in chosen):
            raise Unfit("unknown_choice")
        ordered = tuple(each for each in self.choices if each in chosen)
        if len(ordered) > 1 and not self.several:
            raise Unfit("one_choice")
        return Answer(BETWEEN.join(ordered), chosen=ordered)
