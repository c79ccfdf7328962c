"""A whole project: everything is checked against everything, and all faults are told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from parcours.model.value import Duration, Place, Title
from parcours.project import Project, ProjectFaults, find, load
from parcours.rules.rule import Compare

Faults = Callable[[Mapping[str, str]], list[str]]
Kinds = Mapping[str, Mapping[str, type]]
Loaded = Callable[[Mapping[str, str]], Project]

ORDERS = """\
    attributes: mine
    define:
      last_order: {kind: counted, of: orders}
      orders_365d: {kind: counted, of: orders, within: 365 days, title: {en: Orders, fr: Commandes}}
"""


def test_a_folder_without_a_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectFaults) as wrong:
        load(tmp_path, {})
    assert str(wrong.value) == (
        "parcours.toml:1: there is no such file, so this is not a project. "
        "Go into a project's folder, or make one: 'parcours new my_shop'."
    )


def test_the_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / "parcours.toml").touch()
    (tmp_path / "data" / "till").mkdir(parents=True)
    assert find(tmp_path / "data" / "till") == tmp_path
    assert find(tmp_path.parent) is None


def test_an_empty_project_has_our_defaults(loaded: Loaded) -> None:
    project = loaded({"parcours.toml": ""})
    assert (project.currency, project.zone, project.country, project.as_of) == ("EUR", "Europe/Paris", "FR", "today")
    assert project.name == project.folder.name
    assert project.warehouse == project.folder / "warehouse"
    assert project.rates == {"EUR": 1.0}


def test_an_attribute_is_read_with_its_kind_and_title(loaded: Loaded) -> None:
    project = loaded({"attributes/mine.yaml": ORDERS})
    attribute = project.attributes["orders_365d"]
    assert attribute.kind_name == "counted"
    assert attribute.kind.within == Duration(365 * 86400)
    assert attribute.title == Title({"en": "Orders", "fr": "Commandes"})
    assert attribute.place == Place("attributes/mine.yaml", 4)


def test_a_segment_is_read_with_its_rule(loaded: Loaded) -> None:
    project = loaded({
        "attributes/mine.yaml": ORDERS,
        "segments/loyal.yaml": """\
            segment: loyal
            title: {en: Loyal, fr: Fidèles}
            who:
              orders_365d: {at_least: 4}
            """,
    })  # fmt: skip
    assert project.segments["loyal"].who == Compare("orders_365d", "at_least", 4)


def test_an_attribute_that_is_not_there_is_told_with_the_nearest_name(faults: Faults) -> None:
    assert faults({
        "attributes/mine.yaml": ORDERS,
        "segments/vip.yaml": """\
            segment: vip
            title: {en: Our best, fr: Nos meilleurs}
            who:
              all:
                - orders_365d: {at_least: 4}
                - last_ordr: {at_least: 1}
            """,
    }) == ["segments/vip.yaml:6: no attribute 'last_ordr'. Did you mean 'last_order'?"]  # fmt: skip


def test_all_faults_of_all_files_are_told_at_once_in_their_order(faults: Faults) -> None:
    assert faults({
        "parcours.toml": """\
            [project]
            zone = "Europe/Pari"
            colour = "red"
            """,
        "sources/till.yaml": """\
            source: till
            kind: export
            """,
        "attributes/mine.yaml": """\
            attributes: mine
            define:
              a: {kind: counted, of: order}
              b: {kind: counted, off: orders}
              B: {kind: counted, of: orders}
              c: {kind: counted, of: orders}
            """,
        "segments/vip.yaml": """\
            segment: vip
            who: {a: {at_least: 1}, b: {at_least: 1}}
            """,
        "segments/vip2.yaml": """\
            segment: vip2
            who: {c: {at_least: many}}
            """,
    }) == [
        "attributes/mine.yaml:3: no table 'order'. Did you mean 'orders'?",
        "attributes/mine.yaml:4: 'of' is missing. The table.",
        "attributes/mine.yaml:4: no setting 'off'. Did you mean 'of'?",
        "attributes/mine.yaml:5: 'B' is not a name. Use small letters, digits and '_', as in 'my_best'.",
        "parcours.toml:2: no time zone 'Europe/Pari'. Did you mean 'Europe/Paris'?",
        "parcours.toml:3: no setting 'colour'. Did you mean 'country'?",
        "segments/vip2.yaml:2: c: 'many' is compared with a number: write 5, '500 EUR', '20 %' or '90 days'.",
        "sources/till.yaml:2: no kind of source 'export'. Did you mean 'exports'?",
    ]  # fmt: skip


def test_two_definitions_of_one_name_are_told(faults: Faults) -> None:
    assert faults({
        "attributes/a.yaml": "attributes: a\ndefine:\n  x: {kind: counted, of: orders}\n",
        "attributes/b.yaml": "attributes: b\ndefine:\n  x: {kind: counted, of: orders}\n",
    }) == [
        "attributes/b.yaml:3: a second attribute is called 'x'. It is defined in attributes/a.yaml:3 already."
    ]  # fmt: skip


def test_segments_that_define_each_other_are_told(faults: Faults) -> None:
    assert faults({
        "segments/a.yaml": "segment: a\nwho: {in_segment: b}\n",
        "segments/b.yaml": "segment: b\nwho: {in_segment: c}\n",
        "segments/c.yaml": "segment: c\nwho: {not: {in_segment: a}}\n",
        "segments/d.yaml": "segment: d\nwho: {in_segment: d}\n",
    }) == [
        "segments/a.yaml:1: segment 'a' is defined by itself: a -> b -> c -> a. Break the circle.",
        "segments/d.yaml:1: segment 'd' is defined by itself: d -> d. Break the circle.",
    ]  # fmt: skip


def test_a_segment_that_is_not_there_is_told(faults: Faults) -> None:
    assert faults({"segments/a.yaml": "segment: a\nwho: {in_segment: vips}\n",
                   "segments/b.yaml": "segment: vip\nwho: {in_segment: vip2}\n"}) == [
        "segments/a.yaml:2: no segment 'vips'. Did you mean 'vip'?",
        "segments/b.yaml:2: no segment 'vip2'. Did you mean 'vip'?",
    ]  # fmt: skip


def test_a_pack_of_segments_defines_many(loaded: Loaded) -> None:
    project = loaded({
        "attributes/mine.yaml": ORDERS,
        "segments/pack.yaml": """\
            segments: grid
            define:
              few: {group: grid, who: {orders_365d: {less_than: 3}}}
              many: {group: grid, who: {orders_365d: {at_least: 3}}}
            """,
    })  # fmt: skip
    assert list(project.segments) == ["few", "many"]
    assert project.segments["many"].group == "grid"


def test_a_project_takes_the_place_of_a_definition_that_we_ship(
    write: Callable[..., Path], kinds: Kinds, tmp_path: Path
) -> None:
    pack = tmp_path / "retail_pack.yaml"
    folder = write({
        "parcours.toml": "[segments]\npacks = []\n",
        "attributes/mine.yaml": "attributes: mine\ndefine:\n  orders: {kind: counted, of: order_lines}\n",
    })  # fmt: skip
    pack.write_text("attributes: retail\ndefine:\n  orders: {kind: counted, of: orders}\n"
                    "  visits: {kind: counted, of: events}\n")  # fmt: skip
    project = load(folder, {**kinds, "attribute_pack": {"retail": pack}})
    assert project.attributes["orders"].kind.of == "order_lines"
    assert not project.attributes["orders"].built_in
    assert project.attributes["visits"].built_in


def test_an_unknown_pack_is_told(faults: Faults) -> None:
    assert faults({"parcours.toml": "[segments]\npacks = ['rfmm']\n"}) == [
        "parcours.toml:2: no pack of segments 'rfmm'."
    ]


def test_a_folder_whose_name_is_nearly_right_is_told(faults: Faults) -> None:
    assert faults({"segment/vip.yaml": "segment: vip\n"}) == [
        "segment:1: no folder 'segment' is read. Did you mean 'segments'?"
    ]


def test_an_audience_must_name_a_segment_and_columns_that_exist(faults: Faults) -> None:
    assert faults({
        "attributes/mine.yaml": ORDERS,
        "segments/vip.yaml": "segment: vip\nwho: {orders_365d: {at_least: 2}}\n",
        "audiences/mail.yaml": """\
            audience: mail
            segment: vips
            format: xlsx
            columns: [email, {a: b}, orders_365, first_name, email]
            path: ../out.csv
            """,
        "audiences/other.yaml": "audience: other\nsegment: vips\ncolumns: {adresse: emial, n: orders_365}\n",
    }) == [
        "audiences/mail.yaml:3: 'xlsx' is not a choice for 'format'. Choose 'csv', 'jsonl' or 'parquet'.",
        "audiences/mail.yaml:4: a column is named by one word. "
        "As in '[email, first_name, spend_365d]' or '{prenom: first_name}'.",
        "audiences/mail.yaml:4: column 'email' is written twice. Name it once.",
        "audiences/mail.yaml:5: '../out.csv' leaves the project's folder. Name a path inside it.",
        "audiences/other.yaml:1: no segment 'vips'. Did you mean 'vip'?",
        "audiences/other.yaml:3: no attribute 'emial'. Did you mean 'email'?",
        "audiences/other.yaml:3: no attribute 'orders_365'. Did you mean 'orders_365d'?",
    ]  # fmt: skip


_WORDS = st.sampled_from(
    ["source", "kind", "tables", "columns", "key", "attributes", "define", "segment", "who", "all", "any", "not", "did",
     "exports", "counted", "orders", "order_id", "from", "=", "value", "given", "expect", "person", "test",
     "in_segment",
     "x", "identifiers", "email", "= a + b", "= (", "12 days", "5 EUR", "", "a" * 200, "sequence", "where", "path"]
)  # fmt: skip
_SCALARS = _WORDS | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5) | st.dates()
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["sources", "attributes", "segments", "audiences", "tests", "identity"]),
    st.dictionaries(_WORDS, _TREES, max_size=6),
)
def test_no_tree_of_words_whatever_gives_a_traceback(
    write: Callable[..., Path], kinds: Kinds, kind: str, tree: dict[str, Any]
) -> None:
    text = StringIO()
    first = {kind.rstrip("s"): "x"} if kind != "identity" else {}
    YAML(typ="safe", pure=True).dump({**first, **tree}, text)
    folder = write({"identity.yaml" if kind == "identity" else f"{kind}/a.yaml": text.getvalue()})
    try:
        load(folder, kinds)
    except ProjectFaults as wrong:
        assert wrong.faults
    finally:
        (folder / ("identity.yaml" if kind == "identity" else f"{kind}/a.yaml")).unlink()
