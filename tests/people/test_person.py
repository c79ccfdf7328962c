"""Who somebody is, what is known of them and what they did: over the API, with everything that may be sent to it."""

from __future__ import annotations

import json

import pytest

from parcours.identity.recognised import hash63
from parcours.people.timeline import read_cursor
from parcours.server import keys
from tests.people.conftest import Shop

NEVER = "per_7fffffffffffffff"


def test_a_person_is_found_by_any_value_that_is_theirs_however_it_is_written(shop: Shop) -> None:
    ana = shop.look_up("email", " ANA@example.com ").json()
    assert ana["attributes"] == {"spend": 1950, "city": "Paris"}
    assert [each["segment"] for each in ana["segments"]] == ["spenders"]
    assert [each["order_id"] for each in ana["orders"]] == ["A2", "A1"]
    assert ana["known"] is True
    assert shop.whom("loyalty_card", "C1") == shop.whom("login", "ana") == ana["person_id"]
    by_hash = shop.served.post("/v1/people/look-up", {"hash": f"{hash63('loyalty_card=C1'):016x}"}, key=shop.reader)
    assert by_hash.json() == ana == shop.get(f"/v1/people/{ana['person_id']}").json()


def test_what_several_people_hold_leads_to_nobody(shop: Shop) -> None:
    answer = shop.look_up("email", "home@example.com")
    assert (answer.status, answer.json()["code"]) == (404, "no_such_person")


def test_who_logs_in_is_known_at_once_and_what_they_did_before_follows(shop: Shop) -> None:
    shop.send("track", anonymousId="a-ana", event="Product Viewed", properties={"product_id": "tea"}, messageId="t1")
    visitor = shop.whom("cookie", "a-ana")
    assert visitor is not None
    assert shop.get(f"/v1/people/{visitor}").json()["known"] is False
    shop.send("identify", anonymousId="a-ana", userId="ana", messageId="t2")
    ana = shop.whom("loyalty_card", "C1")
    assert shop.whom("cookie", "a-ana") == ana != visitor
    entries = shop.get(f"/v1/people/{ana}/timeline").json()["entries"]
    assert [each.get("name") or each.get("order_id") or each["kind"] for each in entries] == [
        "identify", "Product Viewed", "A2", "A1",
    ]  # fmt: skip
    assert shop.get(f"/v1/people/{visitor}").json()["person_id"] == ana, "the visitor's id leads to who it was"


def test_who_says_who_they_are_on_a_tenth_browser_is_still_one_person(shop: Shop) -> None:
    for number in range(10):
        shop.send("identify", anonymousId=f"a-many-{number}", userId="many", messageId=f"many{number}")
        shop.send("identify", anonymousId=f"a-kiosk-{number}", userId="kiosk", messageId=f"kiosk{number}",
                  traits={"email": f"kiosk{number}@example.com"})  # fmt: skip
    many = {shop.whom("cookie", f"a-many-{number}") for number in range(10)}
    assert many == {shop.whom("login", "many")}
    assert len({shop.whom("cookie", f"a-kiosk-{number}") for number in range(10)}) == 10, "a log-in lent to many"


@pytest.mark.parametrize("how", ["together", "alone first", "said who"])
def test_the_id_that_a_visitor_was_answered_under_is_still_theirs_after_the_next_run(shop: Shop, how: str) -> None:
    """So that what was stored under it, a no to marketing for one, is theirs too."""
    name = f"new-{how}"
    if how == "alone first":
        shop.send("track", anonymousId=f"a-{name}", event="Seen", messageId=f"{name}-1")
    kind = "identify" if how == "said who" else "track"
    shop.send(kind, anonymousId=f"a-{name}", userId=name, messageId=f"{name}-2",
              **({} if how == "said who" else {"event": "Seen"}))  # fmt: skip
    answered = shop.whom("login", name)
    assert answered == shop.whom("cookie", f"a-{name}")
    shop.run()
    now = shop.whom("login", name)
    assert now and answered and shop.get(f"/v1/people/{answered}").json()["person_id"] == now
    rows = shop.rows(f"SELECT person_id, merged_into, merged FROM people WHERE person_id IN"
                     f" ({int(answered[4:], 16)}, {int(now[4:], 16)})")  # fmt: skip
    merged = {row["person_id"]: row["merged_into"] for row in rows}
    assert answered == now if how != "said who" else merged[int(answered[4:], 16)] == int(now[4:], 16)
    assert answered == now or [row["merged"] for row in rows if row["merged"]] == [[int(answered[4:], 16)]]


