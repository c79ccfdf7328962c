"""Takes deliveries out of gz and zip, one stream a member, without trusting what they claim to be."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from parcours.engine.reader.layout import Layout, Refused

# Exports shrink 5 to 30 times; deflate cannot do better than 1,032. What grows more than this is made to fill a disk.
LARGEST_RATIO = 250
SMALL = 256_000_000  # bytes: below this any ratio is harmless
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


def packed(path: Path) -> str:
    """How a file is packed, by its first bytes: "gz", "zip", or "" (an .xlsx is a zip that we leave alone)."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(_GZIP):
        return "gz"
    return "zip" if start == _ZIP and path.suffix.lower() not in (".xlsx", ".xlsm") else ""


def members(path: Path, name: str, layout: Layout) -> list[str]:
    """The files inside a delivery, by name; a file that is not a zip has one, itself.

    Raises Refused for a zip that cannot be read, is encrypted, or names files outside of itself.
    """
    if packed(path) != "zip":
        return [name]
    try:
        with zipfile.ZipFile(path) as archive:
            held = [info for info in archive.infolist() if not info.is_dir() and not _hidden(info.filename)]
    except (zipfile.BadZipFile, OSError) as error:
        raise Refused(f"it is not a whole zip: {error}") from None
    for info in held:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in info.filename[:3]:
            raise Refused("it holds a file whose name points outside of it")
        if info.flag_bits & 0x1:
            raise Refused("it is encrypted")
        if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            raise Refused(_too_large(info.compress_size))
    chosen = sorted(info.filename for info in held if fnmatch(info.filename, layout.member))
    if not chosen:
        raise Refused(f"it holds no file named {layout.member!r}" if held else "it is an empty zip")
    return chosen


@contextmanager
def stream(path: Path, member: str) -> Iterator[BinaryIO]:
    """The bytes of one member, unpacked as they are read. Raises Refused when they end too soon or are damaged."""
    kind = packed(path)
    size = path.stat().st_size
    try:
        if kind == "gz":
            with gzip.open(path) as file:
                yield _Limited(file, size)  # type: ignore[misc, arg-type]
        elif kind == "zip":
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                yield _Limited(file, archive.getinfo(member).compress_size)  # type: ignore[misc, arg-type]
        else:
            with path.open("rb", buffering=0) as file:
                yield file  # type: ignore[misc]
    except EOFError:
        raise Refused("it is cut short: the packed data ends before its end") from None
    except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise Refused(f"its packed data is damaged: {error}") from None
    except NotImplementedError as error:
        raise Refused(f"it is packed in a way that is not read here: {error}") from None


class _Limited:
    """A stream that stops a file from growing without end while it is unpacked."""

    def __init__(self, file: BinaryIO, packed_size: int) -> None:
        self._file, self._packed, self._given = file, packed_size, 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._given += len(chunk)
        if self._given > SMALL and self._given > LARGEST_RATIO * max(self._packed, 1):
            raise Refused(_too_large(self._packed))
        return chunk


def _too_large(packed_size: int) -> str:
    return f"it unpacks to more than {LARGEST_RATIO} times its size ({packed_size} bytes): that is no export"


def _hidden(name: str) -> bool:
    """What macOS and Windows add to archives."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db", "desktop.ini")
