"""sources/*.yaml: which column is which, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from parcours.model.value import Duration, Place, Share
from parcours.project import Project

Faults = Callable[[Mapping[str, str]], list[str]]
Loaded = Callable[[Mapping[str, str]], Project]

TILL = """\
source: till
title: {en: Till, fr: Caisse}
kind: exports
path: data/*.csv
numbers: {decimal: ","}
tolerance: 0.5 %
every: 1 day
set_aside:
  training: "= TYPE = 'TEST'"
tables:
  orders:
    key: [TICKET]
    repeats: number
    columns:
      order_id: TICKET
      order_time: {from: DATE, format: "%d/%m/%Y", required: true}
      channel: {value: store}
      net_amount: {=: "PRIX * QTE", default: 0, unit: minor}
      status: {from: TYPE, map: {V: completed, A: voided}, other: reject}
      units: "= QTE"
    identifiers:
      loyalty_card: {from: CARTE, verified: true}
      email: MAIL
    when: "= TYPE <> 'X'"
    set_aside:
      donation: "= CODE = 'ARRONDI'"
"""


def test_a_source_is_read_whole(loaded: Loaded) -> None:
    source = loaded({"sources/till.yaml": TILL}).sources["till"]
    assert source.kind_name == "exports"
    assert source.kind.path == "data/*.csv"
    assert source.kind.numbers.decimal == ","
    assert (source.tolerance, source.every) == (Share(0.005), Duration(86400))
    orders = source.tables["orders"]
    assert (orders.key, orders.repeats, orders.place) == (("TICKET",), "number", Place("sources/till.yaml", 11))
    assert orders.columns["order_id"].source == "TICKET"
    assert orders.columns["order_time"].format == "%d/%m/%Y"
    assert orders.columns["order_time"].required
    assert (orders.columns["channel"].constant, orders.columns["channel"].is_constant) == ("store", True)
    assert orders.columns["status"].map == {"V": "completed", "A": "voided"}
    amount = orders.columns["net_amount"]
    assert amount.expression is not None
    assert (amount.expression.sql(), amount.default, amount.unit) == ('"PRIX" * "QTE"', 0, "minor")
    assert orders.columns["units"].expression is not None
    assert (orders.identifiers["loyalty_card"].source, orders.identifiers["loyalty_card"].verified) == ("CARTE", True)
    assert orders.identifiers["email"].verified is False
    assert orders.when is not None
    assert list(orders.set_aside) == ["training", "donation"]


def one(change: str, by: str) -> dict[str, str]:
    assert change in TILL
    return {"sources/till.yaml": TILL.replace(change, by, 1)}


@pytest.mark.parametrize(
    ("change", "by", "fault"),
    [
        ("kind: exports\n", "", ":1: 'kind' is missing. Name a kind of source: exports."),
        ("path: data/*.csv\n", "", ":1: 'path' is missing. Where the files are."),
        ("path: data", "paht: data", ":1: 'path' is missing. Where the files are."),
        ("  orders:", "  ordres:", ":11: no table 'ordres'. Did you mean 'orders'?"),
        ("      order_id: TICKET", "      order_idd: TICKET", ":15: no column 'orders.order_idd'. "
         "Did you mean 'order_id'?"),
        ("      order_id: TICKET", "      is_purchase: TICKET", ":15: Parcours works out 'is_purchase' itself. "
         "Remove the line."),
        ("format:", "formt:", ":16: no setting 'formt'. Did you mean 'format'?"),
        ("required: true", "required: yes", ":16: 'required' must be true or false, not 'yes'."),
        ("{value: store}", "{value: store, from: X}", ":17: exactly one of 'from', '=' and 'value' says where a value "
         "comes from."),
        ("{value: store}", "{}", ":17: exactly one of 'from', '=' and 'value' says where a value comes from."),
        ("{value: store}", "7", ":17: 7 is not where a column comes from. "
         "Write the source's column, '= an expression', or {value: a constant}."),
        ("PRIX * QTE", "PRIX * rond(QTE)", ":18: there is no function 'rond' in expressions. Did you mean 'round'?"),
        ("unit: minor", "unit: cents", ":18: 'cents' is not a choice for 'unit'. Choose 'major' or 'minor'."),
        ("      email: MAIL", "      emial: MAIL", ":23: no kind of identifier 'emial'. Did you mean 'email'?"),
        ("verified: true", "verifed: true", ":22: no setting 'verifed'. Did you mean 'verified'?"),
        ("repeats: number", "repeats: often", ":13: 'often' is not a choice for 'repeats'. "
         "Choose 'keep_latest', 'number' or 'drop'."),
        ("tolerance: 0.5 %", "tolerance: some", ":6: 'tolerance': 'some' is not a share: write for example "
         "'20 %' or 0.2."),
        ("every: 1 day", "every: daily", ":7: 'every': 'daily' is not a duration: write for example "
         "'90 days' or '36 hours'."),
        ("source: till", "source: Till!", ":1: 'Till!' is not a name. Use small letters, digits and '_', as in "
         "'my_best'."),
        ("title: {en: Till, fr: Caisse}", "title: {en: Till, shop, fr: Caisse}",
         ":2: no words in the language 'shop'. Put a text that contains ',' between quotes."),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_line(faults: Faults, change: str, by: str, fault: str) -> None:
    assert f"sources/till.yaml{fault}" in faults(one(change, by))


def test_a_source_without_tables_says_so(faults: Faults) -> None:
    assert faults({"sources/till.yaml": "source: till\nkind: exports\npath: x\n"}) == [
        "sources/till.yaml:1: 'tables' is missing. Say which tables this source fills, as in 'tables: {orders: ...}'."
    ]


def test_products_speak_of_no_person(faults: Faults) -> None:
    assert faults({
        "sources/p.yaml": "source: p\nkind: exports\npath: x\ntables:\n  products:\n    columns: {name: NAME}\n"
        "    identifiers: {email: MAIL}\n"
    }) == ["sources/p.yaml:7: 'products' speaks of no person. Remove its identifiers."]  # fmt: skip


def test_a_kind_of_identifier_of_ones_own_is_declared_in_identity_yaml(faults: Faults) -> None:
    files = one("      email: MAIL", "      member_no: MAIL")
    assert faults(files) == [
        "sources/till.yaml:23: no kind of identifier 'member_no'. There is 'cookie', 'crm_id', 'device', 'email', "
        "'external_id', 'login', 'loyalty_card' and 'phone'."
    ]
    assert faults({**files, "identity.yaml": "identity: x\nidentifiers: {member_no: {}}\n"}) == []


def test_a_password_is_named_and_never_written(faults: Faults, loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    written = one("path: data/*.csv", "path: data/*.csv\npassword: s3cret")
    assert faults(written) == [
        "sources/till.yaml:5: 'password' is a secret. Name the variable that holds it: 'password: {env: NAME}'."
    ]
    named = one("path: data/*.csv", "path: data/*.csv\npassword: {env: TILL_PASSWORD}")
    monkeypatch.delenv("TILL_PASSWORD", raising=False)
    assert faults(named) == [
        "sources/till.yaml:5: the environment variable 'TILL_PASSWORD', named for 'password', is not set. Set it first."
    ]
    monkeypatch.setenv("TILL_PASSWORD", "s3cret")
    kind = loaded(named).sources["till"].kind
    assert kind.password.reveal() == "s3cret"
    assert "s3cret" not in repr(kind)
