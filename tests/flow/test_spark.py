"""The same project on Spark and on DuckDB: every table, to the row."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from parcours.testing import table_rows

from .run_project import run

pytestmark = pytest.mark.spark


def test_every_table_of_the_corner_shop_is_equal_on_spark(corner_shop: Path, tmp_path: Path) -> None:
    on_spark = tmp_path / "on_spark"
    shutil.copytree(corner_shop, on_spark)
    settings = on_spark / "parcours.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[engine]\nkind = "spark"\n', encoding="utf-8")
    run(corner_shop)
    run(on_spark)
    here, there = table_rows(corner_shop / "warehouse"), table_rows(on_spark / "warehouse")
    assert sorted(here) == sorted(there)
    for name, rows in here.items():
        assert rows == there[name], f"{name} differs"
    assert here["orders"] and here["profiles"] and here["memberships"]
