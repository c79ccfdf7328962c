"""May we write to them? One answer, with a code, for one person as for a million."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parcours.consent import NotDeclared, Register, Statement
from parcours.consent.declared import Allowance, Hours
from parcours.consent.permission import NO, YES
from parcours.model.value import Duration

from .conftest import ANA, BEN, NOW, known, leads, lives, sent

SUNDAY = datetime(2026, 3, 8, 12, 0, tzinfo=NOW.tzinfo)
GRANT = Statement(person=ANA, purpose="marketing", channel="email", state="granted", at=NOW - timedelta(days=9),
                  source="till", text_version="2026-01")  # fmt: skip


def may(
    register: Register, person: int = ANA, channel: str = "email", purpose: str = "marketing", at: datetime = NOW
) -> str:
    return register.may_contact([person], purpose=purpose, channel=channel, at=at)[person].code


def test_yes_names_the_address_and_no_names_none(register: Register) -> None:
    register.say([GRANT, replace(GRANT, person=BEN)], now=NOW)
    found = register.may_contact([ANA, BEN, 3], purpose="marketing", channel="email", at=NOW)
    assert {person: (one.may, one.code, one.subject is not None) for person, one in found.items()} == {
        ANA: (True, "granted", True), BEN: (False, "no_address", False), 3: (False, "no_consent", False)}  # fmt: skip


def test_what_concerns_an_order_needs_no_consent_but_an_address(register: Register) -> None:
    assert [may(register, person, purpose="service") for person in (ANA, BEN)] == ["not_needed", "no_address"]


def test_letters_go_to_who_did_not_object(register: Register) -> None:
    assert may(register, channel="post") == "not_objected"
    register.say([replace(GRANT, channel="post", state="objected")], now=NOW)
    assert may(register, channel="post") == "objected"


def test_a_suppressed_address_is_not_written_to_even_by_who_agreed(register: Register) -> None:
    register.say([GRANT], now=NOW)
    register.suppress(["ANA@example.com "], reason="complained", source="list", now=NOW)
    assert [may(register), may(register, purpose="service")] == ["suppressed", "not_needed"]
    other = lives(register.database, ANA, "email", "ana@new.example")
    assert register.may_contact([ANA], purpose="marketing", channel="email", at=NOW)[ANA].subject == other
    register.suppress(["ana@example.com", "ana@new.example"], reason="bounced", source="list", now=NOW)
    assert [may(register), may(register, purpose="service")] == ["suppressed", "suppressed"]


def test_at_night_and_on_sunday_nobody_gets_a_text_message(register: Register) -> None:
    lives(register.database, ANA, "phone", "+33612345678")
    register.say([replace(GRANT, channel="sms", at=NOW - timedelta(days=90))], now=NOW)
    paris = ZoneInfo("Europe/Paris")
    night = datetime(2026, 3, 10, 20, 0, tzinfo=paris)
    assert [may(register, channel="sms", at=at) for at in (NOW, night, night - timedelta(seconds=1), SUNDAY)] == [
        "granted", "quiet_hours", "granted", "quiet_hours"]  # fmt: skip
    assert may(register, channel="sms", purpose="service", at=SUNDAY) == "not_needed"


@pytest.mark.parametrize(("hours", "hour", "held"), [("20:00-08:00", 23, True), ("20:00-08:00", 7, True),
                         ("20:00-08:00", 8, False), ("12:00-14:00", 13, True), ("12:00-14:00", 14, False),
                         ("20:00-24:00", 23, True), ("20:00-24:00", 0, False)])  # fmt: skip
def test_hours_may_go_over_midnight(hours: str, hour: int, held: bool) -> None:
    assert Hours.parse(hours).hold(NOW.replace(hour=hour).time()) is held


def test_a_purpose_nobody_declared_writes_to_nobody(register: Register) -> None:
    for purpose, channel in (("telepathy", "email"), ("marketing", "pigeon"), ("profiling", "email")):
        with pytest.raises(NotDeclared):
            register.may_contact([ANA], purpose=purpose, channel=channel, at=NOW)
    with pytest.raises(NotDeclared):
        register.may_use([ANA], purpose="marketing", at=NOW)


LOGIN, COOKIE, OTHER, BENS = 101, 102, 103, 201


def test_a_no_said_under_a_value_that_was_sent_together_with_theirs_counts_at_once(register: Register) -> None:
    """Ana's log-in and a browser, then that browser and another address: whoever it is says no under the address."""
    known(register.database, ANA, keys=[LOGIN])
    leads(register.database, LOGIN, ANA)
    register.say([GRANT], now=NOW)
    no = replace(GRANT, person=None, subject=OTHER, state="objected", text_version=None, at=NOW - timedelta(minutes=1))
    register.say([no], now=NOW)
    assert may(register) == "granted", "nobody knows yet that it is hers"
    sent(register.database, 1, LOGIN, COOKIE)
    sent(register.database, 2, COOKIE, OTHER)
    assert may(register) == "objected"
    assert [one.code for one in register.choices(ANA, now=NOW) if (one.purpose, one.channel) == ("marketing", "email")]
    assert len(register.statements(ANA)) == 1, "what is told of her is what is surely hers"


