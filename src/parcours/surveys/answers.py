"""Answers as a whole: read from a form, and found again in what was collected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from parcours.project.questionnaire import Question, Questionnaire
from parcours.surveys.answer import Answer, Unfit

EVENT = "Questionnaire Answered"
MISSING, UNKNOWN = "missing", "unknown_question"


class Message(Protocol):
    """What is read of a message."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def key(self) -> Any: ...


@dataclass(frozen=True)
class Answered:
    """What was answered, by question, and what is wrong with the rest, by question: a code each."""

    answers: Mapping[str, Answer]
    wrong: Mapping[str, str]

    def told(self, questionnaire: Questionnaire) -> dict[str, Any]:
        """The properties of the event that keeps it."""
        answers = [{"question": name, "answer": one.text, "score": one.number} for name, one in self.answers.items()]
        return {"questionnaire": questionnaire.name, "answers": answers}

    def traits(self, questionnaire: Questionnaire) -> dict[str, Any]:
        """What it says of the customer, under the names that `identify` has for it."""
        asked = questionnaire.questions
        return {str(asked[name].trait): one.value for name, one in self.answers.items() if asked[name].trait}


@dataclass(frozen=True)
class Declared:
    """What somebody said of themselves: attributes, and tastes by score (a share of each item that was chosen)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    tastes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read(questionnaire: Questionnaire, given: Mapping[str, Sequence[str]]) -> Answered:
    """What was answered, out of texts by question."""
    answers: dict[str, Answer] = {}
    wrong = dict.fromkeys(sorted(given.keys() - questionnaire.questions.keys()), UNKNOWN)
    for name, question in questionnaire.questions.items():
        try:
            answer = question.kind.read(given.get(name, ()))
        except Unfit as unfit:
            wrong[name] = unfit.code
            continue
        if answer is not None:
            answers[name] = answer
        elif question.required:
            wrong[name] = MISSING
    return Answered(answers, wrong)


def declared(messages: Iterable[Message], questionnaires: Mapping[str, Questionnaire]) -> Declared:
    """What somebody's messages declare: of each question the newest answer that still fits it."""
    if not questionnaires:
        return Declared()
    values: dict[str, Any] = {}
    tastes: dict[str, dict[str, float]] = {}
    told = [one for one in messages if one.kind == "track" and one.name == EVENT]
    for one in sorted(told, key=lambda each: (each.at, str(each.key))):
        for question, answer in _fitting(one.body.get("properties"), questionnaires):
            if question.attribute:
                values[question.attribute] = answer.value
            if question.taste and answer.chosen:
                tastes[question.taste.score] = dict.fromkeys(answer.chosen, 1 / len(answer.chosen))
    return Declared(values, tastes)


def tastes(published: Sequence[Mapping[str, Any]], said: Declared) -> list[Mapping[str, Any]]:
    """Tastes (score, item, share), the strongest first: as published, and as declared where that is more."""
    shares = {(one["score"], one["item"]): one["share"] for one in published}
    for score, items in said.tastes.items():
        for item, share in items.items():
            shares[score, item] = max(share, shares.get((score, item), 0.0))
    if not said.tastes:
        return list(published)
    ranked = sorted(shares.items(), key=lambda each: (each[0][0], -each[1], each[0][1]))
    return [{"score": score, "item": item, "share": share} for (score, item), share in ranked]


def _fitting(properties: Any, questionnaires: Mapping[str, Questionnaire]) -> Iterator[tuple[Question, Answer]]:
    """Anybody with a key may send such an event: what does not fit its question is not believed."""
    told = properties if isinstance(properties, dict) else {}
    of = questionnaires.get(str(told.get("questionnaire")))
    listed = told.get("answers")
    for each in listed if of is not None and isinstance(listed, list) else ():
        question = of.questions.get(str(each.get("question"))) if of and isinstance(each, dict) else None
        text = each.get("answer") if question is not None else None
        if question is None or not isinstance(text, str):
            continue
        try:
            answer = question.kind.read(text.split(", ") if getattr(question.kind, "several", False) else [text])
        except Unfit:
            continue
        if answer is not None:
            yield question, answer
