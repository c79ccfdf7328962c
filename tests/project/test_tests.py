"""tests/*.yaml: the retailer's own tests are read, and checked like everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from parcours.model.value import Place
from parcours.project import Project
from parcours.project.definitions import PersonExpected, PersonsExpected, SegmentExpected

Faults = Callable[[Mapping[str, str]], list[str]]
Loaded = Callable[[Mapping[str, str]], Project]

DEFINITIONS = {
    "attributes/a.yaml": "attributes: a\ndefine:\n  orders: {kind: counted, of: orders}\n",
    "segments/vip.yaml": "segment: vip\nwho: {orders: {at_least: 2}}\n",
}


def test_a_test_is_read_with_its_rows_and_expectations(loaded: Loaded) -> None:
    project = loaded({
        **DEFINITIONS,
        "tests/vip.yaml": """\
            test: two orders make a VIP
            as_of: 2026-03-01
            given:
              orders:
                - {email: ann@example.com, order_time: 2025-11-03 10:00, net_amount: 520 EUR}
                - {email: ann@example.com, order_time: 2025-11-04 10:00}
            expect:
              - person: ann@example.com
                attributes: {orders: 2}
                in: vip
              - {segment: vip, people: 1}
              - persons: 1
            """,
    })  # fmt: skip
    test = project.tests["two orders make a VIP"]
    assert test.as_of == date(2026, 3, 1)
    (given,) = test.given
    assert (given.table, given.lines) == ("orders", (5, 6))
    assert given.rows[0] == {
        "email": "ann@example.com", "order_time": "2025-11-03 10:00", "net_amount": "520 EUR",
    }  # fmt: skip
    place = "tests/vip.yaml"
    assert test.expected == (
        PersonExpected(person="ann@example.com", attributes={"orders": 2}, in_segments=("vip",), place=Place(place, 8)),
        SegmentExpected(segment="vip", people=1, place=Place(place, 11)),
        PersonsExpected(persons=1, place=Place(place, 12)),
    )


def test_each_mistake_of_a_test_is_told_at_its_line(faults: Faults) -> None:
    assert faults({
        **DEFINITIONS,
        "tests/a.yaml": """\
            test: something
            given:
              ordres: []
              orders:
                - {emial: ann@example.com}
                - {email: [1, 2]}
              events: 3
            expect:
              - person: ann@example.com
                attribute: {orders: 2}
              - {segment: vip}
              - {persons: many}
              - nonsense
            """,
        "tests/b.yaml": """\
            test: something else
            expect:
              - {person: ann, attributes: {ordrs: 1}, in: [vpi]}
              - {segment: vpi, people: 1}
            """,
        "tests/c.yaml": "test:\n",
    }) == [
        "tests/a.yaml:3: no table 'ordres'. Did you mean 'orders'?",
        "tests/a.yaml:5: no column 'orders.emial'. Did you mean 'email'?",
        "tests/a.yaml:6: 'email' must be one value.",
        "tests/a.yaml:7: 'events' must be a list of rows. As in '- {email: ann@example.com, ...}'.",
        "tests/a.yaml:10: no setting 'attribute'. Did you mean 'attributes'?",
        "tests/a.yaml:11: 'people' is missing. How many people are in it.",
        "tests/a.yaml:12: 'persons' must be a whole number, not 'many'.",
        "tests/a.yaml:13: an expectation speaks of one person, one segment or the number of persons. "
        "Begin with 'person', 'segment' or 'persons'.",
        "tests/b.yaml:3: no attribute 'ordrs'. Did you mean 'orders'?",
        "tests/b.yaml:3: no segment 'vpi'. Did you mean 'vip'?",
        "tests/b.yaml:4: no segment 'vpi'. Did you mean 'vip'?",
        "tests/c.yaml:1: 'expect' must list what must be true. As in '- {persons: 2}'.",
        "tests/c.yaml:1: 'test' is missing. Its first line says what must be true: 'test: a sentence'.",
    ]  # fmt: skip


def test_rows_need_a_day(faults: Faults) -> None:
    assert faults({
        "tests/a.yaml": "test: x\ngiven:\n  orders:\n    - {email: a@b.fr}\nexpect:\n  - persons: 1\n"
    }) == [
        "tests/a.yaml:1: 'as_of' is missing. A test that gives its rows says the day: 'as_of: 2026-03-01'."
    ]  # fmt: skip
