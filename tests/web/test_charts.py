from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from parcours.web import charts

SVG = "{http://www.w3.org/2000/svg}"


def drawn(markup: str) -> ElementTree.Element:
    """A chart as a tree: it must be well formed to be read at all."""
    return ElementTree.fromstring(f"<div>{markup}</div>")


def points(markup: str, shape: str) -> list[list[tuple[float, float]]]:
    """The corners of each line (`polyline`) or area (`polygon`)."""
    return [
        [tuple(map(float, pair.split(","))) for pair in one.get("points", "").split()]  # type: ignore[misc]
        for one in drawn(markup).iter(shape)
    ]


AXIS = charts.Axis(("Jan", "Feb", "Mar"), lambda value: f"{value:g}")


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, (0, 1)),
        (1, (0, 0.25, 0.5, 0.75, 1)),
        (7, (0, 2, 4, 6, 8)),
        (100, (0, 25, 50, 75, 100)),
        (101, (0, 50, 100, 150)),
        (178_900, (0, 50_000, 100_000, 150_000, 200_000)),
    ],
)
def test_marks_are_round_and_reach_over_the_highest_value(highest: float, marks: tuple[float, ...]) -> None:
    assert charts.ticks(highest) == pytest.approx(marks)


def test_a_bar_is_as_wide_as_its_share() -> None:
    track, filled = drawn(charts.bar(0.25, "a quarter")).iter("rect")
    assert (track.get("width"), filled.get("width")) == ("100%", "25%")


def test_a_bar_of_something_is_never_invisible_and_of_nothing_always() -> None:
    assert [list(drawn(charts.bar(part, "")).iter("rect"))[1].get("width") for part in (0.0001, 0, 7)] == [
        "0.4%",
        "0%",
        "100%",
    ]


def test_bars_are_a_table_with_a_name_for_each_row_and_column() -> None:
    table = drawn(charts.bars("By channel", ["Channel", "Sales"], [charts.Bar("Web", 0.5, ("12",))]))
    assert table.findtext(".//caption") == "By channel"
    assert [cell.get("scope") for cell in table.iter("th")] == ["col", "col", "row"]
    assert table.findtext(".//td") == "12"
    assert table.findtext(".//title") == "Web: 12"


def test_the_parts_of_a_split_lie_one_after_the_other() -> None:
    cuts = list(drawn(charts.split("Whole", [("once", "64%", 0.64), ("again", "36%", 0.36)])).iter("rect"))
    assert [(cut.get("x"), cut.get("width")) for cut in cuts] == [("0%", "64%"), ("64%", "36%")]


def test_a_line_goes_through_its_values() -> None:
    (line,) = points(charts.lines("Sales", [charts.Series("now", (0, 50, 100))], AXIS), "polyline")
    assert line == [(0, 200), (50, 100), (100, 0)]  # the drawing is 200 high, and the highest mark is 100


def test_a_line_has_a_band_only_when_it_is_uncertain() -> None:
    sure = charts.lines("Sales", [charts.Series("now", (1, 2, 3))], AXIS)
    unsure = charts.lines("Sales", [charts.Series("now", (1, 2, 3), low=(0, 1, 2), high=(2, 3, 4))], AXIS)
    assert points(sure, "polygon") == []
    assert points(unsure, "polygon") == [[(0, 100), (50, 50), (100, 0), (100, 100), (50, 150), (0, 200)]]


def test_lines_differ_by_their_dash_and_not_by_colour_alone() -> None:
    markup = charts.lines("Sales", [charts.Series("now", (1, 2, 3)), charts.Series("before", (3, 2, 1))], AXIS)
    assert [line.get("class") for line in drawn(markup).iter("polyline")] == ["line line-1", "line line-2"]


def test_areas_stand_on_one_another() -> None:
    series = [charts.Series("store", (50, 50, 50)), charts.Series("web", (0, 25, 50))]
    lower, upper = points(charts.stacked("Sales", series, AXIS), "polygon")
    assert lower == [(0, 100), (50, 100), (100, 100), (100, 200), (50, 200), (0, 200)]
    assert upper == [(0, 100), (50, 50), (100, 0), (100, 100), (50, 100), (0, 100)]


