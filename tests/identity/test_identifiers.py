"""Records that share an identifier are one person, unless a guard knows better."""

from __future__ import annotations

from datetime import date

import pytest

from parcours.project.definitions import IdentifierRules
from tests.identity.shop import Shop, refused, together


def test_records_that_share_an_email_are_one_person(shop: Shop) -> None:
    shop.customer(1, name="Zoe Lefevre", email="zoe@example.fr", crm_id="K1")
    shop.seen(2, email="zoe@example.fr", cookie="c1")
    shop.seen(3, cookie="c1")
    shop.seen(4, email="other@example.fr")
    assert together(shop.run()) == {frozenset({1, 2, 3}), frozenset({4})}


def test_a_link_says_which_value_joined_a_record_and_by_what(shop: Shop) -> None:
    shop.customer(1, email="zoe@example.fr", verified=("email",))
    shop.seen(2, email="zoe@example.fr")
    shop.seen(3, email="alone@example.fr")
    links = {(row["record_id"], row["kind"], row["value"], row["by"]) for row in shop.run()["links"]}
    assert links == {
        (1, "email", "zoe@example.fr", "deterministic"),
        (2, "email", "zoe@example.fr", "deterministic"),
    }


def test_addresses_that_one_mailbox_receives_are_one(shop: Shop) -> None:
    shop.customer(1, email="camille.moreau@gmail.com")
    shop.seen(2, email="camillemoreau@gmail.com")
    shop.seen(3, email="camille.moreau+shop@googlemail.com")
    shop.seen(4, email="camille.moreau@example.fr")
    shop.seen(5, email="camillemoreau@example.fr")
    assert together(shop.run()) == {frozenset({1, 2, 3}), frozenset({4}), frozenset({5})}


def test_a_couple_that_shares_an_email_stays_two_people(shop: Shop) -> None:
    shop.customer(1, name="Paul Garnier", email="famille@example.fr", crm_id="K1")
    shop.customer(2, name="Julie Garnier", email="famille@example.fr", crm_id="K2")
    shop.seen(3, email="famille@example.fr")
    made = shop.run()
    assert together(made) == {frozenset({1}), frozenset({2}), frozenset({3})}
    assert refused(made) == {("email", "famille@example.fr"): "different_people"}


def test_a_short_or_mistyped_first_name_is_no_second_person(shop: Shop) -> None:
    shop.customer(1, name="Jean-Francois Noel", email="jf@example.fr")
    shop.customer(2, name="jean-françois Noël", email="jf@example.fr")
    shop.customer(3, name="Jean Noel", email="jf@example.fr")
    shop.customer(4, name="Noel Jean-Francois", email="jf@example.fr")
    assert together(shop.run()) == {frozenset({1, 2, 3, 4})}


def test_another_first_name_with_the_same_birth_date_is_the_same_person(shop: Shop) -> None:
    born = date(1980, 5, 17)
    shop.customer(1, name="Robert Smith", email="smith@example.fr", born=born)
    shop.customer(2, name="Bill Smith", email="smith@example.fr", born=born)
    shop.customer(3, name="Wilma Smith", email="smith@example.fr", born=date(1982, 1, 1))
    assert together(shop.run()) == {frozenset({1}), frozenset({2}), frozenset({3})}
    del shop.records[3]
    shop.identifiers = [row for row in shop.identifiers if row["record_id"] != 3]
    assert together(shop.run()) == {frozenset({1, 2})}


def test_a_phone_that_one_customer_declares_stays_theirs(shop: Shop) -> None:
    """Julie orders with her husband's phone: his other calls are still his."""
    shop.customer(1, name="Paul Garnier", phone="+33601", crm_id="K1")
    shop.customer(2, name="Julie Garnier", email="julie@example.fr", crm_id="K2")
    shop.seen(3, email="julie@example.fr", phone="+33601")
    shop.seen(4, phone="+33601")
    made = shop.run()
    assert together(made) == {frozenset({1, 4}), frozenset({2, 3})}
    assert refused(made) == {("phone", "+33601"): "different_people"}


