"""Reads records of a text file one by one, the careful way: for files in which the fast parser stumbles.

It says of every record whether it is whole, keeps those that are not with their line and the reason, and finds again
the originals of rows that were rejected later.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

from parcours.engine.reader.layout import Layout, Piece

# A quoted field may go on over line ends, but not for ever: after this, the quote was never closed.
MOST_LINES = 1_000
# The parser sets aside sixteen times this; nobody writes a row of two megabytes on purpose.
LARGEST_RECORD = 2_000_000
csv.field_size_limit(1 << 27)


@dataclass(frozen=True)
class Record:
    """One record of a text file: the line it begins on (from 1), its text, and why it is none ("" when it is whole)."""

    line: int
    text: str
    rule: str = ""
    reason: str = ""


def records(piece: Piece, layout: Layout) -> Iterator[Record]:
    """The records of a text piece in order, without header and blank lines; those that are broken say so."""
    lines = _lines(piece.path)
    skipped = layout.skip + (piece.header is not None and not layout.names and piece.format in ("csv", "tsv"))
    for _ in islice(lines, layout.skip):
        pass
    if skipped > layout.skip:
        next(_csv(lines, piece, layout.quote, None), None)
    if piece.format in ("csv", "tsv"):
        yield from _csv(lines, piece, layout.quote, len(piece.header or ()))
        return
    for number, text in lines:
        if text.strip():
            yield Record(number, text, *(("nul", "it holds a NUL character") if "\0" in text else ()))


def careful(piece: Piece, layout: Layout, target: Path) -> Piece:
    """The piece with only its whole records, in a file of their own, and the broken ones listed.

    Records with quotes are written anew, quoted by the book: the fast parser takes a quote amid a field for an error.
    """
    bad, steps, count, shift = [], [], 0, None
    quoted = layout.quote if piece.format in ("csv", "tsv") else ""
    with target.open("w", encoding="utf-8", newline="") as file:
        tidy = csv.writer(file, delimiter=piece.delimiter or ",", quotechar=quoted or '"', lineterminator="\n")
        if piece.header is not None and not layout.names and piece.format in ("csv", "tsv"):
            csv.writer(file, delimiter=piece.delimiter, lineterminator="\n").writerow(piece.header)
        for record in records(piece, layout):
            if record.rule:
                bad.append((record.line, record.rule, record.reason, record.text))
                continue
            if record.line - count != shift:
                shift = record.line - count
                steps.append((count, shift))
            if quoted and quoted in record.text:
                tidy.writerow(_fields(record.text, piece.delimiter, quoted))
            else:
                file.write(record.text + "\n")
            count += 1
    return replace(piece, path=target, records=count, bad=tuple(bad), lines=tuple(steps), careful=True)


def originals(piece: Piece, layout: Layout, ordinals: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """The records with these ordinals (from 0) of a text piece: (ordinal, line, the record as JSON)."""
    own = replace(layout, skip=0) if piece.careful else layout
    wanted, last = set(ordinals), max(ordinals, default=-1)
    for ordinal, record in enumerate(records(piece, own)):
        if ordinal in wanted:
            line = _line_of(piece, ordinal) if piece.lines else record.line
            yield ordinal, line, as_json(piece, layout, record.text)
        if ordinal >= last:
            return


def as_json(piece: Piece, layout: Layout, text: str) -> str:
    """A record's text as a JSON object by column names; as one text when it cannot be parted."""
    if piece.format == "jsonl":
        try:
            json.loads(text)
            return text.strip()
        except ValueError:
            return json.dumps({"": text}, ensure_ascii=False)
    if piece.format == "fixed_width":
        return json.dumps(_cut(text, layout.widths), ensure_ascii=False)
    try:
        fields = next(
            csv.reader(
                io.StringIO(text),
                delimiter=piece.delimiter,
                quotechar=layout.quote or None,
                quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
                strict=True,
            ),
            [],
        )
    except csv.Error:
        return json.dumps({"": text}, ensure_ascii=False)
    if piece.header is None or len(fields) != len(piece.header):
        return json.dumps({"": text}, ensure_ascii=False)
    return json.dumps(dict(zip(piece.header, fields)), ensure_ascii=False)


