"""Segment sheets, levers and priorities: counted by hand from a shop of six customers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from parcours import flow
from parcours.engine import Warehouse, open_engine
from parcours.engine.types import schema
from parcours.measurement import priorities, sheets
from parcours.measurement.priorities import Overruling, Standing
from parcours.measurement.sheets import SheetFigures
from parcours.model import CONTRACTS
from parcours.project import load
from parcours.project.faults import ProjectFaults
from parcours.testing import write_files
from parcours.web import sheets as pages

from .shop import order

Row = dict[str, Any]
AS_OF = date(2026, 3, 31)
TOML = """
    [project]
    name = "tiny"
    title = {en = "The tiny shop", fr = "La petite boutique"}
    currency = "EUR"
    zone = "Europe/Paris"
    [segments]
    packs = []
    [scores]
    packs = []
    """
# One to three are in d1 and buy much; four to six are in d2.
ORDERS = [
    *(order(n, n, "2026-01-10", "store", 10_000) for n in (1, 2, 3)),
    *(order(10 + n, n, "2026-02-10", "web", 20_000) for n in (1, 2, 3)),
    *(order(20 + n, n, "2025-12-10", "store", 2_000) for n in (4, 5, 6)),
    order(31, 1, "2024-05-01", "store", 30_000),
    order(32, 4, "2024-04-02", "store", 1_000),
]
PROFILES = [
    {"person_id": n, "orders": 2 if n < 4 else 1, "orders_365d": 2 if n < 4 else 1, "omnichannel": n < 4,
     "average_basket": 15_000 if n < 4 else 2_000, "spend_365d": 30_000 if n < 4 else 2_000}
    for n in range(1, 7)
]  # fmt: skip
LINES = [
    {"row_id": n, "record_id": n, "product_id": "tea" if n < 4 else "mug", "order_date": date(2026, 1, 10),
     "status": "completed", "kind": "sale", "net_amount": 1_000}
    for n in range(1, 7)
]  # fmt: skip
STAGES = [
    {"person_id": n, "rfm_r": 1, "rfm_f": 1, "rfm_m": 1, "life_cycle": "loyal" if n < 6 else "cooling",
     "rhythm_days": 30.0}
    for n in range(1, 7)
]  # fmt: skip


def segment(name: str, people: int, rule: Row, **more: Any) -> Row:
    return {"segment": name, "at": AS_OF, "born": AS_OF, "people": people, "share": 0.5, "rule": json.dumps(rule),
            "rule_people": people, "caught": 1.0, "right": 1.0, "centre": json.dumps({"spend_365d": 1.0}),
            **more}  # fmt: skip


TABLES: dict[str, list[Row]] = {
    "orders": ORDERS,
    "order_lines": LINES,
    "products": [{"product_id": "tea", "category_1": "Tea"}, {"product_id": "mug", "category_1": "China"}],
    "profiles": PROFILES,
    "stages": STAGES,
    "record_persons": [{"record_id": n, "person_id": n} for n in range(1, 7)],
    "discovered_segments": [
        segment("d1", 3, {"orders": {"at_least": 2}}, title=json.dumps({"en": "Regulars", "fr": "Habitués"})),
        segment("d2", 3, {"any": [{"orders": 1}, {"spend_365d": {"at_most": "20 EUR"}}]}),
    ],
    "discovered_members": [
        {"person_id": n, "segment": "d1" if n < 4 else "d2", "by_rule": "d1", "fit": 0.5} for n in range(1, 7)
    ],
    "discovered_moves": [
        {"before": "d2", "after": "d1", "people": 1, "redrawn": 0, "since": date(2026, 2, 28), "at": AS_OF},
        {"before": "d1", "after": "d1", "people": 2, "redrawn": 0, "since": date(2026, 2, 28), "at": AS_OF},
    ],
    "survey_answers": [
        {"row_id": n, "record_id": n, "survey_id": "nps", "question": "Would you recommend us?",
         "score": score, "at": datetime(2026, 1, 1)}
        for n, score in enumerate((10.0, 9.0, 3.0, 2.0), start=1)
    ],
}  # fmt: skip

Count = Callable[..., list[SheetFigures]]


@pytest.fixture
def count(tmp_path: Path) -> Iterator[Count]:
    engine = open_engine(temporary=tmp_path / "temporary")

    def counted(*, files: dict[str, str] | None = None, **tables: list[Row]) -> list[SheetFigures]:
        shop = load(write_files(tmp_path / "shop", {"parcours.toml": TOML, **(files or {})}), flow.kinds())
        with Warehouse(tmp_path / "warehouse", engine).draft(now=datetime(2026, 4, 1, tzinfo=UTC)) as draft:
            for name, rows in {**TABLES, **tables}.items():
                draft.put(name, lambda name=name, rows=rows: arrow(name, rows), settings=repr(rows))
            draft.publish({"as_of": AS_OF.isoformat()})
        version = Warehouse(tmp_path / "warehouse", engine).current()
        assert version is not None
        with version:
            return sheets.figures(version, shop)

    yield counted
    engine.close()


def arrow(table: str, rows: list[Row]) -> pa.Table:
    if table == "profiles":
        return pa.Table.from_pylist(rows)
    columns = CONTRACTS[table].columns
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema(columns))


def test_a_segment_weighs_what_its_people_bought(count: Count) -> None:
    one, two = count()
    assert (one.people, one.base_people, one.revenue.now, one.base_revenue) == (3, 6, 90_000, 96_000)
    assert one.weight == 0.5 and one.revenue_weight == pytest.approx(0.9375)
    assert (one.revenue.before, two.revenue.before) == (30_000, 1_000)  # known since the first days of that year


def test_what_sets_it_apart_is_told_in_times_the_base(count: Count) -> None:
    one, two = count()
    assert {trait.name: trait.index for trait in one.more}["omnichannel"] == 2
    spend = next(trait for trait in two.less if trait.name == "spend_365d")
    assert (spend.value, spend.base, spend.index) == (2_000, 16_000, 0.125)


def test_channels_tastes_and_life_stand_beside_the_base(count: Count) -> None:
    one, two = count()
    assert [(part.code, part.share) for part in one.channels] == [("store", 0.5), ("web", 0.5)]
    assert [(part.code, part.share, part.index) for part in one.tastes] == [("Tea", 1, 2)]
    assert {part.code: part.count for part in two.life} == {"loyal": 2, "cooling": 1}


def test_key_figures_are_those_of_the_year(count: Count) -> None:
    told = {kpi.code: (kpi.value, kpi.base) for kpi in count()[0].kpis}
    assert told["repeat"] == (1, 0.5) and told["basket"] == (15_000, pytest.approx(96_000 / 9))
    assert told["nps"] == (pytest.approx(1 / 3), 0)  # two promoters and one detractor; two and two in all
    assert "conversion" not in told  # nobody's visits are known


def test_conversion_is_of_those_who_visited_in_the_last_ninety_days(count: Count) -> None:
    seen = {1: "2026-03-01", 2: "2026-01-02", 4: "2026-02-01", 5: "2026-03-30", 6: "2025-12-31"}
    visits = [
        {"row_id": n, "record_id": n, "event_date": date.fromisoformat(day), "name": "page_viewed"}
        for n, day in seen.items()
    ]
    one, two = ({kpi.code: (kpi.value, kpi.base) for kpi in sheet.kpis} for sheet in count(events=visits))
    # one and two came and bought in February; four and five came and last bought in December; six came too long ago
    assert one["conversion"] == (1.0, 0.5) and two["conversion"] == (0.0, 0.5)
    assert all("conversion" not in {kpi.code for kpi in sheet.kpis} for sheet in count())


def test_moves_are_told_by_where_people_came_from(count: Count) -> None:
    one, two = count()
    assert [(flow.other, flow.people) for flow in one.entered] == [("d2", 1)] and one.left == ()
    assert [flow.people for flow in two.left] == [1]
    assert one.moved_since == date(2026, 2, 28)


def test_the_rules_are_told_in_both_languages(count: Count) -> None:
    one, two = count()
    assert [way.in_("en") for way in one.ways] == ["Orders is at least 2"] and len(two.ways) == 2
    assert "est d'au moins 2" in one.ways[0].in_("fr")


def test_a_lever_shows_the_money_and_its_sum(count: Count) -> None:
    second = {lever.name: lever for lever in count()[1].levers}["second_order"]
    assert (second.people, second.reach, second.each, second.money) == (3, 0.05, 2_000, pytest.approx(300))


def test_what_others_spend_more_is_the_gain_of_being_like_them(count: Count) -> None:
    cross = {lever.name: lever for lever in count()[1].levers}["cross_channel"]
    assert (cross.people, cross.each) == (3, 28_000)  # 300 EUR where they buy in both, 20 EUR where not


def test_raising_goes_up_to_the_segment_s_better_part(count: Count) -> None:
    profiles = [{**row, "orders_365d": n + 1} for n, row in enumerate(PROFILES)]
    found = {lever.name: lever for lever in count(profiles=profiles)[0].levers}["frequency"]
    # of 1, 2 and 3 orders the upper quarter begins at 2.5: only who has 2 is at least at 2 and below it
    assert (found.people, found.each) == (1, pytest.approx(0.5 * 15_000))


def test_a_project_adds_a_lever_and_a_wrong_one_is_told(count: Count, tmp_path: Path) -> None:
    own = "levers:\n  call: {title: Call them, who: {orders: 1}, reach: 50 %, gain: {add: average_basket}}\n"
    assert {lever.name: lever.money for lever in count(files={"levers.yaml": own})[1].levers}["call"] == 3_000
    wrong = "levers:\n  call: {title: Call, who: {ordrs: 1}, gain: {add: average_basket}}\n"
    with pytest.raises(ProjectFaults, match=r"levers.yaml:2: no attribute 'ordrs'. Did you mean 'orders'"):
        count(files={"levers.yaml": wrong})
    (tmp_path / "shop" / "levers.yaml").write_text("levers:\n  x: {title: X, who: {orders: 1}, gain: {}}\n")
    with pytest.raises(ProjectFaults, match="one of add, raise and like"):
        load(tmp_path / "shop", flow.kinds())


def test_priorities_show_the_sum_behind_them() -> None:
    standings = [Standing("top", 100, 1_000_000, 0), Standing("many", 1_000, 1_000_000, 10_000),
                 Standing("tired", 200, 300_000, 250_000), Standing("few", 50, 20_000, 0)]  # fmt: skip
    found = priorities.priorities(standings, {})
    # per head: few 400, many 1 000, tired 1 500, top 10 000
    assert found["many"].next_segment == "tired" and found["many"].potential == pytest.approx(1_000 * 0.1 * 500)
    assert found["tired"].potential == pytest.approx(200 * 0.1 * 8_500) and found["top"].potential == 0
    assert {name: one.priority for name, one in found.items()} == {
        "top": "secure", "many": "secure", "tired": "secure", "few": "leave"}  # fmt: skip
    calm = [replace(one, late=0) for one in standings]
    assert priorities.priorities(calm, {})["tired"].priority == "grow"


def test_the_owner_may_overrule_with_a_reason(count: Count) -> None:
    said = "priorities:\n  d2: {priority: grow, because: The new shop opens there., by: Ann}\n"
    found = count(files={"priorities.yaml": said})[1].priority
    assert found is not None and (found.priority, found.because, found.by) == (
        "grow",
        "The new shop opens there.",
        "Ann",
    )
    assert (
        priorities.priorities([Standing("d2", 1, 1, 0)], {"d2": Overruling(priority="leave", because="x")})[
            "d2"
        ].computed
        in priorities.PRIORITIES
    )
    with pytest.raises(ProjectFaults, match=r"priorities\.yaml:2"):
        count(files={"priorities.yaml": "priorities:\n  d2: {priority: grov, because: x}\n"})


@pytest.mark.parametrize(("language", "words"), [("en", "What can be done"), ("fr", "Ce qu\u2019on peut faire")])
def test_a_sheet_is_one_page_that_asks_nothing_of_anybody(
    count: Count, tmp_path: Path, language: str, words: str
) -> None:
    found = count()
    files = pages.write(found, tmp_path / "sheets", language, pdf=False).files
    assert [file.name for file in files] == ["index.html", "d1.html", "d2.html"]
    page = files[1].read_text(encoding="utf-8")
    assert words in page and {"en": "Regulars", "fr": "Habitués"}[language] in page
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page and 'style="' not in page
    assert pages.name_of(found[1], "en") == "Spend a lot"


def test_pages_without_a_browser_to_print_them_say_so(
    count: Count, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BROWSERS", ("no-such-browser",))
    written = pages.write(count(), tmp_path / "sheets")
    assert written.browser is None
    assert [file.name for file in written.unprinted] == ["d1.html", "d2.html"]


@pytest.mark.skipif(not any(map(shutil.which, pages.BROWSERS)), reason="no browser to print with")
def test_a_browser_prints_each_sheet_on_one_page(count: Count, tmp_path: Path) -> None:
    written = pages.write(count()[:1], tmp_path / "sheets")
    assert [file.name for file in written.files] == ["index.html", "d1.html", "d1.pdf"]
    printed = (tmp_path / "sheets" / "d1.pdf").read_bytes()
    assert printed.startswith(b"%PDF") and printed.count(b"/Type /Page\n") == 1


def test_the_words_of_sheets_are_the_same_in_both_languages() -> None:
    english, french = (pages._words(language).sentences for language in ("en", "fr"))
    assert set(english) == set(french)


def test_nothing_discovered_is_no_sheet(count: Count) -> None:
    assert count(discovered_segments=[], discovered_members=[]) == []
