"""Only records that agree on something rare enough are compared."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from parcours.engine.duckdb import DuckDB
from parcours.identity import blocking, cleaning


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    engine = DuckDB(memory="500MB")
    yield engine
    engine.close()


def prepared(engine: DuckDB, **columns: list[str | None]) -> int:
    rows = len(next(iter(columns.values())))
    cleaning.prepare(engine, pa.table({"record_id": [10 * n for n in range(rows)], **columns}))
    return rows


def pairs(engine: DuckDB) -> set[tuple[int, int]]:
    rows = engine.rows("SELECT join_key_l, join_key_r FROM candidates")
    found = [(row["join_key_l"], row["join_key_r"]) for row in rows]
    assert len(found) == len(set(found))
    return set(found)


def test_records_that_agree_on_a_key_are_a_pair_once(engine: DuckDB) -> None:
    rows = prepared(engine, email=["a@x.fr", "A@x.fr ", None, "b@x.fr"], phone=["+331", "331", "332", "332"])
    blocking.candidates(engine, ["email", "phone"], records=rows, chosen=[("email",), ("phone",)], most=100)
    assert pairs(engine) == {(0, 1), (2, 3)}


def test_crossed_names_are_a_pair(engine: DuckDB) -> None:
    rows = prepared(engine, first_name=["Paul", "Martin", "Paul"], last_name=["Martin", "Paul", "Petit"])
    blocking.candidates(engine, ["first_name", "last_name"], records=rows, most=100)
    assert (0, 1) in pairs(engine)


def test_too_frequent_values_are_left_out_and_counted(engine: DuckDB) -> None:
    """Two Petits make one pair, thirty Martins 435: a share of fifty pairs holds only the Petits."""
    rows = prepared(engine, last_name=["Martin"] * 30 + ["Petit"] * 2 + ["Roy"])
    (made,) = blocking.candidates(engine, ["last_name"], records=rows, chosen=[("last_name",)], most=50)
    assert (made.pairs, made.left_out_values, made.left_out_records) == (1, 1, 30)
    assert pairs(engine) == {(30, 31)}


def test_all_keys_together_make_no_more_pairs_than_allowed(engine: DuckDB) -> None:
    rows = prepared(engine, first_name=[f"n{n % 7}" for n in range(90)], last_name=[f"m{n % 5}" for n in range(90)])
    made = blocking.candidates(engine, ["first_name", "last_name"], records=rows, most=300)
    assert 0 < len(pairs(engine)) <= sum(each.pairs for each in made) <= 300


def test_cleaning_takes_away_case_accents_and_spaces(engine: DuckDB) -> None:
    prepared(engine, first_name=["  Zoé-Lou "], birth_date=["1988-04-12"], phone=["+33 6 12"], email=[" A.B@X.fr"])
    (row,) = engine.rows("SELECT first_name, birth_date, phone, email, email_name, last_name FROM prepared")
    assert row == {"first_name": "zoelou", "birth_date": "19880412", "phone": "33612", "email": "a.b@x.fr",
                   "email_name": "a.b", "last_name": None}  # fmt: skip


def test_letters_of_all_alphabets_are_kept(engine: DuckDB) -> None:
    prepared(engine, first_name=["Ζωή", "李", "Łukasz"])
    assert [row["first_name"] for row in engine.rows("SELECT first_name FROM prepared ORDER BY record_id")][1] == "李"