def test_a_value_shared_by_more_customers_than_its_limit_joins_nobody(shop: Shop) -> None:
    for record in range(1, 5):
        shop.customer(record, phone="+33199", crm_id=f"K{record}")
    made = shop.run(kinds={"phone": IdentifierRules(limit=3)})
    assert len(together(made)) == 4
    assert refused(made) == {("phone", "+33199"): "too_many"}
    assert len(together(shop.run(kinds={"phone": IdentifierRules(limit=4)}))) == 1


def test_visits_do_not_count_against_the_limit(shop: Shop) -> None:
    shop.customer(1, email="zoe@example.fr")
    for visit in range(2, 60):
        shop.seen(visit, email="zoe@example.fr", cookie=f"c{visit}")
    assert len(together(shop.run(kinds={"email": IdentifierRules(limit=2)}))) == 1


def test_the_browsers_of_one_customer_are_not_counted_as_customers(shop: Shop) -> None:
    """Whoever logs in on a tenth browser, and says who they are there, is still one customer."""
    for browser in range(1, 11):
        shop.customer(browser, name="Zoe Petit" if browser > 1 else "", login="U1", cookie=f"c{browser}")
    shop.seen(20, cookie="c7")
    made = shop.run()
    assert together(made) == {frozenset({*range(1, 11), 20})}
    assert refused(made) == {}


@pytest.mark.parametrize("told", ["email", "name"])
def test_a_log_in_that_a_shop_lends_to_many_customers_joins_none_of_them(shop: Shop, told: str) -> None:
    for number in range(1, 10):
        who = {"email": f"{number}@example.fr"} if told == "email" else {}
        name = f"{chr(96 + number) * 5} Petit" if told == "name" else ""
        shop.customer(number, name=name, login="kiosk", cookie=f"c{number}", **who)
    made = shop.run()
    assert together(made) == {frozenset({number}) for number in range(1, 10)}
    assert refused(made) == {("login", "kiosk"): "too_many"}


def test_an_email_that_two_customers_use_on_many_browsers_joins_them_not(shop: Shop) -> None:
    for browser in range(1, 11):
        name = "Paul Garnier" if browser % 2 else "Julie Garnier"
        shop.customer(browser, name=name, email="famille@example.fr", cookie=f"c{browser}")
    made = shop.run()
    assert len(together(made)) == 10
    assert refused(made) == {("email", "famille@example.fr"): "different_people"}


def test_a_tablet_that_two_customers_log_in_on_is_nobodys(shop: Shop) -> None:
    shop.seen(1, login="U1", cookie="tablet")
    shop.seen(2, login="U2", cookie="tablet")
    shop.seen(3, cookie="tablet")
    shop.seen(4, login="U1", cookie="home")
    shop.seen(5, cookie="home")
    made = shop.run()
    assert together(made) == {frozenset({1, 4, 5}), frozenset({2}), frozenset({3})}
    assert refused(made) == {("cookie", "tablet"): "too_many"}


def test_a_weak_identifier_joins_no_customers_but_brings_their_tickets(shop: Shop) -> None:
    shop.customer(1, crm_id="K1", phone="+33601")
    shop.customer(2, crm_id="K2", phone="+33602")
    shop.customer(3, crm_id="K3", phone="+33602")
    shop.seen(4, phone="+33601")
    shop.seen(5, phone="+33602")
    made = shop.run(kinds={"phone": IdentifierRules(joins_alone=False)})
    assert together(made) == {frozenset({1, 4}), frozenset({2}), frozenset({3}), frozenset({5})}
    assert refused(made) == {("phone", "+33602"): "not_alone"}


