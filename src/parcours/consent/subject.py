"""The number under which something is said of an identifier: a hash, so that the ledger holds no address."""

from __future__ import annotations

import hashlib


def subject(kind: str, value: str) -> int:
    """63 bits of the MD5 of `kind=value`, as the engine's macro hash63 makes them of every identifier there is."""
    made = hashlib.md5(f"{kind}={value}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(made[:8], "little") & (2**63 - 1)
