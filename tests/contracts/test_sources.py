"""What every kind of source must do, and what every setting of one must say."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parcours import sources
from parcours.engine.reader import Layout, Offer, Refused, Where
from parcours.model import CONTRACTS
from parcours.model.kind import kinds_in, sentence, settings
from parcours.rules import expressions

KINDS = kinds_in(sources)
EXAMPLES: dict[str, dict[str, Any]] = {
    "collected": {},
    "files": {"path": "data/*.csv"},
    "ga4": {"path": "data/events_*.jsonl"},
    "database": {"url": "sqlite:///data/shop.db", "table": "orders"},
    "package_data": {"package": "duckdb", "path": "py.typed", "format": "csv"},
}


def where(folder: Path) -> Where:
    return Where(folder, datetime(2026, 5, 1, tzinfo=UTC))


def test_the_kinds_of_source() -> None:
    assert sorted(KINDS) == ["collected", "database", "files", "ga4", "package_data"]
    assert EXAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_a_frozen_value_and_says_what_it_is(name: str) -> None:
    cls = KINDS[name]
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert sentence(cls).endswith(".")
    assert "\n" not in sentence(cls)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_setting_says_what_it_is_for(name: str) -> None:
    for setting in settings(KINDS[name]):
        assert setting.metadata["doc"].strip().endswith((".", "`")), setting.name


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_says_how_its_files_are_written_and_which_there_are(name: str, tmp_path: Path) -> None:
    kind = KINDS[name](**EXAMPLES[name])
    assert isinstance(kind.layout(), Layout)
    offers = kind.offers(where(tmp_path))
    assert all(isinstance(offer, Offer) for offer in offers)
    assert all((offer.path is None) != (offer.fetch is None) for offer in offers)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_equal_settings_are_equal_kinds(name: str) -> None:
    assert KINDS[name](**EXAMPLES[name]) == KINDS[name](**EXAMPLES[name])


@pytest.mark.parametrize(("name", "path"), [("files", "../*.csv"), ("files", "/etc/*"), ("ga4", "../*.jsonl"),
                                            ("package_data", "../x.csv")])  # fmt: skip
def test_no_kind_of_file_leaves_its_folder(name: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        KINDS[name](**{**EXAMPLES[name], "path": path}).offers(where(tmp_path))


def test_a_declared_folder_may_be_read(tmp_path: Path) -> None:
    outside = tmp_path / "exports"
    outside.mkdir()
    (outside / "a.csv").write_text("x\n1\n")
    allowed = Where(tmp_path / "shop", datetime(2026, 5, 1, tzinfo=UTC), folders=(outside,))
    (offer,) = KINDS["files"](path=f"{outside}/*.csv").offers(allowed)
    assert offer.name == str(outside / "a.csv")


@pytest.mark.parametrize("name", [name for name in sorted(KINDS) if hasattr(KINDS[name], "own_tables")])
def test_a_mapping_that_a_kind_brings_along_names_our_columns(name: str) -> None:
    more = {"orders": True} if name in ("collected", "ga4") else {}
    for table, mapping in KINDS[name](**EXAMPLES[name], **more).own_tables().items():
        assert set(mapping.columns) <= set(CONTRACTS[table].columns)
        for column in mapping.columns.values():
            assert column.source or column.is_constant or expressions.columns(column.expression)
