"""Links that anybody may follow without a log-in: signed, ending, and naming nobody to whoever reads them.

A link carries numbers only, and those enciphered: what it is for, until when, the person, the address it was sent to.
It is made as SIV modes are (RFC 5297's idea, with HMAC-SHA-256): the tag of what it says is also what it is
enciphered with. So the same link is the same text, one changed sign makes it none, and ids cannot be guessed or read.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from parcours.consent.secret import Secret

_TAG = 16  # bytes
LONGEST = 400  # signs of a link


class WrongLink(ValueError):
    """A link that opens nothing. `code` is wrong_link or link_over."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Link:
    """What a link says: who, until when, in which language, and for one message its purpose, channel and address."""

    person: int
    until: datetime
    language: str = ""
    purpose: str = ""
    channel: str = ""
    subject: int | None = None


def signed(link: Link, secret: Secret) -> str:
    """The link as the last part of an address."""
    subject = "" if link.subject is None else f"{link.subject:x}"
    parts = [f"{link.person:x}", int(link.until.timestamp()), link.language, link.purpose, link.channel, subject]
    said = json.dumps(parts, separators=(",", ":")).encode()
    tag = _tag(said, secret)
    return base64.urlsafe_b64encode(tag + _enciphered(said, tag, secret)).rstrip(b"=").decode()


def read(text: str, secret: Secret, *, now: datetime | None) -> Link:
    """What a link says. Raises WrongLink when it was not made here, was changed, or (with `now`) is over."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) <= LONGEST else b""
    except (binascii.Error, ValueError):
        raise WrongLink("wrong_link") from None
    tag, rest = raw[:_TAG], raw[_TAG:]
    said = _enciphered(rest, tag, secret)
    # A text that decodes to the same bytes in another way was changed too.
    if not hmac.compare_digest(tag, _tag(said, secret)) or base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode():
        raise WrongLink("wrong_link")
    person, until, language, purpose, channel, subject = json.loads(said)
    link = Link(person=int(person, 16), until=datetime.fromtimestamp(until, UTC), language=language, purpose=purpose,
                channel=channel, subject=int(subject, 16) if subject else None)  # fmt: skip
    if now is not None and link.until <= now:
        raise WrongLink("link_over")
    return link


def _tag(said: bytes, secret: Secret) -> bytes:
    return hmac.digest(secret.for_("links: signed"), said, "sha256")[:_TAG]


def _enciphered(text: bytes, tag: bytes, secret: Secret) -> bytes:
    """The text under a stream that hangs on the tag; the same again gives the text back."""
    key = secret.for_("links: enciphered")
    stream = b"".join(hmac.digest(key, tag + bytes([block]), "sha256") for block in range(-(-len(text) // 32)))
    return bytes(one ^ other for one, other in zip(text, stream))
