"""The project that `parcours new` lays down: a tea shop with a till, a web shop and a loyalty file, which runs.

`data/` holds the invented exports; `en/` and `fr/` the same project files with their comments in either language.
"""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,59}$")
_PLACEHOLDER = "my_shop"
_IGNORED = "# What a run makes, and what is nobody else's business.\nwarehouse/\nstate/\nout/\nreport.html\n"


class CannotBegin(ValueError):
    """A project cannot be laid down there; the message is a sentence for the user."""


def lay_down(folder: Path, language: str) -> list[str]:
    """Writes the starter project into a new folder and gives the files' names. Raises CannotBegin, nothing written."""
    if not _NAME.match(folder.name):
        raise CannotBegin(f"{folder.name!r} is not a name. Use letters, digits, '_' and '-', beginning with a letter.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotBegin(f"{folder.name!r} exists already. Choose another name.")
    files = _files(language)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_named(content, folder.name) if name == "parcours.toml" else content)
    return sorted(files)


def _files(language: str) -> dict[str, bytes]:
    home = resources.files(__package__)
    found = {".gitignore": _IGNORED.encode()}
    found |= dict(_below(home / language, PurePosixPath()))
    return found | dict(_below(home / "data", PurePosixPath("data")))


def _below(folder: Traversable, at: PurePosixPath) -> list[tuple[str, bytes]]:
    read = []
    for entry in folder.iterdir():
        if entry.is_dir():
            read += _below(entry, at / entry.name)
        else:
            read.append((str(at / entry.name), entry.read_bytes()))
    return read


def _named(content: bytes, name: str) -> bytes:
    """The settings under the project's own name."""
    return content.replace(_PLACEHOLDER.encode(), name.lower().encode())
