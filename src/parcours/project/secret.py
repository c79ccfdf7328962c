"""Passwords and keys: named in a file, kept in the environment, never written or printed."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """A value kept out of the files: `{env: SHOP_DB_PASSWORD}` names the variable that holds it."""

    env: str

    def reveal(self) -> str:
        """The value itself. Raises KeyError when the variable is gone since the project was checked."""
        return os.environ[self.env]
