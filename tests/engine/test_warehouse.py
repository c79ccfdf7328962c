"""The warehouse: whole versions or nothing, nothing made twice, nothing taken from a reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from parcours.engine import Busy, Warehouse, open_engine
from parcours.engine import manifest as manifests
from parcours.engine.warehouse import KEEP_VERSIONS

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path):
    engine = open_engine(temporary=tmp_path / "temporary")
    yield Warehouse(tmp_path / "warehouse", engine)
    engine.close()


def publish(house: Warehouse, value: int) -> int:
    with house.draft(now=NOW) as draft:
        draft.put("numbers", lambda: pa.table({"n": [value]}), settings=value)
        return draft.publish({"value": value})


def test_a_warehouse_that_never_ran_has_no_version(house: Warehouse) -> None:
    assert house.current() is None


def test_what_is_published_is_read_back(house: Warehouse) -> None:
    assert publish(house, 7) == 1
    with house.current() as version:
        version.read("numbers")
        assert version.engine.rows("SELECT n FROM numbers") == [{"n": 7}]
        assert version.run == {"value": 7}
        assert version.table("numbers").columns == {"n": "integer"}


def test_a_draft_that_is_not_published_leaves_no_trace(house: Warehouse) -> None:
    publish(house, 1)
    with house.draft(now=NOW) as draft:
        draft.put("numbers", lambda: pa.table({"n": [2]}), settings=2)
    with house.current() as version:
        version.read("numbers")
        assert version.engine.rows("SELECT n FROM numbers") == [{"n": 1}]


def test_a_table_made_of_the_same_is_not_made_again(house: Warehouse) -> None:
    publish(house, 1)
    with house.draft(now=NOW) as draft:
        draft.put("numbers", lambda: pytest.fail("made again"), settings=1)
        assert draft.made == []
        assert draft.unchanged()


def test_a_table_is_made_again_when_what_it_reads_changes(house: Warehouse) -> None:
    made = []
    for value in (1, 1, 2):
        with house.draft(now=NOW) as draft:
            draft.put("numbers", lambda v=value: pa.table({"n": [v]}), settings=value)
            draft.build("doubled", "SELECT n * 2 AS n FROM numbers", reads=["numbers"])
            made.append("doubled/all" in draft.made)
            draft.publish({})
    assert made == [True, False, True]


def test_what_a_stopped_run_had_finished_is_found_by_the_next(house: Warehouse) -> None:
    with house.draft(now=NOW) as draft:
        draft.put("numbers", lambda: pa.table({"n": [1]}), settings=1)
    with house.draft(now=NOW) as draft:
        draft.put("numbers", lambda: pytest.fail("made again"), settings=1)
        draft.publish({})


def test_two_runs_at_once_are_refused(house: Warehouse) -> None:
    with house.draft(now=NOW), pytest.raises(Busy, match="another run is working"):
        house.draft(now=NOW)


def test_a_table_of_the_model_has_its_columns_in_order_and_by_type(house: Warehouse) -> None:
    with house.draft(now=NOW) as draft:
        draft.build(
            "persons",
            "SELECT 5 AS records, 1 AS person_id, TRUE AS known, NULL AS household_id, "
            "NULL AS first_seen, NULL AS last_seen, NULL AS merged_into",
        )
        assert list(draft.table("persons").columns.items()) == [
            ("person_id", "integer"),
            ("household_id", "integer"),
            ("known", "boolean"),
            ("records", "integer"),
            ("first_seen", "time"),
            ("last_seen", "time"),
            ("merged_into", "integer"),
        ]


def test_a_table_nobody_filled_reads_as_empty(house: Warehouse) -> None:
    with house.draft(now=NOW) as draft:
        draft.read("orders")
        assert draft.engine.rows("SELECT count(net_amount) AS n FROM orders") == [{"n": 0}]


def test_only_the_partition_asked_for_is_read(house: Warehouse) -> None:
    with house.draft(now=NOW) as draft:
        for month in ("2026-01", "2026-02"):
            draft.put("numbers", lambda m=month: pa.table({"m": [m]}), partition=month)
        draft.build("one", "SELECT m FROM numbers", reads=[("numbers", "2026-02")])
        draft.read("one")
        assert draft.engine.rows("SELECT m FROM one") == [{"m": "2026-02"}]


def test_old_versions_and_their_files_are_pruned(house: Warehouse) -> None:
    for value in range(KEEP_VERSIONS + 2):
        publish(house, value)
    assert manifests.numbers(house.versions) == [3, 4, 5]
    assert len(list((house.folder / "data" / "numbers").iterdir())) == KEEP_VERSIONS


def test_as_many_versions_are_kept_as_the_project_says(tmp_path: Path, house: Warehouse) -> None:
    house = Warehouse(tmp_path / "warehouse", house.engine, keep_versions=1)
    for value in range(3):
        publish(house, value)
    assert manifests.numbers(house.versions) == [3]
    assert len(list((house.folder / "data" / "numbers").iterdir())) == 1


def test_a_version_somebody_reads_is_kept(house: Warehouse) -> None:
    publish(house, 0)
    with house.current() as version:
        for value in range(1, KEEP_VERSIONS + 3):
            publish(house, value)
        version.read("numbers")
        assert version.engine.rows("SELECT n FROM numbers") == [{"n": 0}]
    publish(house, 99)
    assert 1 not in manifests.numbers(house.versions)


def test_a_number_is_published_once(house: Warehouse) -> None:
    publish(house, 1)
    with pytest.raises(FileExistsError):
        manifests.publish(house.versions, manifests.Manifest(1, {}, {}))


def test_equal_runs_write_equal_bytes(tmp_path: Path) -> None:
    seen = []
    for name in ("a", "b"):
        engine = open_engine(temporary=tmp_path / f"t{name}")
        house = Warehouse(tmp_path / name, engine)
        with house.draft(now=NOW) as draft:
            draft.build(
                "numbers",
                "SELECT hash63(CAST(n AS VARCHAR)) AS k, count(*) AS c FROM (SELECT CAST(x AS BIGINT)"
                " % 5000 AS n FROM generate_series(1, 400000) AS g(x)) AS t GROUP BY n",
                order_by=["k"],
            )
            draft.publish({})
        files = sorted((tmp_path / name / "data").rglob("*.parquet"))
        seen.append([(str(file.relative_to(tmp_path / name)), file.read_bytes()) for file in files])
        engine.close()
    assert seen[0] == seen[1]


WRITER = textwrap.dedent("""
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    import pyarrow as pa
    from parcours.engine import Warehouse, open_engine
    house = Warehouse(Path(sys.argv[1]), open_engine())
    value = 0
    while True:
        value += 1
        with house.draft(now=datetime(2026, 1, 31, tzinfo=UTC)) as draft:
            for name in ("left", "right"):
                draft.put(name, lambda: pa.table({"n": [value] * 100}), settings=[name, value, sys.argv[2]])
            draft.publish({"value": value})
        print(value, flush=True)
""")


def test_a_killed_writer_never_leaves_a_state_in_between(house: Warehouse) -> None:
    for attempt in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(house.folder), str(attempt)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(1 + attempt):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        with house.current() as version:
            version.read("left", "right")
            (row,) = version.engine.rows(
                "SELECT min(l.n) AS a, max(l.n) AS b, min(r.n) AS c, max(r.n) AS d "
                'FROM "left" AS l CROSS JOIN "right" AS r'
            )
            assert {row["a"], row["b"], row["c"], row["d"]} == {version.run["value"]}
