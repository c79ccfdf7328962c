"""Questionnaires: a page without any script, an address for programs, and answers that hold at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from parcours import flow
from parcours.project import Project, load
from parcours.server import door, keys
from parcours.state.queries import Query
from parcours.testing import table_rows, write_files
from parcours.testing.databases import fresh_database
from parcours.testing.served import Answer, Served, register_of, served

FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "today"\n[scores]\npacks = []\n[segments]\npacks = []\n'
                     '[profiles]\npacks = []\n',
    "sources/crm.yaml": "source: crm\nkind: files\npath: crm.csv\ntables:\n  customer_records:\n    key: [id]\n"
                        "    columns: {first_name: first, gender: gender, email: email, created_at: made}\n"
                        "    identifiers: {email: email, login: login}\n",
    "sources/web.yaml": "source: web\nkind: collected\nquestionnaires: true\n",
    "crm.csv": "id,email,first,gender,login,made\n1,ana@example.com,Ana,,ana,2026-01-01\n"
               "2,,Bob,,bob,2026-01-02\n",
    "segments/hearts.yaml": "segment: sweet_hearts\nwho: {likes_sweet: {at_least: 4}}\n",
    "questionnaires/tastes.yaml": """\
questionnaire: tastes
title: {en: What do you like?, fr: Qu'aimez-vous ?}
thanks: {en: Thank you so much., fr: Merci beaucoup.}
questions:
  brands: {kind: choices, ask: {en: Brands, fr: Marques}, choices: [Lucie & Co, Nord], several: true, attribute: brands}
  size: {kind: choices, ask: Size, choices: {s: {en: Small, fr: Petit}, l: {en: Large, fr: Grand}}, attribute: size,
    required: true}
  sweet: {kind: scale, ask: How sweet?, attribute: likes_sweet, low: Not at all, high: Very}
  words: {kind: text, ask: Anything else?, attribute: words, longest: 200}
  cups: {kind: number, ask: Cups a day, attribute: cups, to: 20}
  born: {kind: date, ask: Birthday}
  gender: {kind: choices, ask: Gender, choices: [female, male], trait: gender}
""",
}  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EVENTS = "SELECT kind, name, body FROM collected ORDER BY number"
PAGE = "/questionnaires/tastes"


@dataclass
class Shop:
    """A server that asks, and the project behind."""

    served: Served
    project: Project
    reader: str

    def page(self, path: str, **headers: str) -> str:
        answer = self.served.ask("GET", path, headers=headers)
        assert answer.status == 200, answer
        return unescape(answer.body.decode())

    def send(self, path: str, fields: Any) -> Answer:
        return self.served.ask("POST", path, urlencode(fields, doseq=True).encode(), FORM)

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.served.database.run(Query("asked", "What a test asks.", text))

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(row["kind"], json.loads(row["body"])) for row in self.rows(EVENTS)]

    def person(self, kind: str, value: str) -> dict[str, Any]:
        asked = {"identifier": {"kind": kind, "value": value}}
        return self.served.post("/v1/people/look-up", asked, key=self.reader).json()

    def link(self, login: str, **more: Any) -> str:
        person = int(self.person("login", login)["person_id"].removeprefix("per_"), 16)
        register = register_of(self.served.database)
        url = register.questionnaire_link("tastes", person, at=more.pop("at", datetime.now(UTC)), **more)
        return url.removeprefix("https://data.shop.example")

    def run(self) -> None:
        flow.run(self.project, now=datetime.now(UTC), progress=lambda *_: None)
        flow.publish(self.project, self.served.database)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Shop]:
    folder = write_files(tmp_path_factory.mktemp("asked") / "shop", FILES)
    with fresh_database(postgres_url) as database, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARCOURS_DATABASE_URL", database.url)
        patch.setattr(door, "SOON", 0.0)
        project = load(folder, flow.kinds())
        with served(database, project=project) as made:
            shop = Shop(made, project, keys.make(database, "desk", ["read"])[1])
            shop.run()
            yield shop


@pytest.fixture
def shop(running: Shop) -> Shop:
    running.served.database.run(Query("emptied", "Empties.", "TRUNCATE collected"))
    return running


def test_the_page_asks_in_each_language_with_the_text_of_its_purpose_and_changes_nothing(shop: Shop) -> None:
    english, french = shop.page(PAGE, **{"Accept-Language": "en"}), shop.page(PAGE + "?language=fr")
    assert '<html lang="fr">' in french and "Qu'aimez-vous ?" in french and "Question 2 sur 7" in french
    assert "Petit" in french and "(obligatoire)" in french
    assert "Mes achats et ce que j'ai regardé peuvent servir à choisir" in french
    assert "What I bought and looked at may be used to choose" in english and "Question 7 of 7" in english
    assert "<script" not in english and "style=" not in english and 'href="../preferences.css"' in english
    assert shop.served.ask("HEAD", PAGE).status == 200 and shop.events() == []


def test_every_field_has_a_name_that_people_read(shop: Shop) -> None:
    page = shop.page(PAGE)
    assert page.count("<fieldset") == page.count("<legend") == 7
    for tag in re.findall(r"<(?:input|textarea)[^>]*>", page):
        if 'type="hidden"' not in tag and 'type="radio"' not in tag and 'type="checkbox"' not in tag:
            (found,) = re.findall(r' id="([^"]+)"', tag)
            assert f'<label class="ask" for="{found}">' in page


def test_a_visitor_s_answers_are_kept_as_an_event_and_hold_at_once(shop: Shop) -> None:
    page = shop.page(PAGE + "?visitor=v-123&language=fr")
    visitor, form = re.findall(r'type="hidden" name="(?:visitor|form)" value="([^"]+)"', page)
    fields = {"visitor": visitor, "form": form, "brands": ["Nord", "Lucie & Co"], "size": "l", "sweet": "5",
              "words": "I <3 tea & cake", "cups": "2,5", "born": "", "gender": "female"}  # fmt: skip
    for _ in range(2):  # sent twice, kept once
        answer = shop.send(PAGE + "?language=fr", fields)
    assert answer.status == 200 and "Merci beaucoup." in unescape(answer.body.decode())
    (identify, said), (track, told) = shop.events()
    assert (identify, said["traits"]) == ("identify", {"gender": "female"})
    assert (track, told["anonymousId"]) == ("track", "v-123")
    assert told["event"] == "Questionnaire Answered"
    assert told["properties"] == {"questionnaire": "tastes", "answers": [
        {"question": "brands", "answer": "Lucie & Co, Nord", "score": None},
        {"question": "size", "answer": "l", "score": None}, {"question": "sweet", "answer": "5", "score": 5.0},
        {"question": "words", "answer": "I <3 tea & cake", "score": None},
        {"question": "cups", "answer": "2.5", "score": 2.5}, {"question": "gender", "answer": "female", "score": None},
    ]}  # fmt: skip
    person = shop.person("cookie", "v-123")
    expected = {"brands": "Lucie & Co, Nord", "size": "l", "likes_sweet": 5.0, "words": "I <3 tea & cake", "cups": 2.5}
    assert {name: person["attributes"].get(name) for name in expected} == expected
    assert [each["segment"] for each in person["segments"]] == ["sweet_hearts"]


def test_what_is_wrong_is_said_beside_the_question_and_what_was_written_stays(shop: Shop) -> None:
    fields = {"brands": "Nord", "sweet": "9", "words": '"><img src=x onerror=alert(1)>', "cups": "many",
              "born": "yesterday"}  # fmt: skip
    answer = shop.send(PAGE, fields)
    page = answer.body.decode()
    assert answer.status == 422 and shop.events() == []
    for words in ("Please answer this question.", "This is beyond what can be answered here.", "without HTML",
                  "Write a number", "Write a day as"):  # fmt: skip
        assert page.count(words) == 1, words
    assert "<img" not in page and 'value="Nord" checked' in page and 'value="many"' in page
    assert 'aria-invalid="true"' in page and 'role="alert"' in page
    assert "in fewer words" in shop.send(PAGE, {"size": "s", "words": "x" * 10_000}).body.decode()
    assert "among what is listed" in shop.send(PAGE, {"size": "xxl"}).body.decode()
    assert shop.events() == []


def test_a_form_that_is_none_of_ours_is_refused(shop: Shop) -> None:
    assert shop.send(PAGE, {"words": "x" * 40_000}).status == 413
    assert shop.send(PAGE, {f"q{n}": "" for n in range(2_000)}).status == 413
    assert shop.send(PAGE, {"colour": "red", "size": "s"}).status == 422
    assert shop.send(PAGE, {}).status == 422
    assert shop.send("/questionnaires/none", {"size": "s"}).status == 404
    visitor = "x'; DROP TABLE collected; --"
    assert visitor not in shop.page(PAGE + "?" + urlencode({"visitor": visitor}))
    assert shop.events() == []


def test_who_holds_a_link_is_answered_for_and_nobody_else_may_make_one(shop: Shop) -> None:
    link = shop.link("ana", language="fr")
    page = shop.page(link)
    assert '<html lang="fr">' in page and 'href="../../preferences.css"' in page and "ana@example.com" not in page
    assert shop.send(link, {"size": "s", "sweet": "4"}).status == 200
    person = shop.person("login", "ana")
    assert (person["attributes"]["size"], person["attributes"]["likes_sweet"]) == ("s", 4.0)
    assert person["person_id"] == shop.person("email", "ana@example.com")["person_id"]
    for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), PAGE + "/none"):
        assert shop.served.ask("GET", wrong).status == 404 and shop.send(wrong, {"size": "s"}).status == 404
    over = shop.link("ana", at=datetime.now(UTC) - timedelta(days=400))
    assert shop.served.ask("GET", over).status == 410
    assert shop.send(shop.link("bob"), {"size": "s"}).status == 409  # nothing would lead back to him


def test_a_site_may_draw_it_itself(shop: Shop) -> None:
    key = shop.served.key
    asked = shop.served.ask("GET", f"/v1{PAGE}?language=fr&writeKey={key}").json()
    assert asked["title"] == "Qu'aimez-vous ?" and asked["purpose_text"].startswith("Mes achats")
    assert asked["questions"][1]["choices"] == [{"value": "s", "title": "Petit"}, {"value": "l", "title": "Grand"}]
    assert (asked["questions"][2]["from"], asked["questions"][2]["to"]) == (1, 5)
    given = {"writeKey": key, "anonymousId": "v-9", "answers": {"brands": ["Nord"], "size": "l", "cups": 3, "sweet": 2}}
    answer = shop.served.post(f"/v1{PAGE}", given, key=None)
    assert answer.json() == {"success": True, "answered": ["brands", "size", "sweet", "cups"]}
    assert shop.person("cookie", "v-9")["attributes"]["cups"] == 3.0


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"size": "xxl"}, 422, "unknown_choice"), ({"size": ["s", "l"]}, 422, "one_choice"), ({}, 422, "missing"),
        ({"size": "s", "colour": "red"}, 422, "unknown_question"), ({"size": "s", "words": "<b>"}, 422, "markup"),
        ({"size": "s", "words": "x" * 10_000}, 422, "too_long"), ({"size": {"a": 1}}, 422, "not_valid"),
        ({"size": "s", "cups": -1}, 422, "out_of_range"), ({"size": "s", "born": "31/01/2026"}, 422, "not_a_date"),
    ],
)  # fmt: skip
def test_what_a_program_answers_wrongly_has_a_code_and_a_sentence(
    shop: Shop, answers: Any, status: int, code: str
) -> None:
    answer = shop.served.post(f"/v1{PAGE}", {"anonymousId": "v", "answers": answers})
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert len(answer.json()["detail"].split()) > 3 and shop.events() == []


def test_an_address_needs_its_key_and_somebody_who_answers(shop: Shop) -> None:
    body = {"anonymousId": "v", "answers": {"size": "s"}}
    assert shop.served.post(f"/v1{PAGE}", body, key=None).status == 401
    assert shop.served.post(f"/v1{PAGE}", body, key=shop.reader).status == 403
    assert shop.served.ask("GET", f"/v1{PAGE}").status == 401
    assert shop.served.post(f"/v1{PAGE}", {"answers": {"size": "s"}}).json()["code"] == "nobody"
    assert shop.served.post("/v1/questionnaires/none", body).json()["code"] == "no_such_questionnaire"


def test_the_next_run_makes_attributes_of_the_answers(shop: Shop) -> None:
    fields = {"size": "l", "sweet": "4", "brands": ["Lucie & Co", "Nord"], "cups": "2"}
    assert shop.send(shop.link("ana"), {**fields, "size": "s"}).status == 200
    assert shop.send(shop.link("ana"), fields).status == 200
    assert shop.send(PAGE, {"visitor": "v-7", "size": "s"}).status == 200
    shop.run()
    found = table_rows(shop.project.warehouse)["profiles"]
    told = {(row["size"], row["likes_sweet"], row["brands"], row["cups"]) for row in found}
    assert ("l", 4.0, "Lucie & Co, Nord", 2.0) in told
    served_now = shop.person("email", "ana@example.com")["attributes"]
    assert served_now["size"] == "l" and served_now["brands"] == "Lucie & Co, Nord"
