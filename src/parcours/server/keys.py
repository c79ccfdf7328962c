"""Keys: who may call, and for what. A key is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from parcours.model.api_key import ApiKey
from parcours.state import Database, queries

_QUERIES = queries("api_key")


def make(database: Database, source: str, scopes: Sequence[str], origins: Sequence[str] = ()) -> tuple[str, str]:
    """Makes a key; gives its id and the key itself, which is told only now."""
    key_id, secret = f"key_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    values = {"key_id": key_id, "hash": digest(secret), "source": source, "scopes": list(scopes),
              "origins": list(origins)}  # fmt: skip
    database.run(_QUERIES["make"], values)
    return key_id, secret


def revoke(database: Database, key_id: str) -> bool:
    """Ends a key; false when there is none of that id, or it has ended before."""
    return bool(database.run(_QUERIES["revoke"], {"key_id": key_id}))


def valid(database: Database) -> dict[bytes, ApiKey]:
    """The keys that may be used, by the hash of the key."""
    return {
        bytes(row["hash"]): ApiKey(row["key_id"], row["source"], frozenset(row["scopes"]), tuple(row["origins"]))
        for row in database.run(_QUERIES["valid"])
    }


def listed(database: Database) -> list[dict[str, Any]]:
    """Every key that may be used, without its hash: key_id, source, scopes, origins."""
    keys = sorted(valid(database).values(), key=lambda key: (key.source, key.key_id))
    return [{"key_id": key.key_id, "source": key.source, "scopes": sorted(key.scopes), "origins": list(key.origins)}
            for key in keys]  # fmt: skip


def digest(secret: str) -> bytes:
    """The hash under which a key is kept. Keys are random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def from_header(authorization: str | None) -> str | None:
    """The key in an Authorization header: `Basic` with the key as user name (Segment's way), or `Bearer`."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[0] or None
    except ValueError:
        return None
