"""What people said holds by when they said it, whatever came first; nothing is changed or lost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest

from parcours.consent import Change, NotSaid, Register, Statement, keep_texts, subject
from parcours.model.value import Title
from parcours.state import StateFault
from parcours.state.queries import Query

from .conftest import ANA, BEN, DELIVERED, EMPTIED, NOW, known, lives

YES = Statement(person=ANA, purpose="marketing", channel="email", state="granted", at=NOW, source="till",
                text_version="2026-01", language="fr")  # fmt: skip
NO = replace(YES, state="denied", text_version=None)
ROWS = Query("rows", "All rows.", "SELECT * FROM consent_ledger ORDER BY at, key")


def code(register: Register, person: int = ANA, channel: str = "email", at: datetime = NOW) -> str:
    return register.may_contact([person], purpose="marketing", channel=channel, at=at)[person].consent


def test_who_said_nothing_did_not_agree(register: Register) -> None:
    assert code(register) == "no_consent"


def test_the_latest_by_the_time_it_was_said_holds(register: Register) -> None:
    register.say([replace(NO, at=NOW - timedelta(days=1))], now=NOW)
    assert code(register) == "denied"
    register.say([YES], now=NOW)
    assert code(register) == "granted"
    register.say([replace(NO, at=NOW - timedelta(days=365))], now=NOW)
    assert code(register) == "granted", "what was said a year ago and comes now changes nothing"
    register.say([NO], now=NOW)
    assert code(register) == "withdrawn", "of two at one moment, no holds"


def test_any_order_of_the_same_rows_gives_the_same_answer(register: Register) -> None:
    chance = random.Random(7)
    places = [("marketing", "email"), ("marketing", None), ("marketing", "sms"), ("profiling", None)]
    for _ in range(6):
        rows = [
            Statement(person=ANA, purpose=purpose, channel=channel, state=state, at=NOW - timedelta(hours=hour),
                      source="s", text_version="2026-01")
            for purpose, channel in chance.choices(places, k=6)
            for state, hour in [(chance.choice(("granted", "denied", "objected")), chance.randrange(3))]
        ]  # fmt: skip
        answers = set()
        for _ in range(3):
            chance.shuffle(rows)
            register.database.run(EMPTIED)
            for row in rows:
                register.say([row], now=NOW)
            answers.add(tuple((one.purpose, one.channel, one.on) for one in register.choices(ANA, now=NOW)))
        assert len(answers) == 1, rows


def test_the_same_statement_twice_is_one_row(register: Register) -> None:
    assert [register.say([YES, YES], now=NOW), register.say([YES], now=NOW + timedelta(days=1))] == [1, 0]


def test_a_row_is_never_changed(register: Register) -> None:
    register.say([YES], now=NOW)
    for sql in ("UPDATE consent_ledger SET state = 'denied'", "DELETE FROM consent_ledger"):
        with pytest.raises(psycopg.Error, match="only ever added to"):
            register.database.run(Query("x", "X.", sql))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purpose": "telepathy"}, "unknown_purpose"),
        ({"purpose": "marketing'; DROP TABLE consent_ledger; --"}, "unknown_purpose"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"state": "maybe"}, "unknown_state"),
        ({"text_version": "1999-01"}, "unknown_text"),
        ({"text_version": None}, "no_text"),
        ({"at": NOW + timedelta(hours=1)}, "future"),
        ({"at": datetime.min.replace(tzinfo=NOW.tzinfo)}, "too_early"),
        ({"source": "x" * 256}, "too_long"),
        ({"proof": "x" * 2001}, "too_long"),
    ],
)
def test_what_cannot_be_a_statement_is_refused_with_a_code_and_nothing_is_written(
    register: Register, change: dict[str, object], code: str
) -> None:
    with pytest.raises(NotSaid) as refused:
        register.say([replace(YES, person=BEN), replace(YES, **change)], now=NOW)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert register.database.run(ROWS) == []


def test_a_clock_that_is_minutes_ahead_says_it_now(register: Register) -> None:
    register.say([replace(YES, at=NOW + timedelta(minutes=4))], now=NOW)
    register.say([replace(NO, at=NOW + timedelta(seconds=1))], now=NOW + timedelta(seconds=1))
    assert code(register, at=NOW + timedelta(seconds=1)) == "withdrawn", "no later yes lies in wait"


def test_sql_and_html_are_kept_as_they_are(register: Register) -> None:
    odd = "'; DROP TABLE consent_ledger; --<script>\x00é"
    register.say([replace(YES, source=odd, proof=odd, language=odd)], now=NOW)
    (row,) = register.database.run(ROWS)
    assert row["source"] == row["proof"] == row["language"] == odd.replace("\x00", "")


def test_a_no_without_a_channel_is_of_every_channel(register: Register) -> None:
    register.say([replace(YES, at=NOW - timedelta(days=1)), replace(NO, channel=None)], now=NOW)
    assert [code(register), code(register, channel="sms")] == ["withdrawn", "denied"]


def test_who_objects_to_all_marketing_objects_to_profiling_for_it(register: Register) -> None:
    def profiled() -> bool:
        return register.may_use([ANA], purpose="profiling", at=NOW)[ANA].may

    assert profiled()
    register.say([replace(NO, state="objected", channel="post", at=NOW - timedelta(days=3))], now=NOW)
    assert profiled(), "an objection to letters is one to letters"
    register.say([replace(NO, state="objected", channel=None, at=NOW - timedelta(days=2))], now=NOW)
    assert not profiled()
    register.say([replace(YES, purpose="profiling", channel=None, at=NOW - timedelta(days=1))], now=NOW)
    assert profiled()


def test_who_has_the_address_that_said_no_has_said_no(register: Register) -> None:
    number = lives(register.database, BEN, "email", "ana@example.com")
    register.say([replace(YES, person=BEN, at=NOW - timedelta(days=1))], now=NOW)
    register.change(ANA, Change(off=[("marketing", "email")], source="preference page"), now=NOW)
    assert [row["subject"] for row in register.database.run(ROWS) if row["person"] == ANA] == [number]
    assert code(register, BEN) == "withdrawn"


def test_what_was_said_by_who_turned_out_to_be_ana_holds_for_ana(register: Register) -> None:
    known(register.database, ANA, merged=[BEN])
    known(register.database, BEN, merged_into=ANA)
    register.say([replace(YES, person=BEN, at=NOW - timedelta(days=1))], now=NOW)
    assert code(register) == "granted"
    header = register.unsubscribe_headers(BEN, purpose="marketing", channel="email", subject=None, at=NOW)
    register.unsubscribe(header["List-Unsubscribe"].rsplit("/", 1)[1].rstrip(">"), source="one-click", now=NOW)
    assert code(register) == "withdrawn", "an old mail to who she was before unsubscribes her"


def test_what_was_said_in_ana_s_browser_holds_for_ana(register: Register) -> None:
    known(register.database, ANA, keys=[subject("cookie", "a1")])
    register.say([replace(YES, person=None, subject=subject("cookie", "a1"))], now=NOW)
    assert code(register) == "granted"


def test_what_a_source_says_stands_beside_the_ledger(register: Register) -> None:
    register.database.run(DELIVERED, {"person": ANA, "granted": True, "at": NOW - timedelta(days=2)})
    assert code(register) == "granted"
    register.say([replace(NO, at=NOW - timedelta(days=1))], now=NOW)
    assert code(register) == "withdrawn"
    first, second = register.statements(ANA)
    assert (first["source"], first["proof"], first["recorded_at"]) == ("crm", "row 1", None)
    assert (second["source"], second["recorded_at"]) == ("till", NOW)


def test_a_statement_that_leads_to_ana_in_two_ways_is_told_once(register: Register) -> None:
    number = subject("email", "ana@example.com")
    known(register.database, ANA, keys=[number])
    register.say([replace(YES, subject=number)], now=NOW)
    assert len(register.statements(ANA)) == 1


def test_a_text_that_was_read_is_not_changed_it_gets_a_new_version(register: Register) -> None:
    purposes = register.declared.purposes

    def declaring(texts: dict[str, Title]) -> None:
        marketing = replace(purposes["marketing"], texts=texts)
        keep_texts(register.database, replace(register.declared, purposes={"marketing": marketing}), now=NOW)

    declaring({**purposes["marketing"].texts, "2026-02": Title.of("New words.")})
    with pytest.raises(StateFault, match=r"the text '2026-01' of 'marketing' .* is not the one that people have read"):
        declaring({"2026-01": Title({"en": "Other words."})})


def test_two_withdrawals_at_once_both_hold_and_neither_fails(register: Register) -> None:
    register.say([replace(YES, at=NOW - timedelta(days=1))], now=NOW)
    header = register.unsubscribe_headers(ANA, purpose="marketing", channel="email", subject=None, at=NOW)
    link = header["List-Unsubscribe"].rsplit("/", 1)[1].rstrip(">")
    with ThreadPoolExecutor(8) as together:
        list(together.map(lambda _: register.unsubscribe(link, source="one-click", now=NOW), range(8)))
    assert code(register) == "withdrawn"
    assert len(register.database.run(ROWS)) == 2, "the yes and one no"


def test_a_person_s_statements_are_told_with_text_and_proof(register: Register) -> None:
    register.say([replace(YES, proof="form 7")], now=NOW)
    (said,) = register.statements(ANA)
    assert (said["source"], said["proof"], said["at"], said["recorded_at"]) == ("till", "form 7", NOW, NOW)
    assert said["text"].startswith("Envoyez-moi des nouveautés"), "word for word, in the language it was read"
