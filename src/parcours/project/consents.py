"""Reads consents.yaml: for which purposes and on which channels people are asked, and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ruamel.yaml.comments import CommentedMap

from parcours.consent import SHIPPED
from parcours.consent.declared import Allowance, Declared, Purpose
from parcours.model.value import Place, Title
from parcours.project.faults import Faults
from parcours.project.nodes import read_yaml
from parcours.project.reader import Reader, Wrong
from parcours.project.secret import Secret
from parcours.project.settings import ProjectSection
from parcours.project.sources import good_name

FILE = "consents.yaml"
LONGEST = 2000  # characters of a text
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?|http://(localhost|127\.0\.0\.1)(:\d+)?")
_KEYS = ("consents", "secret")


def usual_consents() -> Declared:
    """What a project without consents.yaml asks people."""
    faults = Faults()
    node = read_yaml(SHIPPED, FILE, faults)
    reader = Reader(FILE, faults, lambda text, at: None, lambda node, at: None)
    found = None if node is None else read_consents(node, reader, identifiers=("email", "phone", "device"))
    faults.stop()
    assert found is not None
    return found[0]


def read_consents(
    node: CommentedMap, reader: Reader, *, identifiers: Iterable[str], languages: tuple[str, ...] = ("en", "fr")
) -> tuple[Declared, Secret | None] | None:
    """What the project asks people, and the secret it signs with; None, with faults noted, when it cannot be read."""
    at = Place(reader.file, node.lc.line + 1)
    before = len(reader.faults.found)
    secret: Secret | None = None
    try:
        if "secret" in node:
            secret = reader.value(Secret, node["secret"], reader.place(node, "secret"), "secret")
        declared = reader.dataclass(Declared, node, at, skip=_KEYS)
    except Wrong:
        return None
    check = _Check(node, reader, declared, languages)
    check.address()
    check.channels(sorted(identifiers))
    for name in declared.purposes:
        check.purpose(name)
    return (declared, secret) if len(reader.faults.found) == before else None


def belonging_to(declared: Declared, own: ProjectSection, title: Title) -> Declared:
    """The same, of a retailer: their name and language, where their clock stands, how they write phone numbers."""
    return replace(declared, title=title, language=own.languages[0], zone=own.zone, country=own.country)


class _Check:
    """What one key of the file says, against the others."""

    def __init__(self, node: CommentedMap, reader: Reader, declared: Declared, languages: tuple[str, ...]) -> None:
        self.node, self.reader, self.declared, self.languages = node, reader, declared, languages
        self.add, self.unknown = reader.faults.add, reader.faults.unknown

    def address(self) -> None:
        url = self.declared.public_url
        if url is not None and not _URL.fullmatch(url):
            self.add(self.reader.place(self.node, "public_url"), f"{url!r} is no public address.",
                     "Write it as in 'https://data.shop.example'.")  # fmt: skip
        if self.declared.link_for.seconds <= 0:
            self.add(
                self.reader.place(self.node, "link_for"), "'link_for' is longer than nothing.", "As in '365 days'."
            )

    def channels(self, identifiers: list[str]) -> None:
        for name, channel in self.declared.channels.items():
            there = self.node["channels"][name]
            good_name(name, self.reader.place(self.node["channels"], name), self.reader)
            if channel.address is not None and channel.address not in identifiers:
                place = self.reader.place(there, "address")
                self.unknown(place, "kind of identifier", channel.address, identifiers)

    def purpose(self, name: str) -> None:
        there, purpose = self.node["purposes"][name], self.declared.purposes[name]
        good_name(name, self.reader.place(self.node["purposes"], name), self.reader)
        for channel, allowance in purpose.channels.items():
            place = self.reader.place(there["channels"], channel)
            if channel not in self.declared.channels:
                self.unknown(place, "channel", channel, self.declared.channels)
            self._allowance(allowance, place)
        for other in purpose.ends_with:
            if other not in self.declared.purposes or other == name:
                place = self.reader.place(there, "ends_with")
                self.unknown(place, "other purpose", other, set(self.declared.purposes) - {name})
        self._texts(name, purpose, there)

    def _allowance(self, allowance: Allowance, place: Place) -> None:
        if allowance.soft_opt_in is not None and allowance.needs != "consent":
            self.add(place, "'soft_opt_in' stands for a consent that is needed.", "Write 'needs: consent' too.")

    def _texts(self, name: str, purpose: Purpose, there: CommentedMap) -> None:
        at = self.reader.place(self.node["purposes"], name)
        if purpose.asks and not purpose.texts:
            self.add(at, f"{name!r} has no text in which people are asked.", "Add 'texts: {\"2026-01\": {en: ...}}'.")
        for version, text in purpose.texts.items():
            place = self.reader.place(there["texts"], version)
            if not _VERSION.fullmatch(version):
                self.add(place, f"{version!r} is no version.", "Use letters, digits, '.', '_' and '-': \"2026-01\".")
            self._text(text, place)

    def _text(self, text: Title, place: Place) -> None:
        for language in self.languages:
            if language not in text.words and "" not in text.words:
                self.add(place, f"this text is not there in {language!r}.", "People read it in their language.")
        if any(not words.strip() or len(words) > LONGEST for words in text.words.values()):
            self.add(place, f"a text has 1 to {LONGEST} characters.")
