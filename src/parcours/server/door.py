"""What every address asks first: which key is this, and may it?"""

from __future__ import annotations

import time

import psycopg

from parcours.live import Live
from parcours.model.api_key import ApiKey
from parcours.server import keys
from parcours.server.problems import Problem, no_database
from parcours.state import StateFault

FRESH = 10.0  # seconds that keys are remembered: a key that was revoked works no longer than this
SOON = 0.5  # and read again for an unknown key no more often than this


class Door:
    """The corridor behind the server, and the keys to it."""

    live: Live

    def __init__(self) -> None:
        self._keys: dict[bytes, ApiKey] = {}
        self._read_at = float("-inf")

    def key(self, given: str | None, scope: str, *, origin: str | None = None) -> ApiKey:
        """The key that was given. Raises Problem when it is none, or may not do this, or not from there."""
        if not given:
            raise Problem(401, "no_key", "Send your key as the user name of basic authentication.",
                          {"WWW-Authenticate": 'Basic realm="parcours"'})  # fmt: skip
        key = self._found(given)
        if key is None:
            raise Problem(401, "wrong_key", "There is no such key, or it was revoked.",
                          {"WWW-Authenticate": 'Basic realm="parcours"'})  # fmt: skip
        if scope not in key.scopes:
            raise Problem(403, "not_allowed", f"This key may not do this: it has no scope '{scope}'.")
        if origin is not None and not key.allows_origin(origin):
            raise Problem(403, "wrong_site", "This key may not be used from this site.")
        return key

    def allows_origin(self, origin: str) -> bool:
        """Whether any key may be used from a site: what a browser asks before it shows its key."""
        self._refresh()
        return any(key.allows_origin(origin) for key in self._keys.values())

    def _found(self, given: str) -> ApiKey | None:
        self._refresh()
        found = self._keys.get(keys.digest(given))
        if found is None:  # it may have been made since
            self._refresh(after=SOON)
        return found or self._keys.get(keys.digest(given))

    def _refresh(self, after: float = FRESH) -> None:
        if time.monotonic() - self._read_at > after:
            try:
                self._keys = keys.valid(self.live.database)
            except (StateFault, psycopg.Error):  # it may be starting again: the keys we know are good for now
                if not self._keys:
                    raise no_database() from None
            self._read_at = time.monotonic()
