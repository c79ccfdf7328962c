from __future__ import annotations

from pathlib import Path

import pytest

from tests.identity.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop that knows nobody yet."""
    return Shop(tmp_path)
