"""Who is one person by the second: where nothing was said since, what the publication says; the rules say the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours import flow
from parcours.identity.recognised import Rules
from parcours.identity.together import Told, together
from parcours.project import load
from parcours.testing import write_files

TOML = '[project]\nname = "shop"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'
KINDS = ("email", "phone", "login", "cookie", "loyalty_card")
Led = Sequence[tuple[int, int | None, str, bool]]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    folder = write_files(tmp_path_factory.mktemp("together"), {"parcours.toml": TOML})
    return Rules.of(load(folder, flow.kinds()))


owners = st.sampled_from([7, 7, 7, 7, 8, None])
values = st.lists(
    st.tuples(st.integers(1, 6), owners, st.sampled_from(KINDS), st.sampled_from([False, False, False, True])),
    unique_by=lambda each: each[0], max_size=6,
)  # fmt: skip


@given(values, st.integers(1, 6), st.booleans())
def test_a_published_person_is_who_the_rules_say(rules: Rules, led: Led, key: int, by_id: bool) -> None:
    people = {7: (True, 1.0), 8: (True, 2.0)}
    start, person = ([each for each, owner, _, _ in led if owner == 7], 7) if by_id else ([key], None)
    strangers = [(99, 98, "login", True, False, 5.0), (99, 97, "cookie", False, False, 5.0)]  # so that rules are asked
    asked = together(start, Told(strangers, led, people), rules, person=person)
    assert together(start, Told((), led, people), rules, person=person) == asked


def test_a_value_that_nobody_published_founds_a_person_of_its_own(rules: Rules) -> None:
    found = together([5], Told(led=[(1, 7, "email", False)], people={7: (True, 1.0)}), rules)
    assert (found.people, found.keys, found.founder) == ((), {5}, 5)
