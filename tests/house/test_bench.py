"""The benchmark's made-up retailer: the same files anywhere, one more day on demand, read by its own project."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from parcours import flow
from parcours.project import load

from .pages import ROOT

CUSTOMERS = 150


def generate(into: Path, *options: str) -> Path:
    command = [sys.executable, str(ROOT / "bench" / "generate.py"), "--customers", str(CUSTOMERS), "--into", str(into)]
    subprocess.run([*command, *options], check=True, capture_output=True)
    return into


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((folder / "data").rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("bench") / "shop")


def test_the_same_command_writes_the_same_bytes(shop: Path, tmp_path: Path) -> None:
    assert contents(generate(tmp_path / "again")) == contents(shop)


def test_another_seed_is_another_shop(shop: Path, tmp_path: Path) -> None:
    assert contents(generate(tmp_path / "other", "--seed", "2")) != contents(shop)


def test_a_new_day_adds_its_files_and_leaves_the_others_alone(shop: Path) -> None:
    before = contents(shop)
    generate(shop, "--new-day")
    after = contents(shop)
    assert {name: after[name] for name in before} == before
    assert all("2026-04-01" in name for name in after.keys() - before.keys())
    assert len(after) == len(before) + 5


def test_its_project_has_no_fault(shop: Path) -> None:
    project = load(shop, flow.kinds())
    assert set(project.sources) == {"till", "web_orders", "web_events", "mail", "crm", "products", "stores"}


def test_tickets_are_paid_in_french_and_returns_are_negative(shop: Path) -> None:
    lines = [line.split(";") for file in sorted((shop / "data" / "till").iterdir())
             for line in file.read_text(encoding="utf-8").splitlines()[1:]]  # fmt: skip
    assert {line[5] for line in lines} == {"VENTE", "RETOUR"}
    for line in lines:
        assert (int(line[7]) < 0) == (line[5] == "RETOUR")
        assert line[8].replace(",", "").isdigit() and len(line[8].split(",")[1]) == 2
