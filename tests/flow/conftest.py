"""The corner shop, copied where a test may run it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def corner_shop(tmp_path: Path) -> Path:
    """A fresh copy of the corner shop's project, never run."""
    folder = tmp_path / "corner_shop"
    shutil.copytree(EXAMPLES / "corner_shop", folder, ignore=shutil.ignore_patterns("warehouse", "out"))
    return folder