def _cut(text: str, widths: dict[str, int]) -> dict[str, str]:
    cut: dict[str, str] = {}
    start = 0
    for name, width in widths.items():
        cut[name] = text[start : start + width].strip()
        start += width
    return cut


def _line_of(piece: Piece, ordinal: int) -> int:
    shift = 0
    for first, step in piece.lines:
        if first > ordinal:
            break
        shift = step
    return ordinal + shift


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="\n", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            yield number, line.removesuffix("\n").removesuffix("\r")


def _csv(lines: Iterator[tuple[int, str]], piece: Piece, quote: str, width: int | None) -> Iterator[Record]:
    """The records of a CSV file; one whose quotes do not close is its first line, and reading goes on after it."""
    waiting: deque[tuple[int, str]] = deque()  # lines looked at ahead, to be read again

    def take() -> tuple[int, str]:
        return waiting.popleft() if waiting else next(lines, (0, ""))

    while (line := take())[0]:
        number, text = line
        if not text:
            continue
        if not quote or quote not in text:
            yield _judged(number, text, text.count(piece.delimiter) + 1, width)
            continue
        ahead: list[tuple[int, str]] = []
        state = _after(text, piece.delimiter, quote, inside=False)
        while state == "inside" and len(ahead) < MOST_LINES and (more := take())[0]:
            ahead.append(more)
            state = _after(more[1], piece.delimiter, quote, inside=True)
        joined = "\n".join([text, *(more for _, more in ahead)])
        found = _width(joined, piece.delimiter, quote) if state == "whole" else 0
        if state == "whole" and (not ahead or width is None or found == width):
            yield _judged(number, joined, found, width)
            continue
        waiting.extendleft(reversed(ahead))
        yield Record(number, text, "quotes", "a quote is opened and not closed, or closed too early")


def _after(line: str, delimiter: str, quote: str, *, inside: bool) -> str:
    """Where a line leaves the reader: the record is "whole", still "inside" quotes, or "broken"."""
    whole, open_ = _grammar(delimiter, quote)[inside]
    if quote not in line and inside:
        return "inside"
    if whole.fullmatch(line):
        return "whole"
    return "inside" if open_.fullmatch(line) else "broken"


def _judged(number: int, text: str, found: int, width: int | None) -> Record:
    if "\0" in text:
        return Record(number, text, "nul", "it holds a NUL character")
    if len(text) > LARGEST_RECORD // 4 and len(text.encode()) > LARGEST_RECORD:
        return Record(
            number, text[:1000], "length", f"it is longer than {LARGEST_RECORD} bytes: a quote is not closed?"
        )
    if width is not None and found != width:
        return Record(number, text, "fields", f"it has {found} fields, the header {width}")
    return Record(number, text)


def _width(text: str, delimiter: str, quote: str) -> int:
    return len(_fields(text, delimiter, quote))


def _fields(text: str, delimiter: str, quote: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote), [])


@cache
def _grammar(delimiter: str, quote: str) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """Lines that end a record and lines that leave a quote open: begun outside of quotes, and inside."""
    d, q = re.escape(delimiter), re.escape(quote)
    quoted = f"(?:[^{q}]|{q}{q})*+"
    field = f"(?:{q}{quoted}{q}|[^{d}{q}][^{d}]*+|)"
    outside = (f"{field}(?:{d}{field})*+", f"(?:{field}{d})*{q}{quoted}")
    inside = (f"{quoted}{q}(?:{d}{field})*+", f"{quoted}(?:{q}{d}(?:{field}{d})*{q}{quoted})?")
    return tuple((re.compile(whole, re.DOTALL), re.compile(open_, re.DOTALL)) for whole, open_ in (outside, inside))
