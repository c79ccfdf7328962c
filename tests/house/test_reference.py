"""docs/reference/ is what the code says, today; and every kind and setting says something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from parcours import flow
from parcours.cli.reference import pages
from parcours.model.kind import sentence
from parcours.project import definitions
from parcours.project.reader import hints_of, readable
from parcours.project.settings import SECTIONS

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_the_pages_are_what_the_code_says_today() -> None:
    made = pages()
    stale = [name for name, text in made.items() if not _is(DOCS / name, text)]
    assert stale == [], "write them anew with: make reference"
    assert {file.name for file in DOCS.glob("*.md")} == made.keys()


def _is(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def documented() -> Iterator[type]:
    for kinds in (flow.kinds()["source"], flow.kinds()["attribute"], flow.kinds()["score"], SECTIONS):
        yield from kinds.values()
    for name in ("Source", "Mapping", "ColumnMapping", "Identity", "IdentifierRules", "Matching", "Compare",
                 "Households", "Attribute", "Segment", "Score", "Audience", "ProjectTest"):  # fmt: skip
        yield getattr(definitions, name)


@pytest.mark.parametrize("cls", list(documented()), ids=lambda cls: cls.__name__)
def test_every_kind_and_every_setting_says_what_it_is(cls: type) -> None:
    assert sentence(cls).endswith((".", ":", "!"))
    for field in readable(cls):
        doc = field.metadata.get("doc", "")
        assert doc.endswith((".", ")", "`", "]")) and doc[0] in "`0123456789" + doc[0].upper(), (field.name, doc)


def test_every_link_between_pages_leads_somewhere() -> None:
    made = pages()
    for name, text in made.items():
        for file, anchor in re.findall(r"\]\(([\w-]*\.?m?d?)(#[\w-]+)?\)", text):
            assert not file or file in made, f"{name}: {file}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", made[file or name], re.MULTILINE)
                assert anchor[1:] in {_anchor(head) for head in heads}, f"{name}: {file}{anchor}"


def _anchor(head: str) -> str:
    """As GitHub names a heading."""
    return re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")


def test_the_type_of_every_setting_is_said_in_plain_words() -> None:
    for cls in documented():
        assert is_dataclass(cls)
        assert {field.name for field in fields(cls)} <= hints_of(cls).keys()
    for text in pages().values():
        assert not re.search(r"typing\.|<class|NoneType|dataclass|sqlglot", text)
