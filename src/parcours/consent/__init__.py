"""Consent: may we use this of a person, or write to them, for this purpose, on this channel, now?"""

from __future__ import annotations

from pathlib import Path

from parcours.consent.choices import Change, Choice
from parcours.consent.declared import Declared
from parcours.consent.ledger import NotSaid, Statement
from parcours.consent.links import Link, WrongLink
from parcours.consent.permission import NotDeclared, Permission
from parcours.consent.register import Register, keep_texts
from parcours.consent.secret import same_as_before, secret
from parcours.consent.subject import subject

SHIPPED = Path(__file__).with_name("consents.yaml")

__all__ = [
    "SHIPPED",
    "Change",
    "Choice",
    "Declared",
    "Link",
    "NotDeclared",
    "NotSaid",
    "Permission",
    "Register",
    "Statement",
    "WrongLink",
    "keep_texts",
    "same_as_before",
    "secret",
    "subject",
]