def test_an_alias_joins_what_was_sent_under_the_former_id(shop: Shop) -> None:
    shop.send("track", anonymousId="a-old", event="Cart Viewed", messageId="t3")
    shop.send("alias", previousId="a-old", userId="bob", messageId="t4")
    assert shop.whom("cookie", "a-old") == shop.whom("login", "bob")


def test_a_browser_that_two_customers_use_is_nobody_s_and_each_keeps_what_names_them(shop: Shop) -> None:
    for number, user in enumerate(("cy", "zoltan")):
        shop.send("track", anonymousId="a-tablet", userId=user, event=f"Seen {user}", messageId=f"t5{number}")
    shop.send("track", anonymousId="a-tablet", event="Seen by nobody", messageId="t6")
    cy, zoltan, tablet = shop.whom("login", "cy"), shop.whom("login", "zoltan"), shop.whom("cookie", "a-tablet")
    assert len({cy, zoltan, tablet}) == 3
    names = {who: [each["name"] for each in shop.get(f"/v1/people/{who}/timeline").json()["entries"]]
             for who in (cy, zoltan)}  # fmt: skip
    assert names == {cy: ["Seen cy"], zoltan: ["Seen zoltan"]}


@pytest.mark.parametrize("junk", ["null", "undefined", "0000", "-1", "anonymous", "(not set)", "None"])
def test_a_log_in_that_is_a_filler_links_nobody(shop: Shop, junk: str) -> None:
    for number in range(2):
        shop.send("identify", anonymousId=f"a-{junk}-{number}", userId=junk, messageId=f"j{junk}{number}")
    assert shop.whom("login", junk) is None
    first, second = (shop.whom("cookie", f"a-{junk}-{number}") for number in range(2))
    assert first != second


def test_a_page_ends_with_a_cursor_and_all_pages_together_are_everything_once(shop: Shop) -> None:
    for number in range(7):
        shop.send("track", anonymousId="a-pages", userId="bob", event=f"E{number}", messageId=f"p{number}",
                  timestamp="2026-03-02T10:00:00Z")  # fmt: skip
    bob = shop.whom("login", "bob")
    names, cursor = [], ""
    while cursor is not None:
        page = shop.get(f"/v1/people/{bob}/timeline?limit=2{'&cursor=' + cursor if cursor else ''}").json()
        names += [each.get("name") for each in page["entries"]]
        cursor = page["next"]
    assert sorted(name for name in names if name and name.startswith("E")) == [f"E{number}" for number in range(7)]


def test_a_cursor_that_was_touched_is_told_so(shop: Shop) -> None:
    for number in range(2):
        shop.send("track", anonymousId="a-cursor", userId="bob", event="Seen", messageId=f"c{number}")
    bob, ana = shop.whom("login", "bob"), shop.whom("login", "ana")
    good = shop.get(f"/v1/people/{bob}/timeline?limit=1").json()["next"]
    other = good[:4] + ("A" if good[4] != "A" else "B") + good[5:]
    for whose, cursor in ((bob, other), (bob, "x"), (bob, "%00"), (ana, good), (bob, good + good)):
        answer = shop.get(f"/v1/people/{whose}/timeline?cursor={cursor}")
        assert (answer.status, answer.headers["content-type"]) in [
            (400, "application/problem+json"), (422, "application/problem+json"),
        ]  # fmt: skip
    assert read_cursor(good, int(bob[4:], 16))


