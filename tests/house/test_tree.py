"""What holds for the whole tree: queries are told in a sentence, names are the field's, nothing names a machine."""

from __future__ import annotations

import re
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from parcours.engine import sql

TOP = Path(__file__).parents[2]
SOURCES = TOP / "src" / "parcours"
DECAY = {"utils", "util", "common", "core", "helpers", "services", "managers", "misc"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, text=True, check=True
    )
    return [TOP / name for name in listed.stdout.splitlines() if (TOP / name).is_file()]


WAREHOUSE_SQL = sorted(file for file in SOURCES.rglob("*.sql") if "state" not in file.relative_to(SOURCES).parts)


@pytest.mark.parametrize("file", WAREHOUSE_SQL, ids=lambda path: str(path.relative_to(SOURCES)))
def test_every_query_has_a_name_a_sentence_and_only_allowed_sql(file: Path) -> None:
    package = ".".join(("parcours", *file.parent.relative_to(SOURCES).parts))
    assert resources.files(package)
    queries = sql.load(package, file.name)
    assert queries
    for query in queries.values():
        assert len(query.sentence.split()) > 3, f"{file.name}: {query.name} says too little"


def test_no_folder_is_a_place_for_anything() -> None:
    names = {path.stem for path in SOURCES.rglob("*") if "__pycache__" not in path.parts}
    assert not names & DECAY


def test_no_file_names_a_registry_or_a_machine() -> None:
    host = re.compile(
        "|".join(
            [
                "py" + r"pi\.(org|python)",
                "python" + "hosted",
                "npm" + r"js\.(org|com)",
                "/" + "root/",
                "/" + "work/main",
            ]
        )
    )
    texts = [path for path in tracked() if path.suffix in {".py", ".toml", ".lock", ".md", ".yaml", ".sql", ""}]
    assert texts
    found = [
        str(path.relative_to(TOP)) for path in texts if host.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_the_readme_s_two_commands_are_targets_of_the_makefile() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = re.findall(r"^make ([a-z-]+)", readme, re.MULTILINE)
    assert {"demo", "test"} <= set(commands) <= targets


def test_the_lock_pins_every_line() -> None:
    for lock in TOP.glob("requirements*.lock"):
        for line in lock.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line), line


def test_nothing_large_is_kept_with_the_source() -> None:
    """Data that a script can make again, warehouses and reports have no place among the sources."""
    sizes = {str(path.relative_to(TOP)): path.stat().st_size for path in tracked()}
    assert {name: size for name, size in sizes.items() if size > 500_000} == {}
    assert sum(sizes.values()) < 8_000_000


def test_no_file_keeps_the_marks_of_a_merge() -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    written = {".py", ".po", ".md", ".yaml", ".sql", ".html", ".css", ".toml"}
    texts = [path for path in tracked() if path.suffix in written]
    assert [path.name for path in texts if marks.search(path.read_text(encoding="utf-8"))] == []