def test_a_month_of_more_returns_than_sales_touches_the_ground() -> None:
    (area,) = points(charts.stacked("Sales", [charts.Series("store", (100, -40, 100))], AXIS), "polygon")
    assert area[:3] == [(0, 0), (50, 200), (100, 0)]


def test_names_at_the_ends_of_lines_never_cover_one_another() -> None:
    series = [charts.Series(name, (5, 5, height)) for name, height in (("a", 100), ("b", 99), ("c", 98), ("d", 0))]
    names = [text for text in drawn(charts.lines("x", series, AXIS)).iter("text") if text.get("class") == "name"]
    heights = sorted(float(name.get("y", "0")) for name in names)
    assert all(below - above >= 18 for above, below in pairwise(heights))
    assert heights[0] >= 10
    assert heights[-1] <= 210


def test_the_newest_month_is_always_labelled() -> None:
    axis = charts.Axis(tuple(f"m{n}" for n in range(24)), str, every=3)
    markup = charts.lines("x", [charts.Series("now", tuple(range(24)))], axis)
    labels = re.findall(r">(m\d+)<", markup)
    assert labels == ["m2", "m5", "m8", "m11", "m14", "m17", "m20", "m23"]


def test_five_series_are_too_many_to_tell_apart() -> None:
    five = [charts.Series(str(n), (1, 2, 3)) for n in range(5)]
    for chart in (charts.lines, charts.stacked):
        with pytest.raises(ValueError, match="at most 4"):
            chart("x", five, AXIS)
    with pytest.raises(ValueError, match="at most 4"):
        charts.split("x", [("", "", 0.2)] * 5)


def test_a_small_line_needs_two_months_and_ends_in_a_dot() -> None:
    assert charts.sparkline("x", [3]) == ""
    (line,) = points(charts.sparkline("x", [0, 28], height=34), "polyline")
    assert line == [(0, 28), (100, 0)]


def test_a_funnel_narrows_to_the_next_step() -> None:
    rungs = [charts.Rung("all", 200, "200"), charts.Rung("two", 100, "100")]
    first, second = points(charts.funnel("Orders", rungs), "polygon")
    assert {x for x, _ in first} == {0, 100, 25, 75}
    assert {x for x, _ in second} == {25, 75}


def test_a_funnel_of_nobody_is_drawn_all_the_same() -> None:
    (empty,) = points(charts.funnel("Orders", [charts.Rung("all", 0, "0")]), "polygon")
    assert {x for x, _ in empty} == {50}


def test_a_cell_is_as_dark_as_its_value_and_an_impossible_one_is_empty() -> None:
    row = charts.HeatRow("Jan", (charts.HeatCell("5%", 0.0), charts.HeatCell("50%", 0.5, "note"), None), "4,000")
    table = drawn(charts.heat("Cohorts", ("Month", "Size"), ["+1", "+2", "+3"], [row]))
    cells = list(table.iter("td"))
    assert [cell.get("class") for cell in cells] == ["note", "heat-0", "heat-4", "void"]
    assert [cell.text for cell in cells] == ["4,000", "5%", "50%", None]


def test_what_a_retailer_writes_is_text_and_never_markup() -> None:
    for markup in (
        charts.bars("<b>", ["<i>"], [charts.Bar("<script>", 1, ("&",), note="<u>")]),
        charts.lines("<b>", [charts.Series("<script>", (1, 2, 3))], AXIS),
        charts.heat("<b>", ("<i>",), ["<u>"], [charts.HeatRow("<script>", (charts.HeatCell("<s>", 1),))]),
        charts.funnel("<b>", [charts.Rung("<script>", 1, "<s>", "<u>")]),
    ):
        assert "<script>" not in markup
        assert "&lt;script&gt;" in markup
        drawn(markup)
