"""A rule that is read for many rows of one moment says of each what it says of one row alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parcours.model.value import Duration
from parcours.rules.for_person import holds_for_row, row_test
from parcours.rules.moment import Moment
from parcours.rules.rule import AllOf, AnyOf, Compare, Not, Rule

MOMENT = Moment.of(datetime(2026, 3, 10, 12, tzinfo=UTC), "Europe/Paris")
RULES: list[Rule] = [
    Compare("name", "is", "seen"), Compare("name", "starts_with", "se"), Compare("name", "known", False),
    Compare("many", "at_least", 2), Compare("many", "is_not", 3), Compare("day", "not_in_the_future", True),
    Compare("day", "within", Duration.parse("7 days")), Compare("at", "within", Duration.parse("36 hours")),
    AnyOf((Compare("day", "known", False), Compare("day", "not_in_the_future", True))),
    Not(Compare("many", "less_than", 2)),
]  # fmt: skip
rules = st.one_of(
    st.sampled_from(RULES), st.lists(st.sampled_from(RULES), max_size=4).map(lambda all_: AllOf(tuple(all_)))
)
rows = st.fixed_dictionaries({
    "name": st.sampled_from([None, "seen", "search", "left"]), "many": st.sampled_from([None, 1, 2, 2.5, 3]),
    "day": st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 12)),
    "at": st.none() | st.datetimes(datetime(2026, 3, 8), datetime(2026, 3, 11)),
})  # fmt: skip


@given(rules, st.lists(rows, max_size=8))
def test_many_rows_are_judged_as_each_alone(rule: Rule, rows: list[dict[str, Any]]) -> None:
    test = row_test(rule, MOMENT)
    assert [test(row) for row in rows] == [holds_for_row(rule, row, MOMENT) for row in rows]
