"""The starter project, laid down and run once; each test works on a copy of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parcours.cli import parcours

CORNER_SHOP = Path(__file__).parents[2] / "examples" / "corner_shop"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Said]


def call(*words: str) -> Said:
    """Calls the command line in English, unless the words say otherwise."""
    language = [] if "--language" in words else ["--language", "en"]
    result = CliRunner().invoke(parcours, [*language, *words])
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(name="call")
def call_fixture() -> Call:
    return call


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The starter project after its first run, and what that run said. Not to be changed."""
    folder = tmp_path_factory.mktemp("starter")
    assert call("--project", str(folder), "new", "shop").code == 0
    return folder / "shop", call("--project", str(folder / "shop"), "run")


@pytest.fixture(scope="session")
def corner_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corner shop as of the last day of March. Not to be changed."""
    folder = tmp_path_factory.mktemp("explained") / "corner_shop"
    shutil.copytree(CORNER_SHOP, folder, ignore=shutil.ignore_patterns("warehouse", "out", "*.html"))
    assert call("--project", str(folder), "run", "--as-of", "2026-03-31").code == 1  # some rows are rejected
    return folder


@pytest.fixture
def shop(ran: tuple[Path, Said], tmp_path: Path) -> Path:
    """A copy of the starter project that has been run."""
    shutil.copytree(ran[0], tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def fresh(ran: tuple[Path, Said], tmp_path: Path) -> Path:
    """A copy of the starter project that was never run."""
    shutil.copytree(ran[0], tmp_path / "shop", ignore=shutil.ignore_patterns("warehouse"))
    return tmp_path / "shop"
