"""The pages behind a signed link: they change nothing when read, and what is sent holds at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from parcours.consent import Link, Register, Statement
from parcours.state.queries import Query
from parcours.testing.databases import fresh_database
from parcours.testing.served import Answer, Served, register_of, served

ROWS = Query("rows", "All.", "SELECT * FROM consent_ledger ORDER BY recorded_at, purpose, channel")
EMPTIED = Query("emptied", "Empties.", "TRUNCATE consent_ledger")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANA = 1


@pytest.fixture(scope="module")
def running(postgres_url: str) -> Iterator[Served]:
    with fresh_database(postgres_url) as database, served(database) as server:
        yield server


@pytest.fixture
def shop(running: Served) -> Served:
    running.database.run(EMPTIED)
    return running


@pytest.fixture
def register(running: Served) -> Register:
    return register_of(running.database)


@pytest.fixture
def page(register: Register) -> str:
    return path(register.preference_link(ANA, at=datetime.now(UTC)))


@pytest.fixture
def unsubscribe(register: Register) -> str:
    headers = register.unsubscribe_headers(ANA, purpose="marketing", channel="email", subject=77, at=datetime.now(UTC))
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://[^<>\s]+>", headers["List-Unsubscribe"])
    return path(headers["List-Unsubscribe"].strip("<>"))


def path(url: str) -> str:
    return url.removeprefix("https://data.shop.example")


def rows(shop: Served) -> list[dict[str, Any]]:
    return shop.database.run(ROWS)


def agreed(register: Register) -> None:
    now = datetime.now(UTC)
    yes = Statement(person=ANA, purpose="marketing", channel="email", state="granted", source="till",
                    at=now - timedelta(days=1), text_version="2026-01")  # fmt: skip
    register.say([yes], now=now)


def may(register: Register) -> str:
    return register.may_contact([ANA], purpose="marketing", channel="email", at=datetime.now(UTC))[ANA].consent


def post(shop: Served, page: str, fields: Any) -> Answer:
    return shop.ask("POST", page, urlencode(fields, doseq=True).encode(), FORM)


def shown(answer: Answer) -> dict[str, list[str]]:
    """What a browser would send of the form as it is shown."""
    fields: dict[str, list[str]] = {"on": [], "was": []}
    for tag in re.findall(r"<input [^>]+>", answer.body.decode()):
        name, value = (unescape(found[1]) for key in ("name", "value") if (found := re.search(f'{key}="([^"]*)"', tag)))
        if 'type="hidden"' in tag or " checked" in tag:
            fields.setdefault(name, []).append(value)
    return fields


def test_the_page_shows_each_purpose_and_channel_with_its_text_and_changes_nothing(shop: Served, page: str) -> None:
    answer = shop.ask("GET", page, headers={"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.1"})
    text = unescape(answer.body.decode())
    assert '<html lang="fr">' in text
    for words in (
        "Nouveautés et offres",
        "SMS",
        "Courrier",
        "Envoyez-moi des nouveautés",
        "Des offres choisies pour moi",
    ):
        assert words in text
    assert "<script" not in text and "style=" not in text
    assert shop.ask("HEAD", page).status == 200
    assert rows(shop) == []


def test_the_page_is_in_the_language_asked_for_then_the_person_s_then_the_browser_s(
    shop: Served, register: Register
) -> None:
    french = path(register.preference_link(ANA, at=datetime.now(UTC), language="fr"))
    for query, lang in (("", "fr"), ("?language=en", "en"), ("?language=%3Cscript%3E", "fr")):
        answer = shop.ask("GET", french + query, headers={"Accept-Language": "en"})
        assert f'<html lang="{lang}">' in answer.body.decode()
    plain = path(register.preference_link(ANA, at=datetime.now(UTC)))
    for accept, lang in (("de, fr;q=0.5, en;q=0.6", "en"), ("", "en"), ("fr;q=x,;;,", "en"), ("*", "en"), ("FR", "fr")):
        assert f'<html lang="{lang}">' in shop.ask("GET", plain, headers={"Accept-Language": accept}).body.decode()


def test_pages_tell_nobody_where_they_were_opened(shop: Served, page: str, unsubscribe: str) -> None:
    for each in (page, unsubscribe, "/preferences/none"):
        headers = {name.lower(): value for name, value in shop.ask("GET", each).headers.items()}
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    style = shop.ask("GET", "/preferences.css")
    assert (style.status, style.headers["content-type"].split(";")[0]) == (200, "text/css")


def test_what_is_turned_on_and_off_is_written_with_the_text_that_was_read(
    shop: Served, register: Register, page: str
) -> None:
    agreed(register)
    fields = shown(shop.ask("GET", page))
    assert fields["was"] == ["marketing:email", "marketing:post", "profiling:"]
    fields["on"] = ["marketing:sms:2026-01:en", "marketing:post:2026-01:en"]
    assert post(shop, page, {**fields, "do": "save"}).status == 200, "followed to the page that says it is saved"
    said = [
        (row["purpose"], row["channel"], row["state"], row["text_version"], row["language"]) for row in rows(shop)[1:]
    ]
    assert said == [("marketing", "email", "denied", None, None), ("marketing", "sms", "granted", "2026-01", "en"),
                    ("profiling", None, "objected", None, None)]  # fmt: skip
    assert {(row["person"], row["source"]) for row in rows(shop)[1:]} == {(ANA, "preference page")}
    assert all(re.fullmatch("link [0-9a-f]{16}", row["proof"]) for row in rows(shop)[1:])
    assert may(register) == "withdrawn"


def test_saving_what_is_shown_writes_nothing(shop: Served, register: Register, page: str) -> None:
    agreed(register)
    fields = shown(shop.ask("GET", page))
    assert "Your choices are saved" in post(shop, page, {**fields, "do": "save"}).body.decode()
    assert len(rows(shop)) == 1


def test_a_page_left_open_does_not_turn_on_again_what_was_turned_off_elsewhere(
    shop: Served, register: Register, page: str, unsubscribe: str
) -> None:
    agreed(register)
    fields = shown(shop.ask("GET", page))
    assert post(shop, unsubscribe, {"List-Unsubscribe": "One-Click"}).status == 200
    post(shop, page, {**fields, "do": "save"})
    assert may(register) == "withdrawn"


def test_stop_is_an_objection_to_everything(shop: Served, register: Register, page: str) -> None:
    agreed(register)
    post(shop, page, {**shown(shop.ask("GET", page)), "do": "stop"})
    assert not any(one.on for one in register.choices(ANA, now=datetime.now(UTC)))
    assert may(register) == "objected"


@pytest.mark.parametrize(
    "on",
    [
        "telepathy:email:2026-01:en",
        "marketing:pigeon:2026-01:en",
        "marketing:email:1999:en",
        "marketing:email",
        "",
        ":::",
        "<script>:'; DROP TABLE consent_ledger; --:x:y",
    ],
)
def test_a_form_that_does_not_fit_saves_nothing_and_says_so(shop: Served, page: str, on: str) -> None:
    answer = post(shop, page, {"on": ["marketing:sms:2026-01:en", on], "do": "save"})
    assert answer.status == 409 and "nothing was saved" in answer.body.decode()
    assert b"<script" not in answer.body
    assert rows(shop) == []


def test_a_wrong_or_ended_link_is_a_page_with_a_code(shop: Served, register: Register, page: str) -> None:
    over = path(register.preference_link(ANA, at=datetime.now(UTC) - timedelta(days=400)))
    for link, status, code in ((page[:-1], 404, "wrong_link"), ("/preferences/1", 404, "wrong_link"),
                               ("/preferences/%3Cscript%3E", 404, "wrong_link"), (over, 410, "link_over")):  # fmt: skip
        for answer in (shop.ask("GET", link), post(shop, link, {"on": "marketing:sms:2026-01:en"})):
            assert answer.status == status
            assert f"Code: {code}" in answer.body.decode() and b"<script" not in answer.body
    assert rows(shop) == []


def test_too_large_a_form_is_refused(shop: Served, page: str) -> None:
    assert post(shop, page, {"on": "x" * 40_000}).status == 413


# -- RFC 8058


MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    {"Content-Type": "multipart/form-data; boundary=x"},
)


@pytest.mark.parametrize(("body", "headers"), [(b"List-Unsubscribe=One-Click", FORM), MULTIPART])
def test_one_click_acts_at_once_without_a_cookie_or_a_redirect_and_twice_is_once(
    shop: Served, register: Register, unsubscribe: str, body: bytes, headers: dict[str, str]
) -> None:
    agreed(register)
    for _ in range(2):
        answer = shop.ask("POST", unsubscribe, body, headers)
        assert answer.status == 200 and "set-cookie" not in {name.lower() for name in answer.headers}
    no = rows(shop)[1:]
    assert [(row["person"], row["subject"], row["state"], row["source"]) for row in no] == [
        (ANA, 77, "denied", "one-click unsubscribe")]  # fmt: skip
    assert may(register) == "withdrawn"


def test_programs_that_follow_links_unsubscribe_nobody(shop: Served, register: Register, unsubscribe: str) -> None:
    agreed(register)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        shop.ask(method, unsubscribe)
        shop.ask(method, f"{unsubscribe}?List-Unsubscribe=One-Click")
    assert b"One-Click" in shop.ask("GET", unsubscribe).body, "the page asks, with a button"
    assert may(register) == "granted"


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=one-click", b"x=One-Click",
                                  b"List-Unsubscribe=One-Click&List-Unsubscribe=no",
                                  b"\xff\xfe", b"{}"])  # fmt: skip
def test_a_post_that_is_no_one_click_does_nothing(
    shop: Served, register: Register, unsubscribe: str, body: bytes
) -> None:
    agreed(register)
    assert shop.ask("POST", unsubscribe, body, FORM).status == 400
    assert may(register) == "granted"


def test_the_button_of_the_page_unsubscribes_too_and_leads_to_all_choices(
    shop: Served, register: Register, unsubscribe: str
) -> None:
    agreed(register)
    fields = shown(shop.ask("GET", unsubscribe))
    answer = post(shop, unsubscribe, {name: values for name, values in fields.items() if values})
    assert "You are unsubscribed" in answer.body.decode() and "News and offers (E-mail)" in answer.body.decode()
    assert rows(shop)[-1]["source"] == "unsubscribe page"
    (choices,) = re.findall(r'href="\.\.(/preferences/[^"]+)"', answer.body.decode())
    assert shop.ask("GET", choices).status == 200


def test_it_is_never_too_late_to_unsubscribe(shop: Served, register: Register) -> None:
    agreed(register)
    link = Link(person=ANA, until=datetime.now(UTC) - timedelta(days=1), purpose="marketing", channel="email")
    assert post(shop, f"/unsubscribe/{register.page_of(link)}", {"List-Unsubscribe": "One-Click"}).status == 200
    assert may(register) == "withdrawn"


def test_who_unsubscribed_and_came_back_may_unsubscribe_again_with_the_same_mail(
    shop: Served, register: Register, page: str, unsubscribe: str
) -> None:
    agreed(register)
    post(shop, unsubscribe, {"List-Unsubscribe": "One-Click"})
    post(shop, page, {"on": "marketing:email:2026-01:en", "do": "save"})
    assert may(register) == "granted"
    post(shop, unsubscribe, {"List-Unsubscribe": "One-Click"})
    assert may(register) == "withdrawn"


def test_a_guessed_id_unsubscribes_nobody(shop: Served) -> None:
    for guess in ("1", "per_0000000000000001", "A" * 60, "ana@example.com"):
        assert post(shop, f"/unsubscribe/{guess}", {"List-Unsubscribe": "One-Click"}).status == 404
    assert rows(shop) == []
