"""How a source writes its files, and one file of it made ready to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "excel", "fixed_width")
ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".xlsx": "excel", ".xlsm": "excel",
}  # fmt: skip
TEXT = ("csv", "tsv", "jsonl", "fixed_width")


class Refused(ValueError):
    """A whole file that cannot be read; the message says why, without showing what is in it."""


@dataclass(frozen=True)
class Pairs:
    """An array of keys and values, as GA4's `event_params`: `event_params.page_location` is the value of that key."""

    key: str = "key"
    values: tuple[str, ...] = ("value.string_value", "value.int_value", "value.float_value", "value.double_value")


@dataclass(frozen=True)
class Layout:
    """How files are written; what is empty or `auto` is found out from the file."""

    format: str = ""
    encoding: str = "auto"
    delimiter: str = "auto"
    quote: str = '"'
    header: bool = True
    names: tuple[str, ...] = ()
    widths: dict[str, int] = field(default_factory=dict)
    skip: int = 0
    sheet: str | None = None
    records: str = ""
    member: str = "*"
    pairs: dict[str, Pairs] = field(default_factory=dict)

    def format_of(self, name: str) -> str:
        """The format of a file: the declared one, else by its ending. Raises Refused when neither says it."""
        if self.format:
            return self.format
        if self.widths:
            return "fixed_width"
        ending = Path(name.lower().removesuffix(".gz")).suffix
        if ending not in ENDINGS:
            raise Refused(
                f"its ending {ending or '(none)'!r} does not say its format: "
                f"declare 'format', one of {', '.join(FORMATS)}"
            )
        return ENDINGS[ending]


@dataclass(frozen=True)
class Piece:
    """One plain file (UTF-8, lines ended the same way) that holds all or part of a delivery.

    `records` is how many records it has by a count of its own, independent of DuckDB's (None where the format says it
    itself). `bad` are records that are none: (line, rule, reason, text). `lines` says which line of the delivered file
    record n (from 0) stands on, as steps: from record `ordinal` on, the line is `ordinal + shift`.
    """

    name: str
    path: Path
    format: str
    size: int
    records: int | None = None
    delimiter: str = ","
    header: tuple[str, ...] | None = None
    quoted: bool = False
    bad: tuple[tuple[int, str, str, str], ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    careful: bool = False


@dataclass(frozen=True)
class Fetched:
    """What a pull brought: a file of rows, and where the next pull begins. No file: there was nothing new."""

    path: Path | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Offer:
    """One delivery that a source has to offer: a file that lies somewhere, or a pull that can be made (`fetch`).

    `name` is how every account calls it. `size` and `modified` (nanoseconds) are those of the file; when a file still
    has the ones it had, its bytes are not looked at again. `cursor` is where the pull that wrote the file came to.
    """

    name: str
    path: Path | None = None
    size: int = 0
    modified: int = 0
    fetch: Callable[[Path], Fetched] | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Where:
    """Where a source looks for deliveries: the project's folder, other folders it may read, and how far it came."""

    folder: Path
    now: datetime
    folders: tuple[Path, ...] = ()
    cursor: str | None = None
