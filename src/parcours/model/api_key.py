"""A key with which a site, an app or a server calls."""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = ("collect", "read", "consent", "decide", "admin")


@dataclass(frozen=True)
class ApiKey:
    """A key that may be used: its name, the source whose messages it sends, what it may do, from which sites."""

    key_id: str
    source: str
    scopes: frozenset[str]
    origins: tuple[str, ...]

    def allows_origin(self, origin: str) -> bool:
        """Whether a browser on this site may use it; without a list, any may (a collect key is public)."""
        return not self.origins or origin in self.origins