def test_a_no_of_who_turned_out_to_be_the_same_counts_at_once_and_a_yes_waits(register: Register) -> None:
    for person, key in ((ANA, LOGIN), (BEN, BENS)):
        known(register.database, person, keys=[key])
        leads(register.database, key, person)
    lives(register.database, BEN, "email", "ben@example.com")
    sent(register.database, 1, LOGIN, BENS)
    register.say([replace(GRANT, person=BEN)], now=NOW)
    assert [may(register), may(register, BEN)] == ["no_consent", "granted"]
    register.say([GRANT, replace(GRANT, person=BEN, state="denied", text_version=None, at=NOW)], now=NOW)
    assert [may(register), may(register, BEN)] == ["withdrawn", "withdrawn"]


def test_a_value_that_several_people_hold_carries_no_one_s_no_to_another(register: Register) -> None:
    known(register.database, ANA, keys=[LOGIN])
    leads(register.database, LOGIN, ANA)
    leads(register.database, COOKIE, BEN, shared=True)
    register.say([GRANT, replace(GRANT, person=None, subject=OTHER, state="denied", text_version=None)], now=NOW)
    sent(register.database, 1, LOGIN, COOKIE)
    sent(register.database, 2, COOKIE, OTHER)
    assert may(register) == "granted"


def test_many_are_answered_as_each_one_is(register: Register) -> None:
    chance = random.Random(3)
    people = list(range(1, 60))
    for person in people:
        if person > 1 and chance.random() < 0.7:
            lives(register.database, person, "email", f"p{person}@example.com")
        known(register.database, person, keys=[person * 10, person * 10 + 1])
        for key in (person * 10, person * 10 + 1):
            leads(register.database, key, person, shared=chance.random() < 0.2)
    values = [person * 10 + chance.randrange(3) for person in people]
    for record in range(1, 40):
        sent(register.database, record, *set(chance.choices(values, k=2)))
    states = ("granted", "denied", "objected")
    said = [
        replace(GRANT, state=chance.choice(states), channel=chance.choice(("email", None)),
                at=NOW - timedelta(hours=chance.randrange(4)), **chance.choice((
                    {"person": chance.choice(people)}, {"person": None, "subject": chance.choice(values)})))
        for _ in range(90)
    ]  # fmt: skip
    register.say(said, now=NOW)
    register.suppress([f"p{person}@example.com" for person in people[::5]], reason="asked", source="list", now=NOW)
    together = register.may_contact([*people, *people], purpose="marketing", channel="email", at=NOW)
    assert together == {
        person: register.may_contact([person], purpose="marketing", channel="email", at=NOW)[person]
        for person in people
    }
    assert len({one.code for one in together.values()}) >= 5
    assert {one.code for one in together.values()} <= {*YES, *NO}


def test_a_customer_is_written_to_until_they_say_no_where_the_project_says_so(register: Register) -> None:
    shop = soft(register)
    lives(shop.database, BEN, "email", "ben@example.com")
    known(shop.database, ANA, bought_at=NOW - timedelta(days=3 * 365 - 1))
    known(shop.database, BEN, bought_at=NOW - timedelta(days=3 * 365 + 1))
    assert [may(shop), may(shop, BEN), may(shop, 3)] == ["soft_opt_in", "no_consent", "no_consent"]
    assert may(register) == "no_consent", "and nobody is where it does not"
    assert may(shop, at=NOW - timedelta(days=5 * 365)) == "no_consent", "before they bought"
    shop.say([replace(GRANT, state="denied", text_version=None)], now=NOW)
    assert may(shop) == "denied"


def test_nobody_asked_about_is_nobody_told_of(register: Register) -> None:
    assert register.may_contact([], purpose="marketing", channel="email", at=NOW) == {}


def soft(register: Register) -> Register:
    """The same shop, where customers of three years are written to without having agreed."""
    marketing = register.declared.purposes["marketing"]
    email = Allowance(needs="consent", soft_opt_in=Duration.parse("3 years"))
    purposes = {
        **register.declared.purposes,
        "marketing": replace(marketing, channels={**marketing.channels, "email": email}),
    }
    return replace(register, declared=replace(register.declared, purposes=purposes))
