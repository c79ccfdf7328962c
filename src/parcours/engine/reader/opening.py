"""Makes the pieces of a delivery: unpacked, in UTF-8, counted, with their header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from parcours.engine.reader import unpack
from parcours.engine.reader.documents import to_lines
from parcours.engine.reader.layout import TEXT, Layout, Piece, Refused
from parcours.engine.reader.plain import chunks_of, make_plain
from parcours.engine.reader.records import careful
from parcours.engine.reader.shape import header_of
from parcours.engine.reader.sheets import sheet_to_parquet


def open_delivery(path: Path, name: str, layout: Layout, scratch: Path) -> list[Piece]:
    """The pieces of a delivered file, ready to be read; what had to be rewritten lies in `scratch`.

    Raises Refused, saying why, when nothing of the file may be landed.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    pieces = []
    for number, member in enumerate(unpack.members(path, name, layout)):
        shown = name if member == name else f"{name}/{member}"
        try:
            pieces.append(_piece(path, member, shown, layout, scratch / f"{number}.plain"))
        except Refused as why:
            raise why if member == name else Refused(f"{member}: {why}") from None
    return pieces


def _piece(path: Path, member: str, shown: str, layout: Layout, target: Path) -> Piece:
    kind = layout.format_of(path.name if member == shown else member)
    here = path if not unpack.packed(path) else None
    if kind in ("parquet", "excel"):
        return _binary(here or _unpacked(path, member, target), shown, kind, layout, target)
    plain, text = make_plain(
        _streams(path, member), here, layout.encoding, layout.quote if kind in ("csv", "tsv") else "", target
    )
    if kind == "json":
        lines = to_lines(plain, layout.records, target.with_suffix(".lines"))
        if lines != plain:
            plain, text = make_plain(_streams(lines, ""), lines, "utf-8", "", target.with_suffix(".again"))
        kind = "jsonl"
    piece = Piece(shown, plain, kind, text.size, records=text.records, quoted=text.quotes > 0)
    if kind in ("csv", "tsv") and text.size:
        piece = _with_header(piece, layout)
    if text.nul and kind in TEXT:
        piece = careful(piece, layout, target.with_suffix(".whole"))
    return piece


def _with_header(piece: Piece, layout: Layout) -> Piece:
    delimiter, names = header_of(piece.path, layout, tabs=piece.format == "tsv")
    counted = (piece.records or 0) - layout.skip - (not layout.names)
    return replace(piece, delimiter=delimiter, header=names, records=max(counted, 0))


def _binary(path: Path, shown: str, kind: str, layout: Layout, target: Path) -> Piece:
    if kind == "excel":
        parquet, rows = sheet_to_parquet(path, layout, target.with_suffix(".parquet"))
        return Piece(shown, parquet, "parquet", path.stat().st_size, records=rows, lines=((0, 2 + layout.skip),))
    try:
        rows = pq.read_metadata(path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise Refused(f"it is not a whole Parquet file: {str(error).splitlines()[0]}") from None
    return Piece(shown, path, "parquet", path.stat().st_size, records=rows)


def _streams(path: Path, member: str) -> Callable[[], Iterator[bytes]]:
    """A function that begins to read the unpacked bytes anew each time it is called."""

    def begin() -> Iterator[bytes]:
        with unpack.stream(path, member) as file:
            yield from chunks_of(file)

    return begin


def _unpacked(path: Path, member: str, target: Path) -> Path:
    with unpack.stream(path, member) as file, target.open("wb") as out:
        for chunk in chunks_of(file):
            out.write(chunk)
    return target
