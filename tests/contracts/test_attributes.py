"""What every kind of attribute owes: words, settings, two readings, and faults that teach."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from parcours import profiles
from parcours.model.kind import kinds_in, sentence, settings
from parcours.profiles import kinds, plan
from parcours.profiles.facts import FACT_TABLES, subjects
from parcours.project import Project, ProjectFaults, load
from parcours.project.load import packs_in
from parcours.rules import Moment
from parcours.testing import write_files

KINDS = kinds_in(kinds)
PACK = packs_in(profiles)["retail"]
TYPES = {"text", "integer", "number", "boolean", "date", "time"}


def project(folder: Path, attributes: str, packs: str = "[]") -> Project:
    toml = f'[project]\nname = "shop"\n[profiles]\npacks = {packs}\n[segments]\npacks = []\n'
    write_files(folder, {"parcours.toml": toml, "attributes/own.yaml": f"attributes: own\ndefine:\n{attributes}"})
    return load(folder, {"attribute": KINDS, "attribute_pack": packs_in(profiles)})


@pytest.mark.parametrize("name", KINDS)
class TestEveryKind:
    def test_is_a_frozen_value_that_says_what_it_is(self, name: str) -> None:
        assert dataclasses.is_dataclass(KINDS[name]) and KINDS[name].__dataclass_params__.frozen
        assert sentence(KINDS[name]).endswith((".", ":"))

    def test_describes_each_of_its_settings(self, name: str) -> None:
        assert settings(KINDS[name])
        assert all(field.metadata["doc"].endswith((".", "`", ")")) for field in settings(KINDS[name]))

    def test_has_both_readings(self, name: str) -> None:
        for method in ("over_table", "for_person", "result", "check", "facts_used"):
            assert callable(getattr(KINDS[name], method))
        assert isinstance(KINDS[name].uses, property)

    def test_lives_in_a_file_of_its_name(self, name: str) -> None:
        assert KINDS[name].__module__ == f"parcours.profiles.kinds.{name}"


# What a retailer may get wrong, and what is said to them.
MISTAKES = {
    "{kind: count, of: ordrs}": "no table 'ordrs' of things people do. Did you mean 'orders'?",
    "{kind: sum, of: orders.net_amont}": "no column 'orders.net_amont'. Did you mean 'net_amount'?",
    "{kind: sum, of: orders}": "a column of orders stands here. As in 'orders.",
    "{kind: sum, of: orders.channel}": "'orders.channel' holds texts. Here stands a column of numbers or amounts.",
    "{kind: sum, of: orders.net_amount, where: {chanel: web}}": "no column of orders 'chanel'. Did you mean 'channel'?",
    "{kind: count, of: orders, where: {net_amount: {at_least: 5 USD}}}": "5 USD is not in EUR",
    "{kind: count, of: orders, within: 0 days}": "a window is not empty. As in '30 days'.",
    "{kind: sequence, of: orders.net_amount}": "'orders.net_amount' holds whole numbers. Here stands a column of text.",
    "{kind: count, of: orders, within: 3 days, between: [5 days, 2 days]}": "two windows. Keep one.",
    "{kind: count, of: orders, between: [2 days, 5 days]}": "two lengths, the longer first.",
    "{kind: count, of: campaign_members, within: 5 days}": "campaign_members have no date.",
    "{kind: last, of: identifiers.value}": "identifiers do not say which is the newest.",
    "{kind: first, of: orders.channel, nth: 0}": "'nth' counts from 1",
    "{kind: most_frequent, of: orders.channel, by: coupon}": "'orders.coupon' holds texts.",
    "{kind: share, of: orders}": "a share needs 'part', or a column after 'of'",
    "{kind: share, of: orders.net_amount, part: {channel: web}, out_of: gross_amount}": "'part' stands without",
    "{kind: rate, of: events, out_of: {name: page}, part: {nam: page}}": "no column of events 'nam'.",
    "{kind: quantile, of: orders.net_amount, at: 150 %}": "'at' is a share between 0 and 1",
    "{kind: sequence, of: orders.channel, keep: 50}": "'keep' is between 1 and 10",
    "{kind: days_since, of: orders.order_date}": "Write 'of: orders'.",
    "{kind: days_since, of: last_ordr}": "no attribute 'last_ordr'.",
    "{kind: formula, value: spnd + 1}": "no attribute 'spnd'.",
    "{kind: formula, value: x + 1}": "is defined by itself",
    "{kind: formula, value: 1, unit: money}": "money is in whole minor units: write 'type: integer'",
    "{kind: formula, value: \"regexp_matches('a', 'b')\"}": "may not stand in a formula",
    "{kind: latest_value, of: consents.granted, counting: some}": "'some' is not a choice for 'counting'.",
}


@pytest.mark.parametrize("attribute", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_write(tmp_path: Path, attribute: str) -> None:
    with pytest.raises(ProjectFaults) as caught:
        project(tmp_path, f"  x: {attribute}\n")
    (fault,) = caught.value.faults
    assert MISTAKES[attribute] in str(fault)
    assert str(fault).startswith("attributes/own.yaml:3: ")


def test_days_are_counted_from_a_date_only(tmp_path: Path) -> None:
    with pytest.raises(ProjectFaults, match="'spend' is no date"):
        project(tmp_path, "  spend: {kind: sum, of: orders.net_amount}\n  x: {kind: days_since, of: spend}\n")


class TestTheRetailPack:
    """The profile that every retailer begins with."""

    def test_has_forty_attributes_and_more_with_titles_in_both_languages(self) -> None:
        written = YAML(typ="safe").load(PACK.read_text(encoding="utf-8"))["define"]
        assert len(written) >= 40
        for name, attribute in written.items():
            assert set(attribute["title"]) == {"en", "fr"}, name
            assert all(words[0].isupper() or words[0] == "É" for words in attribute["title"].values()), name

    def test_no_two_attributes_are_called_alike(self, tmp_path: Path) -> None:
        attributes = profiles.columns(project(tmp_path, "  x: {kind: count, of: orders}\n", '["retail"]'))
        for language in ("en", "fr"):
            titles = [subject.title.in_(language) for subject in attributes.values() if subject.title]
            assert len(titles) == len(set(titles))

    def test_gives_the_names_that_rules_and_docs_rely_on(self, tmp_path: Path) -> None:
        found = profiles.columns(project(tmp_path, "  x: {kind: count, of: orders}\n", '["retail"]'))
        kinds_of = {name: (found[name].type, found[name].unit) for name in ("spend_365d", "last_order", "orders_365d")}
        assert kinds_of == {
            "spend_365d": ("integer", "money"),
            "last_order": ("date", ""),
            "orders_365d": ("integer", ""),
        }
        assert {subject.type for subject in found.values()} <= TYPES
        assert {subject.unit for subject in found.values()} == {"", "money", "share", "days"}

    def test_reads_each_table_of_facts_once_for_all_that_is_one_aggregate(self, tmp_path: Path) -> None:
        shop = project(tmp_path, "  x: {kind: count, of: orders}\n", '["retail"]')
        made = plan.make(shop.attributes, [], Moment.of(date(2026, 3, 1)))
        plain = [each for each in made.passes.values() if each.name == each.reads[0]]
        assert len(plain) == len({each.reads[0] for each in plain}) and len(made.passes) <= 18

    def test_a_project_s_own_attribute_takes_the_place_of_ours(self, tmp_path: Path) -> None:
        shop = project(tmp_path, "  orders: {kind: count, of: orders, counting: all}\n", '["retail"]')
        assert shop.attributes["orders"].kind.counting == "all" and len(shop.attributes) >= 40


@pytest.mark.parametrize("table", FACT_TABLES)
def test_every_table_of_facts_speaks_of_people_and_names_its_own_columns(table: str) -> None:
    facts = FACT_TABLES[table]
    columns: dict[str, Any] = dict(subjects(table))
    assert {name for name in (facts.day, facts.time, facts.time_else) if name} <= columns.keys()
    assert "record_id" not in columns