def test_two_weak_identifiers_join_what_neither_joins_alone(shop: Shop) -> None:
    shop.customer(1, crm_id="K1", phone="+33601", device="d1")
    shop.customer(2, crm_id="K2", phone="+33601", device="d1")
    shop.customer(3, crm_id="K3", phone="+33601")
    weak = IdentifierRules(joins_alone=False)
    made = shop.run(kinds={"phone": weak, "device": weak})
    assert together(made) == {frozenset({1, 2}), frozenset({3})}
    assert {(row["record_id"], row["kind"]) for row in made["links"]} == {
        (1, "phone"), (1, "device"), (2, "phone"), (2, "device"),
    }  # fmt: skip


def test_a_link_is_told_once_even_if_it_holds_twice(shop: Shop) -> None:
    """Customer 1 declares the phone that tickets bring; with the device it also joins customer 2."""
    shop.customer(1, crm_id="K1", phone="+33601", device="d1")
    shop.seen(2, login="U2", phone="+33601")
    shop.seen(3, login="U2", device="d1")
    shop.seen(4, phone="+33601")
    weak = IdentifierRules(joins_alone=False)
    made = shop.run(kinds={"phone": weak, "device": weak})
    assert together(made) == {frozenset({1, 2, 3, 4})}
    keys = [(row["record_id"], row["kind"], row["value"], row["by"]) for row in made["links"]]
    assert len(keys) == len(set(keys))


def test_only_verified_values_join_where_that_is_asked(shop: Shop) -> None:
    shop.seen(1, email="zoe@example.fr", verified=("email",))
    shop.seen(2, email="zoe@example.fr", verified=("email",))
    shop.seen(3, email="zoe@example.fr")
    made = shop.run(kinds={"email": IdentifierRules(verified_only=True)})
    assert together(made) == {frozenset({1, 2}), frozenset({3})}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("email", "test@example.fr"), ("email", "noreply@example.fr"), ("phone", "+33600000000"), ("cookie", "null"),
     ("crm_id", "-1"), ("loyalty_card", "000000"), ("login", "(not set)"), ("cookie", "00000000-0000-0000")],
)  # fmt: skip
def test_values_that_identify_nobody_join_nobody(shop: Shop, kind: str, value: str) -> None:
    shop.seen(1, **{kind: value})
    shop.seen(2, **{kind: value})
    shop.customer(3, **{kind: value})
    made = shop.run()
    assert together(made) == {frozenset({3})}, "a record that nothing else identifies is of nobody"
    assert refused(made) == {(kind, value): "blocked"}


def test_the_retailer_blocks_values_of_their_own(shop: Shop) -> None:
    shop.seen(1, email="shop@ours.example")
    shop.seen(2, email="shop@ours.example")
    shop.seen(3, email="till_7@ours.example")
    shop.seen(4, email="till_7@ours.example")
    shop.seen(5, email="tillX7@ours.example")
    shop.seen(6, email="tillX7@ours.example")
    made = shop.run(blocked_values={"email": ("shop@ours.example", "till_*@ours.example")})
    assert together(made) == {frozenset({5, 6})}


def test_an_identifier_that_could_not_be_read_joins_nobody_and_is_counted(shop: Shop) -> None:
    shop.seen(1, email="not an address")
    shop.seen(2, email="not an address")
    for row in shop.identifiers:
        row.update(usable=False, why_not="not a valid email")
    made = shop.run()
    assert together(made) == set()
    assert refused(made) == {("email", "not an address"): "not_valid"}


def test_who_has_only_a_browser_is_a_visitor(shop: Shop) -> None:
    shop.seen(1, cookie="c1")
    shop.seen(2, email="a@example.fr", cookie="c2")
    shop.customer(3, name="Erased One")
    made = shop.run()
    known = {row["record_id"]: person["known"] for row in made["record_persons"] for person in made["persons"]
             if person["person_id"] == row["person_id"]}  # fmt: skip
    assert known == {1: False, 2: True, 3: True}
