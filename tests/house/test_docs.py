"""The pages of docs/ do what they say, and their links lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import ROOT, Folder, missing, steps, where

PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "reference" not in page.parts]
RUN = [page for page in PAGES if where(page)]
READ = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "examples").glob("*/README.md"))]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="session")
def corner_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corner shop as of the last day of March."""
    folder = tmp_path_factory.mktemp("docs") / "corner_shop"
    shutil.copytree(
        ROOT / "examples" / "corner_shop", folder, ignore=shutil.ignore_patterns("warehouse", "out", "*.html")
    )
    command = [
        str(Path(sys.executable).with_name("parcours")),
        "--project",
        str(folder),
        "run",
        "--as-of",
        "2026-03-31",
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1, "two rows are rejected: look"
    return folder


@pytest.mark.parametrize("page", RUN, ids=name)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path
    if where(page) == "the corner shop":
        folder = shutil.copytree(request.getfixturevalue("corner_shop"), tmp_path / "corner_shop")
    work = Folder(folder)
    for step in steps(page):
        printed = work.do(step)
        lost = missing(step, printed) if step.command else None
        assert lost is None, f"{name(page)}:{step.line}: '{step.command}' does not print '{lost}' but:\n{printed}"


@pytest.mark.parametrize("page", READ, ids=name)
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), f"{name(page)}: {target}"


def test_every_page_is_reached_from_the_first_one() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    unknown = [name(page) for page in PAGES if page.name != "README.md" and "decisions" not in page.parts
               and str(page.relative_to(ROOT / "docs")) not in index]  # fmt: skip
    assert not unknown
