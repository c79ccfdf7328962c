"""Makes any text file plain: valid UTF-8, no byte-order mark, lines ended by LF; and counts its records.

A file that is plain already is read where it lies. What is counted here is counted by other code than what parses
later, so that a row which the parser lost is noticed.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from parcours.engine.reader.layout import Refused

CHUNK = 4 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8 = ("utf-8", "utf8", "utf-8-sig", "utf_8", "utf_8_sig")
_LF, _CR = 10, 13


@dataclass
class Text:
    """What one look at a text file found."""

    size: int = 0
    lines: int = 0
    outside: int = 0  # line ends that stand outside of quotes
    quotes: int = 0
    returns: int = 0
    pairs: int = 0  # CR LF
    nul: bool = False
    last: int = _LF

    @property
    def records(self) -> int:
        """Records, when a record is a line that is not inside quotes."""
        return self.outside + (self.size > 0 and self.last != _LF)

    @property
    def plain_ends(self) -> bool:
        """Whether every line ends alike, by LF or by CR LF."""
        return self.returns == 0 or self.returns == self.pairs == self.lines


def make_plain(
    open_stream: Callable[[], Iterator[bytes]], path: Path | None, encoding: str, quote: str, target: Path
) -> tuple[Path, Text]:
    """The plain file of a stream (at `path` already, when it lies unpacked on the disk) and what was counted in it.

    Raises Refused, with the byte, for a file that is not written in its encoding.
    """
    mark, marked = _marked(next(open_stream(), b""))
    known = marked or encoding.lower()
    if known == "auto":
        try:
            return _ends_alike(*_as_utf8(open_stream, path, quote, target), quote, target)
        except _NotUtf8 as wrong:
            known = _otherwise(wrong)
    try:
        codec = codecs.lookup(known).name
    except LookupError:
        raise Refused(f"there is no encoding {known!r}") from None
    if codec in _UTF8 and not mark:
        return _ends_alike(*_as_utf8(open_stream, path, quote, target), quote, target)
    _write(_decoded(open_stream(), "utf-8" if codec in _UTF8 else codec, mark), target)
    return _ends_alike(target, _examined(_chunks(target), quote), quote, target)


def _as_utf8(
    open_stream: Callable[[], Iterator[bytes]], path: Path | None, quote: str, target: Path
) -> tuple[Path, Text]:
    chunks = _validated(open_stream())
    return (path or target), _examined(chunks if path else _kept(chunks, target), quote)


def _ends_alike(path: Path, text: Text, quote: str, target: Path) -> tuple[Path, Text]:
    """The file with all its lines ended the same way."""
    if text.plain_ends:
        return path, text
    ended = target.with_name(target.name + ".ended")
    _write(_ended(_chunks(path), old_mac=text.lines == 0), ended)
    ended.replace(target)
    return target, _examined(_chunks(target), quote)


def _otherwise(wrong: _NotUtf8) -> str:
    """The encoding of a file that is not UTF-8: cp1252, unless it is UTF-8 with a few damaged bytes (then Refused)."""
    text = wrong.around.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if sum(1 for letter in text if ord(letter) > 127) - damaged > damaged:
        raise Refused(f"it is UTF-8 with damaged bytes, the first at byte {wrong.position}") from None
    return "cp1252"


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """A stream in pieces that fit in memory."""
    while chunk := file.read(CHUNK):
        yield chunk


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        yield from chunks_of(file)  # type: ignore[arg-type]


def _kept(chunks: Iterator[bytes], target: Path) -> Iterator[bytes]:
    """The same bytes, written to a file as they pass."""
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            yield chunk


def _write(chunks: Iterator[bytes], target: Path) -> None:
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def _marked(start: bytes) -> tuple[bytes, str]:
    """The byte-order mark a file begins with, and the encoding it stands for."""
    return next(((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", ""))


class _NotUtf8(Refused):
    def __init__(self, position: int, around: bytes) -> None:
        super().__init__(
            f"it is not valid utf-8 at byte {position}: declare its encoding (cp1252, latin-1, utf-16 ...)"
        )
        self.position, self.around = position, around


def _validated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, if they are UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = 0
    for chunk in chunks:
        pending = decoder.getstate()[0]
        if pending or not chunk.isascii():
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _NotUtf8(before - len(pending) + error.start, pending + chunk) from None
        before += len(chunk)
        yield chunk
    if pending := decoder.getstate()[0]:
        raise _NotUtf8(before - len(pending), pending)


def _decoded(chunks: Iterator[bytes], encoding: str, mark: bytes) -> Iterator[bytes]:
    """The text in UTF-8, without its mark."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before, first = 0, True
    for chunk in chunks:
        if first and mark:
            chunk, before = chunk[len(mark) :], len(mark)
        first = False
        yield _step(decoder, chunk, before, encoding, final=False)
        before += len(chunk)
    yield _step(decoder, b"", before, encoding, final=True)


def _step(decoder: codecs.IncrementalDecoder, chunk: bytes, before: int, encoding: str, *, final: bool) -> bytes:
    pending = decoder.getstate()[0]
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"it is not valid {encoding} at byte {before - len(pending) + error.start}") from None


def _examined(chunks: Iterator[bytes], quote: str) -> Text:
    """Counts lines, quotes and what else tells how a file is written."""
    text = Text()
    mark = ord(quote) if len(quote) == 1 else -1
    open_quote = False
    for chunk in chunks:
        codes = np.frombuffer(chunk, np.uint8)
        ends = codes == _LF
        lines = int(np.count_nonzero(ends))
        is_quote = codes == mark if mark >= 0 else np.zeros(0, bool)
        quotes = int(np.count_nonzero(is_quote))
        if quotes or open_quote:
            before = np.searchsorted(np.flatnonzero(is_quote), np.flatnonzero(ends))
            text.outside += int(np.count_nonzero((before + open_quote) % 2 == 0))
            open_quote ^= quotes % 2 == 1
        else:
            text.outside += lines
        returns = int(np.count_nonzero(codes == _CR))
        if returns or text.last == _CR:
            text.pairs += chunk.count(b"\r\n") + (text.last == _CR and chunk[:1] == b"\n")
        text.nul = text.nul or not codes.all()
        text.size, text.lines, text.last = text.size + len(chunk), text.lines + lines, int(codes[-1])
        text.quotes, text.returns = text.quotes + quotes, text.returns + returns
    return text


def _ended(chunks: Iterator[bytes], *, old_mac: bool) -> Iterator[bytes]:
    """The text with LF at its line ends; a lone CR is one only where there is no other (old Mac), else a space."""
    lone = b"\n" if old_mac else b" "
    held = b""
    for chunk in chunks:
        chunk = held + chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        yield chunk[: len(chunk) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", lone)
    if held:
        yield lone
