"""Answers: what fits its question, and what somebody's messages declare of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from parcours import surveys
from parcours.model.value import Place, Title
from parcours.project.questionnaire import Question, Questionnaire, Taste
from parcours.surveys.answer import Unfit
from parcours.surveys.questions.choices import Choices
from parcours.surveys.questions.date import Day
from parcours.surveys.questions.number import Number
from parcours.surveys.questions.scale import Scale
from parcours.surveys.questions.text import Text

HERE = Place("questionnaires/q.yaml", 1)
SIZES, BRANDS = Choices(choices=("S", "M", "L")), Choices(choices=("Lucie", "Nord", "Œillet"), several=True)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def question(name: str, kind: Any, **more: Any) -> Question:
    return Question(name=name, kind=kind, ask=Title.of(name), place=HERE, **more)


ASKED = Questionnaire(name="q", title=Title.of("Q"), place=HERE, questions={
    "size": question("size", SIZES, attribute="size", required=True),
    "brands": question("brands", BRANDS, attribute="brands", taste=Taste(score="brand_tastes")),
    "sweet": question("sweet", Scale(), attribute="sweet"),
    "gender": question("gender", Choices(choices=("female", "male")), trait="gender"),
})  # fmt: skip


@dataclass(frozen=True)
class Said:
    answers: list[Any]
    after: int = 0
    name: str = surveys.EVENT
    of: str = "q"
    kind: str = "track"
    key: int = 0
    body: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.body["properties"] = {"questionnaire": self.of, "answers": self.answers}

    @property
    def at(self) -> datetime:
        return NOON + timedelta(minutes=self.after)


def one(question: str, answer: Any) -> dict[str, Any]:
    return {"question": question, "answer": answer}


@pytest.mark.parametrize(
    ("kind", "given", "text", "number"),
    [
        (SIZES, ["M"], "M", None),
        (BRANDS, ["Œillet", "Lucie", "Lucie"], "Lucie, Œillet", None),
        (Scale(lowest=0, highest=10), ["7"], "7", 7.0),
        (Number(), [" 2,50 "], "2.5", 2.5),
        (Day(), ["1984-02-29"], "1984-02-29", None),
        (Text(), ["  I <3 tea\x00 "], "I <3 tea", None),
    ],
)
def test_what_fits_is_read(kind: Any, given: list[str], text: str, number: float | None) -> None:
    answer = kind.read(given)
    assert (answer.text, answer.number) == (text, number)
    assert kind.read([]) is None and kind.read([""]) is None


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        (SIZES, ["XXL"], "unknown_choice"), (BRANDS, ["Lucie", "x"], "unknown_choice"),
        (SIZES, ["S", "M"], "one_choice"), (Scale(), ["6"], "out_of_range"), (Scale(), ["2.5"], "out_of_range"),
        (Number(highest=5), ["6"], "out_of_range"), (Number(), ["many"], "not_a_number"),
        (Number(), ["nan"], "not_a_number"), (Number(), ["1e999"], "not_a_number"),
        (Number(), ["9" * 10_000], "not_a_number"), (Day(), ["29/02/1984"], "not_a_date"),
        (Day(), ["2025-02-29"], "not_a_date"), (Day(last=date(2020, 1, 1)), ["2020-01-02"], "out_of_range"),
        (Text(), ["x" * 10_000], "too_long"), (Text(), ["<script>alert(1)</script>"], "markup"),
        (Text(), ["a </p> b"], "markup"),
    ],
)  # fmt: skip
def test_what_does_not_fit_has_a_code(kind: Any, given: list[str], code: str) -> None:
    with pytest.raises(Unfit) as unfit:
        kind.read(given)
    assert unfit.value.code == code


def test_a_form_is_read_as_a_whole_and_what_is_wrong_is_told_by_question() -> None:
    found = surveys.read(ASKED, {"brands": ["x"], "sweet": [""], "colour": ["red"], "gender": ["female"]})
    assert found.wrong == {"colour": "unknown_question", "size": "missing", "brands": "unknown_choice"}
    found = surveys.read(ASKED, {"size": ["M"], "sweet": ["4"], "gender": ["female"]})
    assert found.wrong == {} and found.traits(ASKED) == {"gender": "female"}
    assert found.told(ASKED) == {"questionnaire": "q", "answers": [
        {"question": "size", "answer": "M", "score": None}, {"question": "sweet", "answer": "4", "score": 4.0},
        {"question": "gender", "answer": "female", "score": None},
    ]}  # fmt: skip


def test_of_each_question_the_newest_answer_holds_and_several_choices_are_a_taste() -> None:
    told = [
        Said([one("size", "L"), one("sweet", "5")], after=2),
        Said([one("size", "S"), one("brands", "Lucie, Œillet")], after=1),
    ]
    found = surveys.declared(told, {"q": ASKED})
    assert found.values == {"size": "L", "sweet": 5.0, "brands": "Lucie, Œillet"}
    assert found.tastes == {"brand_tastes": {"Lucie": 0.5, "Œillet": 0.5}}


@pytest.mark.parametrize("said", [
    Said([one("size", "XXL")]), Said([one("size", 3)]), Said([one("size", None)]), Said([one("colour", "red")]),
    Said([one("size", "M")], of="other"), Said([one("size", "M")], name="Product Viewed"), Said(["size", None, 3]),
    Said([one("size", "M")], kind="page"), Said([one("sweet", "<b>")]), Said({"size": "M"}),  # type: ignore[arg-type]
])  # fmt: skip
def test_what_does_not_fit_is_not_believed(said: Said) -> None:
    assert surveys.declared([said], {"q": ASKED}) == surveys.Declared()


def test_a_declared_taste_stands_beside_what_was_learned_where_it_is_more() -> None:
    learned = [{"score": "brand_tastes", "item": item, "share": share}
               for item, share in (("Nord", 0.6), ("Lucie", 0.1))]  # fmt: skip
    said = surveys.declared([Said([one("brands", "Lucie, Nord")])], {"q": ASKED})
    assert [(each["item"], each["share"]) for each in surveys.tastes(learned, said)] == [("Nord", 0.6), ("Lucie", 0.5)]
    assert surveys.tastes(learned, surveys.Declared()) == learned
