"""A small project on disk, and two invented kinds to write in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.project import Project, ProjectFaults, load
from parcours.project.known import Complaint, Known
from parcours.project.secret import Secret
from parcours.rules.rule import Rule
from parcours.rules.subject import Subject


@dataclass(frozen=True)
class Numbers:
    decimal: str = setting(".", doc="The decimal sign.")
    thousands: str = setting("", doc="The sign between thousands.")


@kind("exports", of="source")
@dataclass(frozen=True)
class Exports:
    """Files in a folder."""

    path: str = setting(doc="Where the files are.")
    format: str = setting("csv", doc="How they are written.", choices=("csv", "json"))
    header: bool = setting(True, doc="Whether the first line names the columns.")
    skip: int = setting(0, doc="Lines to skip.")
    numbers: Numbers = setting(Numbers(), doc="How numbers are written.")
    password: Secret | None = setting(None, doc="What opens the files.")


@kind("counted", of="attribute")
@dataclass(frozen=True)
class Counted:
    """How often."""

    of: str = setting(doc="The table.")
    within: Duration | None = setting(None, doc="Over how long.")
    where: Rule | None = setting(None, doc="Only these rows.")

    def check(self, known: Known) -> Iterable[Complaint]:
        if self.of not in known.tables:
            yield Complaint("of", f"no table {self.of!r}.", "Did you mean 'orders'?")

    @property
    def uses(self) -> tuple[str, ...]:
        return ()

    def result(self, attributes: object) -> Subject:
        return Subject("", "integer")


KINDS = {"source": {"exports": Exports}, "attribute": {"counted": Counted}}

Files = Mapping[str, str]


@pytest.fixture
def kinds() -> Mapping[str, Mapping[str, type]]:
    """The invented kinds."""
    return KINDS


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Files], Path]:
    """Writes files into an empty project folder."""

    def write(files: Files) -> Path:
        for name, text in {"parcours.toml": "[segments]\npacks = []\n", **files}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def loaded(write: Callable[[Files], Path]) -> Callable[[Files], Project]:
    """The project made of these files."""
    return lambda files: load(write(files), KINDS)


@pytest.fixture
def faults(write: Callable[[Files], Path]) -> Callable[[Files], list[str]]:
    """What is wrong in the project made of these files."""

    def faults(files: Files) -> list[str]:
        try:
            load(write(files), KINDS)
        except ProjectFaults as wrong:
            return [str(fault) for fault in wrong.faults]
        return []

    return faults
