"""What a retailer asks people, as values: questionnaires and their questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parcours.model.kind import setting
from parcours.model.value import Place, Title

TRAITS = ("gender", "birthday", "firstName", "lastName", "title", "city")


@dataclass(frozen=True, kw_only=True)
class Taste:
    """That what is chosen is liked, as a score of tastes says it of those who buy."""

    __short__ = "score"

    score: str = setting(doc="The score of tastes it stands beside, whose items the choices are: `brand_tastes`.")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question."""

    name: str
    kind: Any  # an instance of one of the kinds of question, as `surveys/questions/choices.py`
    ask: Title = setting(doc="The question, in one or several languages.")
    help: Title | None = setting(None, doc="A sentence below it.")
    required: bool = setting(False, doc="Whether it must be answered.")
    attribute: str | None = setting(
        None, doc="Which attribute the answer becomes: it is made, unless `attributes/` defines one of that name."
    )
    trait: str | None = setting(
        None, doc="Which trait of the customer it says too, as `identify` names it.", choices=TRAITS
    )
    taste: Taste | None = setting(None, doc="A score of tastes for which it counts: `taste: {score: brand_tastes}`.")
    place: Place

    @property
    def kind_name(self) -> str:
        """The word written after `kind:`."""
        return str(type(self.kind).__kind__.name)


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """What people are asked on one page."""

    name: str
    title: Title = setting(doc="What people read above it.")
    intro: Title | None = setting(None, doc="A sentence or two before the questions.")
    thanks: Title | None = setting(None, doc="What people read when they have answered.")
    purpose: str = setting(
        "profiling", doc="The purpose of consents.yaml for which answers are used: its text is shown."
    )
    questions: dict[str, Question]
    place: Place
