"""The project's secret: what addresses are hashed and links are signed with. It is never in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from parcours.state import Database, StateFault, queries

FILE = "consent.key"
SHORTEST = 16  # characters of a secret that somebody chose
_BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104)


@dataclass(frozen=True)
class Secret:
    """A secret; what is made of it for one use says nothing of the others."""

    key: bytes = field(repr=False)

    def for_(self, use: str) -> bytes:
        """The key for one use."""
        return hmac.digest(self.key, use.encode(), "sha256")

    def address(self, kind: str, value: str) -> bytes:
        """The keyed hash of an address: HMAC-SHA-256 of `kind:value`, its value in its one form."""
        return hmac.digest(self.for_("addresses"), f"{kind}:{value}".encode(), "sha256")

    def for_addresses(self) -> dict[str, bytes]:
        """The two halves of HMAC's key (RFC 2104), with which the database hashes addresses as `address` does."""
        key = self.for_("addresses").ljust(_BLOCK, b"\x00")
        return {"inner": bytes(byte ^ 0x36 for byte in key), "outer": bytes(byte ^ 0x5C for byte in key)}


def secret(given: str | None, folder: Path) -> Secret:
    """The secret that the project names, else one in the folder of its state, made the first time.

    Raises StateFault for one that is too short to be one.
    """
    if given is not None:
        if len(given) < SHORTEST:
            raise StateFault(f"the secret of consents.yaml has at least {SHORTEST} characters")
        return Secret(hashlib.sha256(given.encode()).digest())
    file = folder / FILE
    try:
        kept = file.read_bytes()
    except FileNotFoundError:
        kept = _made(file)
    if len(kept) != hashlib.sha256().digest_size:
        raise StateFault(f"{file} is not what was written there: bring it back from a copy")
    return Secret(kept)


def _made(file: Path) -> bytes:
    """Writes a new secret that nobody else can read; of two who do so at once, the first is right."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as out:
        out.write(secrets.token_bytes(hashlib.sha256().digest_size))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return file.read_bytes()


def same_as_before(database: Database, found: Secret) -> Secret:
    """The same secret. Raises StateFault when addresses were hashed with another: none of them would be known again."""
    mine = found.for_("fingerprint")
    (row,) = database.run(queries("consent")["fingerprint"], {"fingerprint": mine})
    if not hmac.compare_digest(bytes(row["fingerprint"]), mine):
        raise StateFault(
            "this is not the secret with which addresses were suppressed, so they would be written to again: bring "
            f"back {FILE} of the state, or the secret that consents.yaml names"
        )
    return found