def test_nobody_is_told_of_in_the_right_words(shop: Shop) -> None:
    wrong = ("/v1/people/ana", "/v1/people/per_ffffffffffffffff", f"/v1/people/{NEVER}/timeline?limit=0")
    unknown = (f"/v1/people/{NEVER}", f"/v1/people/{NEVER}/timeline")
    for path, status in (*((path, 422) for path in wrong), *((path, 404) for path in unknown)):
        answer = shop.get(path)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), path
    for body in ({}, {"hash": "zz"}, {"identifier": {"kind": "email"}}, {"identifier": 1}, [], {"hash": "f" * 16},
                 {"identifier": {"kind": "email", "value": "x" * 400}},
                 {"identifier": {"kind": "email", "value": "a@b.co"}, "hash": "0" * 16}):  # fmt: skip
        assert shop.served.post("/v1/people/look-up", body, key=shop.reader).status == 422
    assert shop.served.post("/v1/people/look-up", b"{", key=shop.reader).status == 400
    for value in ("'; DROP TABLE people; --", "<script>alert(1)</script>", "\x00", "%s", "né@exämple.fr", ""):
        assert shop.look_up("login", value).status == 404


def test_what_is_sent_with_sql_and_html_is_told_as_it_came(shop: Shop) -> None:
    nasty = "'; DROP TABLE people; -- <script>alert(1)</script> \" \\ \u2028"
    shop.send("track", anonymousId=nasty, event=nasty, properties={nasty: nasty}, messageId="n1")
    who = shop.whom("cookie", nasty)
    (entry,) = shop.get(f"/v1/people/{who}/timeline").json()["entries"]
    assert (entry["name"], entry["properties"]) == (nasty, {nasty: nasty})


def test_only_a_key_that_may_read_reads(shop: Shop) -> None:
    ana = shop.whom("login", "ana")
    assert shop.served.ask("GET", f"/v1/people/{ana}").status == 401
    answer = shop.served.ask("GET", f"/v1/people/{ana}", headers={"Authorization": f"Bearer {shop.served.key}"})
    assert (answer.status, answer.json()["code"]) == (403, "not_allowed")


def test_every_read_is_written_down_with_who_whom_what_and_when(shop: Shop) -> None:
    key_id, key = keys.make(shop.database, "care", ["read"])
    ana = shop.whom("login", "ana")
    for path in (
        f"/v1/people/{ana}",
        f"/v1/people/{ana}/timeline",
        f"/v1/people/{NEVER}",
        f"/v1/people/{ana}/consents",
    ):
        shop.served.ask("GET", path, headers={"Authorization": f"Bearer {key}"})
    shop.served.post("/v1/people/look-up", {"identifier": {"kind": "login", "value": "nobody"}}, key=key)
    noted = shop.rows(f"SELECT person_id, what, at FROM reads WHERE key_id = '{key_id}' ORDER BY number")
    number = int(ana[4:], 16)
    assert [(row["person_id"], row["what"]) for row in noted] == [
        (number, "person"), (number, "timeline"), (2**63 - 1, "person"), (number, "consents"),
        (None, "person"),
    ]  # fmt: skip
    assert "nobody" not in json.dumps(noted, default=str)


def test_it_is_described(shop: Shop) -> None:
    told = shop.served.ask("GET", "/v1/openapi.json").json()["paths"]
    assert {"/v1/people/{person}", "/v1/people/{person}/timeline", "/v1/people/look-up"} <= set(told)
    assert "get" not in told["/v1/people/look-up"], "no value is ever in an address"


def test_the_next_batch_decides_and_says_so(shop: Shop) -> None:
    shop.send("track", anonymousId="a-late", event="Product Viewed", messageId="d1")
    shop.send("identify", anonymousId="a-late", userId="bob", messageId="d2")
    for user in ("cy", "zoltan"):
        shop.send("track", anonymousId="a-counter", userId=user, event=f"Seen {user}", messageId=f"d3-{user}")
    said = {row["record"] for row in shop.rows("SELECT record FROM live_identifiers")}
    before = shop.whom("cookie", "a-late")
    shop.run()
    assert shop.whom("cookie", "a-late") == before == shop.whom("login", "bob")
    assert shop.rows("SELECT count(*) AS n FROM live_identifiers") == [{"n": 0}]
    decided = {row["record"]: row["decision"] for row in shop.rows("SELECT record, decision FROM link_decisions")}
    assert len(said) >= 3 and {decided[record] for record in said} == {"joined", "apart"}
    counter = {shop.whom("login", "cy"), shop.whom("login", "zoltan"), shop.whom("cookie", "a-counter")}
    assert len(counter) == 3
