"""People keep their id from run to run; what was merged can be told apart again, byte for byte."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcours.project.definitions import Households, IdentifierRules
from tests.identity.shop import PLACE, Shop, person_of, refused, together


def links_file(shop: Shop, *lines: str) -> dict[str, str]:
    (shop.folder / "links.csv").write_text("\n".join(["do,left,right,why", *lines]) + "\n")
    return {"links_file": "links.csv"}


def test_a_person_keeps_their_id_when_records_join_them(shop: Shop) -> None:
    shop.customer(5, email="zoe@example.fr")
    before = person_of(shop.run(), 5)
    shop.seen(1, email="zoe@example.fr")  # a smaller record id, seen earlier
    shop.seen(9, email="zoe@example.fr")
    made = shop.run()
    assert {person_of(made, record) for record in (1, 5, 9)} == {before}


def test_a_person_keeps_their_id_when_the_record_that_founded_them_is_gone(shop: Shop) -> None:
    shop.customer(1, email="zoe@example.fr", crm_id="K1")
    shop.seen(2, email="zoe@example.fr")
    shop.seen(3, email="zoe@example.fr")
    before = person_of(shop.run(), 1)
    del shop.records[1]
    shop.identifiers = [row for row in shop.identifiers if row["record_id"] != 1]
    assert person_of(shop.run(), 2) == before


def test_of_two_people_who_turn_out_to_be_one_the_longest_known_remains(shop: Shop) -> None:
    shop.customer(3, email="zoe@example.fr")
    shop.customer(8, phone="+33601")
    first = shop.run()
    old, young = person_of(first, 3), person_of(first, 8)
    shop.seen(9, email="zoe@example.fr", phone="+33601")
    made = shop.run()
    assert together(made) == {frozenset({3, 8, 9})}
    assert person_of(made, 8) == old
    gone = [row for row in made["persons"] if row["person_id"] == young]
    assert [(row["merged_into"], row["records"], row["known"]) for row in gone] == [(old, 0, False)]
    changes = {(row["person_id"], row["change"], row["other_person_id"]) for row in made["person_changes"]}
    assert (young, "merged", old) in changes


def test_a_known_customer_keeps_their_id_when_an_older_visit_turns_out_to_be_theirs(shop: Shop) -> None:
    shop.seen(3, cookie="c1")
    shop.customer(8, email="zoe@example.fr")
    first = shop.run()
    visitor, customer = person_of(first, 3), person_of(first, 8)
    shop.seen(9, email="zoe@example.fr", cookie="c1")
    made = shop.run()
    assert together(made) == {frozenset({3, 8, 9})}
    assert person_of(made, 8) == customer
    assert [row["merged_into"] for row in made["persons"] if row["person_id"] == visitor] == [customer]


def test_undoing_a_merge_gives_both_histories_back(shop: Shop) -> None:
    shop.customer(3, email="zoe@example.fr", crm_id="K3")
    shop.seen(4, email="zoe@example.fr")
    shop.customer(8, phone="+33601", crm_id="K8")
    shop.seen(9, phone="+33601")
    before = shop.run()
    shop.seen(10, email="zoe@example.fr", phone="+33601")
    merged = shop.run()
    assert together(merged) == {frozenset({3, 4, 8, 9, 10})}
    apart = shop.run(**links_file(shop, "forbid,crm_id=K3,crm_id=K8,not the same woman"))
    of = {row["record_id"]: row for row in apart["record_persons"]}
    assert [of[row["record_id"]] for row in before["record_persons"]] == before["record_persons"]
    living = [row for row in apart["persons"] if row["merged_into"] is None]
    assert {row["person_id"] for row in living} == {row["person_id"] for row in before["persons"]}
    changes = [(c["person_id"], c["change"], c["other_person_id"]) for c in apart["person_changes"]]
    assert (person_of(before, 8), "split", person_of(before, 3)) in changes


def test_a_link_that_is_forbidden_is_cut_where_it_is_weakest(shop: Shop) -> None:
    shop.customer(1, crm_id="K1", loyalty_card="C1", email="shared@example.fr")
    shop.seen(2, loyalty_card="C1")
    shop.customer(3, crm_id="K3", loyalty_card="C3", email="shared@example.fr")
    shop.seen(4, loyalty_card="C3")
    made = shop.run(**links_file(shop, "forbid,crm_id=K1,crm_id=K3,sisters"))
    assert together(made) == {frozenset({1, 2}), frozenset({3, 4})}
    assert refused(made)["email", "shared@example.fr"] == "kept_apart"


def test_a_link_can_be_forced(shop: Shop) -> None:
    shop.customer(1, crm_id="K1")
    shop.customer(2, source="shop", login="U2")
    made = shop.run(**links_file(shop, "force,crm/K1,login:U2,told us at the desk"))
    assert together(made) == {frozenset({1, 2})}
    (link,) = made["links"]
    assert (link["by"], link["evidence"]) == ("forced", "told us at the desk")


def test_a_forbidden_link_wins_over_a_forced_one_between_others(shop: Shop) -> None:
    for record in (1, 2, 3):
        shop.customer(record, crm_id=f"K{record}")
    lines = ["force,crm_id=K1,crm_id=K2,a", "force,crm_id=K2,crm_id=K3,b", "forbid,crm_id=K1,crm_id=K3,c"]
    assert len(together(shop.run(**links_file(shop, *lines)))) == 2


def test_a_decision_that_cannot_be_read_is_named_by_its_line(shop: Shop) -> None:
    shop.customer(1, crm_id="K1")
    with pytest.raises(ValueError, match=r"links.csv:3: 'do' is 'merge': write force or forbid"):
        shop.run(**links_file(shop, "force,crm_id=K1,crm_id=K2,", "merge,crm_id=K1,crm_id=K2,"))


def test_a_run_on_the_same_records_changes_nothing(shop: Shop) -> None:
    shop.customer(1, email="zoe@example.fr", crm_id="K1")
    shop.seen(2, email="zoe@example.fr")
    first = shop.run()
    assert shop.run() == first
    assert not shop.changed


def test_what_was_new_once_is_not_new_again(shop: Shop) -> None:
    shop.customer(1, email="a@example.fr")
    shop.run()
    shop.customer(2, email="b@example.fr")
    made = shop.run()
    assert sorted((row["change"], row["at"].day) for row in made["person_changes"]) == [("new", 1), ("new", 2)]


def test_people_of_one_name_and_address_are_a_household(shop: Shop) -> None:
    shop.customer(1, name="Paul Garnier", address="5 rue des Lilas, 69004", crm_id="K1")
    shop.customer(2, name="Julie GARNIER", address="5, Rue des lilas, 69004", crm_id="K2")
    shop.records[2].update(street="5, Rue des lilas", postcode="69004")
    shop.customer(3, name="Anne Petit", address="5 rue des Lilas, 69004", crm_id="K3")
    shop.customer(4, name="Max Garnier", address="", crm_id="K4")
    same = Households(same=("last_name", "street", "postcode"), place=PLACE)
    made = shop.run(households=same)
    houses = {row["record_id"]: row["household_id"] for row in made["record_persons"]}
    assert houses[1] == houses[2] == min(person_of(made, 1), person_of(made, 2))
    assert (houses[3], houses[4]) == (person_of(made, 3), person_of(made, 4))


def test_a_household_is_where_the_newest_record_says(shop: Shop) -> None:
    shop.customer(1, name="Paul Garnier", address="5 rue des Lilas, 69004", crm_id="K1")
    shop.customer(2, name="Julie Garnier", address="5 rue des Lilas, 69004", crm_id="K2")
    shop.customer(9, name="Julie Garnier", address="1 rue Neuve, 69001", crm_id="K2")
    made = shop.run(households=Households(same=("last_name", "street", "postcode"), place=PLACE))
    houses = {row["record_id"]: row["household_id"] for row in made["record_persons"]}
    assert houses[1] != houses[2] == houses[9]


def test_a_building_is_no_household(shop: Shop) -> None:
    for record in range(1, 7):
        shop.customer(record, name="Ann Petit", address="1 place Ronde, 69001", crm_id=f"K{record}")
    same = Households(same=("last_name", "street", "postcode"), limit=5, place=PLACE)
    made = shop.run(households=same)
    assert all(row["household_id"] == row["person_id"] for row in made["record_persons"])


def test_a_person_with_more_records_than_anybody_has_is_cut(shop: Shop) -> None:
    for record in range(1, 131):
        shop.customer(record, crm_id=f"K{record % 13}", email="all@example.fr")
    made = shop.run(kinds={"email": IdentifierRules(limit=1000)})
    assert max(len(records) for records in together(made)) <= 100
    assert refused(made)["email", "all@example.fr"] == "too_large"


def test_no_identifiers_at_all_makes_nobody(shop: Shop) -> None:
    assert shop.run()["persons"] == []


def test_a_customer_without_any_identifier_is_a_person(shop: Shop) -> None:
    shop.customer(1, name="Erased One")
    made = shop.run()
    assert [(row["known"], row["records"]) for row in made["persons"]] == [(True, 1)]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(12)))
def test_the_order_of_rows_changes_nothing(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    shops = [Shop(tmp_path_factory.mktemp("shop")) for _ in range(2)]
    for shop in shops:
        for record in range(12):
            born = date(1980, 1, 1 + record % 3)
            contacts = {"email": f"e{record % 5}@x.fr", "phone": f"+3360{record % 7}"}
            shop.customer(record, name=f"N{record % 4} Petit", born=born, **contacts)
    shops[1].identifiers = [row for at in order for row in shops[1].identifiers if row["record_id"] == at]
    shops[1].records = {at: shops[1].records[at] for at in order}
    assert shops[0].run() == shops[1].run()
