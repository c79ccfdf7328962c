"""Joining is measured against pairs that people know."""

from __future__ import annotations

import pytest

from parcours import identity
from tests.identity.shop import Shop


def test_precision_and_recall_count_the_labelled_pairs(shop: Shop) -> None:
    shop.customer(1, crm_id="K1", email="a@x.fr")
    shop.customer(2, crm_id="K2", email="a@x.fr")
    shop.customer(3, crm_id="K3", email="b@x.fr")
    shop.customer(4, crm_id="K4", email="b@x.fr")
    shop.customer(5, crm_id="K5")
    shop.customer(6, crm_id="K6")
    file = shop.folder / "labels.csv"
    file.write_text("left,right,same\ncrm_id=K1,crm_id=K2,yes\ncrm/K3,crm/K4,no\ncrm_id=K5,crm_id=K1,yes\n"
                    "crm_id=K5,crm_id=K6,no\ncrm_id=K9,crm_id=K1,yes\n")  # fmt: skip
    with shop.drafted() as draft:
        identity.resolve(draft, shop.project(), progress=lambda *_: None)
        found = identity.evaluate(draft, identity.labels(file))
    assert (found.rightly_joined, found.rightly_apart) == (1, 1)
    assert [label.line for label in found.wrongly_joined] == [3]
    assert [label.line for label in found.wrongly_apart] == [4]
    assert [label.line for label in found.nobody] == [6]
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)


def test_nothing_to_measure_is_not_zero(shop: Shop) -> None:
    with shop.drafted() as draft:
        identity.resolve(draft, shop.project(), progress=lambda *_: None)
        found = identity.evaluate(draft, [])
    assert (found.precision, found.recall, found.f1) == (None, None, None)


def test_a_label_that_says_neither_is_named_by_its_line(shop: Shop) -> None:
    file = shop.folder / "labels.csv"
    file.write_text("left,right,same\na=1,b=2,perhaps\n")
    with pytest.raises(ValueError, match=r"labels\.csv:2: 'same' is 'perhaps': write yes or no"):
        identity.labels(file)
