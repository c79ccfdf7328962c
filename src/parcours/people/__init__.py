"""The person now: who somebody is, what was published of them, what they did since; and who read it."""

from __future__ import annotations

from parcours.people.audit import Audit, Read
from parcours.people.reading import Found, Happening, Skills, look, published
from parcours.people.timeline import WrongCursor, page

__all__ = ["Audit", "Found", "Happening", "Read", "Skills", "WrongCursor", "look", "page", "published"]
