"""Links open what they were made for, until they end; changed by one sign, they open nothing."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from parcours.consent import Link, WrongLink
from parcours.consent.links import read, signed
from parcours.consent.secret import Secret

from .conftest import NOW

OURS, OTHER = Secret(b"a" * 32), Secret(b"b" * 32)
LINK = Link(
    person=0x1234ABCD, until=NOW + timedelta(days=1), language="fr", purpose="marketing", channel="email", subject=2**62
)
TEXT = signed(LINK, OURS)


def refused(text: str, secret: Secret = OURS, late: timedelta = timedelta()) -> str:
    with pytest.raises(WrongLink) as wrong:
        read(text, secret, now=NOW + late)
    return wrong.value.code


def test_a_link_says_what_was_signed_and_is_always_the_same_text() -> None:
    assert read(TEXT, OURS, now=NOW) == LINK
    assert signed(LINK, OURS) == TEXT
    bare = Link(person=0, until=LINK.until)
    assert read(signed(bare, OURS), OURS, now=NOW) == bare


def test_a_link_shows_nothing_of_what_it_says() -> None:
    raw = base64.urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4))
    assert b"marketing" not in raw and b"1234abcd" not in raw
    near = signed(replace(LINK, person=LINK.person + 1), OURS)
    assert sum(one == other for one, other in zip(TEXT, near)) < len(TEXT) // 4, "the next person's looks like no other"


def test_one_sign_changed_cut_or_added_opens_nothing() -> None:
    for at, sign in enumerate(TEXT):
        assert refused(TEXT[:at] + ("A" if sign != "A" else "B") + TEXT[at + 1 :]) == "wrong_link"
    for text in (TEXT[:-1], TEXT[:20], TEXT + "A", TEXT + "=", f" {TEXT}", "", "A", "é" * 40, "A" * 5000, "../../etc"):
        assert refused(text) == "wrong_link"


def test_another_shop_s_link_opens_nothing() -> None:
    assert refused(TEXT, OTHER) == "wrong_link"


def test_a_link_ends() -> None:
    assert refused(TEXT, late=timedelta(days=1)) == "link_over"
    assert read(TEXT, OURS, now=None) == LINK, "to say no is never too late"
