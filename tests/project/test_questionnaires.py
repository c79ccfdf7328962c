"""Questionnaires: read from files, the attributes their answers become, and every fault told at once with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from parcours import flow
from parcours.model.value import Title
from parcours.project import Project, ProjectFaults, load
from parcours.surveys.questions.choices import Choices
from parcours.surveys.questions.scale import Scale

TASTES = """\
questionnaire: tastes
title: {en: What you like, fr: Ce que vous aimez}
questions:
  brands:
    kind: choices
    ask: {en: Which brands do you like?, fr: Quelles marques aimez-vous ?}
    choices: [Tante Lucie, Maison Œillet]
    several: true
    attribute: favourite_brands
    taste: brand_tastes
  sweet: {kind: scale, ask: How sweet?, attribute: likes_sweet, low: Not at all}
  born: {kind: date, ask: Your birthday, trait: birthday}
"""
SOURCE = "source: shop\nkind: collected\nquestionnaires: true\n"


def project(folder: Path, text: str, *, source: str = SOURCE, attributes: str = "") -> Project:
    for name in ("questionnaires", "sources", "attributes"):
        (folder / name).mkdir()
    (folder / "parcours.toml").write_text('[project]\ncurrency = "EUR"\nlanguages = ["en", "fr"]\n')
    (folder / "questionnaires" / "q.yaml").write_text(text)
    (folder / "sources" / "shop.yaml").write_text(source)
    if attributes:
        (folder / "attributes" / "own.yaml").write_text(f"attributes: own\ndefine: {attributes}\n")
    return load(folder, flow.kinds())


def test_a_questionnaire_is_read_with_its_questions_and_their_answers_are_attributes(tmp_path: Path) -> None:
    made = project(tmp_path, TASTES)
    one = made.questionnaires["tastes"]
    assert one.title == Title({"en": "What you like", "fr": "Ce que vous aimez"}) and one.purpose == "profiling"
    assert list(one.questions) == ["brands", "sweet", "born"]
    assert one.questions["brands"].kind == Choices(choices=("Tante Lucie", "Maison Œillet"), several=True)
    assert one.questions["brands"].taste is not None and one.questions["brands"].taste.score == "brand_tastes"
    assert one.questions["sweet"].kind == Scale(low=Title.of("Not at all"))
    assert made.subjects["favourite_brands"].type == "text" and made.subjects["likes_sweet"].type == "number"
    assert made.attributes["favourite_brands"].title == one.questions["brands"].ask


def test_an_attribute_that_the_project_defines_itself_stays_as_it_is(tmp_path: Path) -> None:
    own = "{favourite_brands: {kind: latest_value, of: survey_answers.answer, title: Ours}}"
    made = project(tmp_path, TASTES, attributes=own)
    assert made.attributes["favourite_brands"].title == Title.of("Ours")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("kind: scale", "kind: scales", "s/q.yaml:11: no kind of question 'scales'. Did you mean 'scale'?"),
        ("taste: brand_tastes", "taste: brand_taste", "q.yaml:4: no score 'brand_taste'. Did you mean 'brand_tastes'?"),
        ("trait: birthday", "trait: birthdays", "'birthdays' is not a choice for 'trait'. Did you mean 'birthday'?"),
        ("attribute: likes_sweet", "taste: brand_tastes", "q.yaml:11: only choices tell a taste."),
        ("attribute: likes_sweet", "attribute: favourite_brands", "is another question's attribute already."),
        ("attribute: likes_sweet", "attribute: city", "'city' is an attribute that ships already."),
        ("title:", "purpose: profilng\ntitle:", "q.yaml:1: no purpose 'profilng'. Did you mean 'profiling'?"),
        ("{en: What you like, fr: Ce que vous aimez}", "{en: What you like}", "its title is not there in 'fr'."),
        ("[Tante Lucie, Maison Œillet]", '["Lucie, tante", b]', "without a comma"),
        ("[Tante Lucie, Maison Œillet]", "[Tante Lucie]", "has 2 to 100 of them"),
        ("low: Not", "from: 5, low: Not", "q.yaml:11: a scale has 2 to 11 places"),
        ("ask: Your birthday", "asks: Your birthday", "no setting 'asks'. Did you mean 'ask'?"),
        ("ask: Your birthday, ", "", "q.yaml:12: 'ask' is missing."),
        ("  born: {kind: date, ask: Your birthday, trait: birthday}", "  born: 3", "'born' must say its kind."),
        ("questions:", "questions: 3\nthese:", "'questions' names 1 to 50 questions."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_place(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in TASTES
    with pytest.raises(ProjectFaults) as wrong:
        project(tmp_path, TASTES.replace(before, after, 1))
    assert told in "\n".join(map(str, wrong.value.faults))


def test_answers_that_become_attributes_are_read_by_some_source(tmp_path: Path) -> None:
    with pytest.raises(ProjectFaults) as wrong:
        project(tmp_path, TASTES, source="source: shop\nkind: collected\n")
    assert {fault.message for fault in wrong.value.faults} == {"no source reads the answers."}


def test_an_attribute_of_another_type_does_not_take_the_answer(tmp_path: Path) -> None:
    with pytest.raises(ProjectFaults) as wrong:
        project(tmp_path, TASTES, attributes="{favourite_brands: {kind: count, of: orders}}")
    assert "'favourite_brands' holds no text, and the answer is one." in str(wrong.value)
