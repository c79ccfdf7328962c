"""Reads questionnaires/*.yaml: what people are asked, and which attributes their answers become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.definitions import Attribute, Source
from parcours.project.faults import Faults
from parcours.project.questionnaire import Question, Questionnaire
from parcours.project.reader import Reader, key_of, readable
from parcours.project.sources import good_name, name_of, read_kind

MOST = 50  # questions
_OWN = tuple(key_of(field) for field in readable(Question))


def read_questionnaire(node: CommentedMap, kinds: Mapping[str, type], reader: Reader) -> Questionnaire | None:
    """One questionnaire; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    name = name_of(node, "questionnaire", reader)
    values, _ = reader.settings(Questionnaire, node, at, skip=("questionnaire", "questions"))
    questions = dict(_questions(node, kinds, reader))
    if len(reader.faults.found) > before or name is None:
        return None
    return Questionnaire(name=name, questions=questions, place=at, **values)


def _questions(node: CommentedMap, kinds: Mapping[str, type], reader: Reader) -> Iterator[tuple[str, Question]]:
    written = node.get("questions")
    at = reader.place(node, "questions") if "questions" in node else Place(reader.file, node.lc.line + 1)
    if not isinstance(written, CommentedMap) or not 1 <= len(written) <= MOST:
        reader.faults.add(at, f"'questions' names 1 to {MOST} questions.",
                          "As in 'questions: {size: {kind: choices, ask: Size, choices: [S, M, L]}}'.")  # fmt: skip
        return
    for name, body in written.items():
        there = reader.place(written, name)
        if good_name(name, there, reader) is None:
            continue
        if not isinstance(body, CommentedMap):
            reader.faults.add(there, f"{name!r} must say its kind.", "As in '{kind: date, ask: Your birthday}'.")
            continue
        own, whole = reader.settings(Question, body, there, skip=[key for key in body if key not in _OWN])
        kind = read_kind(body, kinds, reader, there, what="kind of question", skip=_OWN)
        if kind is not None and whole:
            yield name, Question(name=name, kind=kind, place=there, **own)


def attributes(questionnaire: Questionnaire) -> CommentedMap | None:
    """The attributes that answers become, as a file of `attributes/` would define them; None where there are none."""
    asked = [one for one in questionnaire.questions.values() if one.attribute]
    define = {str(one.attribute): _attribute(one, questionnaire) for one in asked}
    lines = {str(one.attribute): one.place.line for one in asked}
    first = questionnaire.place.line
    return _written(first, attributes=questionnaire.name, define=_at(define, lines)) if asked else None


def _attribute(question: Question, questionnaire: Questionnaire) -> CommentedMap:
    """What was said last."""
    line, words = question.place.line, question.ask.words
    where = _written(line, survey_id=questionnaire.name, question=question.name)
    of = "survey_answers.score" if question.kind.is_number else "survey_answers.answer"
    title = words[""] if "" in words else _written(line, **words)
    return _written(line, title=title, kind="latest_value", of=of, where=where)


def _written(line: int, **values: Any) -> CommentedMap:
    return _at(values, dict.fromkeys(values, line))


def _at(values: Mapping[str, Any], lines: Mapping[str, int]) -> CommentedMap:
    """A dictionary as if it stood on these lines of the file."""
    made = CommentedMap(values)
    made.lc.line, made.lc.col = max(min(lines.values(), default=1) - 1, 0), 0
    made.lc.data = {name: [max(line - 1, 0), 0] * 2 for name, line in lines.items()}
    return made


def check(
    found: Mapping[str, Questionnaire], faults: Faults, *, scores: Iterable[str], purposes: Iterable[str],
    sources: Iterable[Source], attributes: Mapping[str, Attribute], types: Mapping[str, str], languages: Iterable[str],
) -> None:  # fmt: skip
    """Notes everything in questionnaires that cannot be."""
    known, there, purposes = [*scores], [*languages], [*purposes]
    taken = {name for name, each in attributes.items() if each.built_in and each.pack not in found}
    read = any(getattr(source.kind, "questionnaires", False) for source in sources)
    for one in found.values():
        if one.purpose not in purposes:
            faults.unknown(one.place, "purpose", one.purpose, purposes)
        for language in there:
            if language not in one.title.words and "" not in one.title.words:
                faults.add(one.place, f"its title is not there in {language!r}.", "People read it in their language.")
        for question in one.questions.values():
            _check(question, one, faults, known, read=read)
            if question.attribute in taken:
                faults.add(question.place, f"{question.attribute!r} is an attribute that ships already.",
                           "Choose another name.")  # fmt: skip
            wanted = "number" if question.kind.is_number else "text"
            if question.attribute and types.get(question.attribute, wanted) != wanted:
                faults.add(question.place, f"{question.attribute!r} holds no {wanted}, and the answer is one.",
                           "Choose another name.")  # fmt: skip


def _check(question: Question, one: Questionnaire, faults: Faults, scores: list[str], *, read: bool) -> None:
    if question.taste is not None:
        if question.taste.score not in scores:
            faults.unknown(question.place, "score", question.taste.score, scores)
        if question.kind_name != "choices":
            faults.add(question.place, "only choices tell a taste.", "Remove 'taste', or write 'kind: choices'.")
    twice = [each for each in one.questions.values() if question.attribute and each.attribute == question.attribute]
    if len(twice) > 1 and twice[0] is question:
        faults.add(twice[1].place, f"{question.attribute!r} is another question's attribute already.",
                   "Give it a name of its own.")  # fmt: skip
    if question.attribute and not read:
        faults.add(question.place, "no source reads the answers.",
                   "Write 'questionnaires: true' in a source of kind 'collected'.")  # fmt: skip
