"""Files that another system exports: CSV, JSON, Parquet, Excel, fixed width, packed or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from glob import iglob
from pathlib import Path

from parcours.engine.reader import FORMATS, Layout, Offer, Refused, Where
from parcours.model.kind import kind, setting


@dataclass(frozen=True)
class Numbers:
    """How numbers are written: `{decimal: ",", thousands: " "}`."""

    decimal: str = setting(".", doc="The decimal sign.", choices=(".", ","))
    thousands: str = setting("", doc="The sign between thousands; `space` stands for any blank; empty: there is none.")


@dataclass(frozen=True)
class Times:
    """How dates and times are written: `{format: "%d/%m/%Y %H:%M", zone: Europe/Paris}`."""

    format: str = setting(
        "", doc="As in strptime; several parted by `|`; `unix`, `unix_ms`, `unix_us`; empty: ISO 8601."
    )
    dates: str = setting("", doc="How a day without a time is written; else the day's part of `format`.")
    zone: str | None = setting(None, doc="The zone of times written without one; else the project's.")


@kind("files", of="source")
@dataclass(frozen=True)
class Files:
    """Files that another system exports into a folder: new ones land, changed ones correct, known ones are skipped."""

    path: str = setting(
        doc="Which files, from the project's folder: `data/till/*.csv`; `**` for folders within folders."
    )
    format: str = setting("", doc="How they are written; else by their ending.", choices=("", *FORMATS))
    encoding: str = setting(
        "auto", doc="`utf-8`, `cp1252`, `utf-16` ...; `auto` knows UTF-8 and UTF-16 and takes the rest for cp1252."
    )
    delimiter: str = setting("auto", doc="What stands between the fields of a CSV; `auto` finds `,` `;` tab or `|`.")
    quote: str = setting('"', doc="What stands around fields; empty: nothing does.")
    names: tuple[str, ...] = setting((), doc="The columns' names, for files without a header line.")
    widths: dict[str, int] = setting(
        default_factory=dict, doc="For fixed width: each column and how many characters it has."
    )
    skip: int = setting(0, doc="Lines before the header (or before the first row) that say something else.")
    sheet: str | None = setting(None, doc="The sheet of a workbook; else the first.")
    records: str = setting(
        "", doc="Where the rows are in a JSON document, as in `data.orders`; else it is a list of rows."
    )
    member: str = setting("*", doc="Which files inside a zip.")
    numbers: Numbers = setting(default_factory=Numbers, doc="How numbers are written.")
    times: Times = setting(default_factory=Times, doc="How dates and times are written.")

    def layout(self) -> Layout:
        """How the files are written."""
        return Layout(
            format=self.format,
            encoding=self.encoding,
            delimiter={"tab": "\t"}.get(self.delimiter, self.delimiter),
            quote=self.quote,
            names=self.names,
            widths=self.widths,
            skip=self.skip,
            sheet=self.sheet,
            records=self.records,
            member=self.member,
        )

    def offers(self, where: Where) -> list[Offer]:
        """Every file there is now. Raises Refused for a path that leaves the project's folder."""
        return list(offered(self.path, where))


def offered(pattern: str, where: Where) -> Iterator[Offer]:
    """The files that a pattern finds, named from the project's folder.

    A path stays inside of the project's folder, or of a folder that parcours.toml declares. A link that somebody made
    there is taken as their wish.
    """
    inside = Path(os.path.normpath(where.folder / pattern))
    allowed = [Path(os.path.normpath(folder)) for folder in (where.folder, *where.folders)]
    if not any(inside.is_relative_to(folder) for folder in allowed):
        raise Refused(f"its path {pattern!r} leaves the project's folder")
    for name in sorted(iglob(str(inside), recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        path = Path(name)
        if not path.is_file() or path.name.startswith("."):
            continue
        about = path.stat()
        home = allowed[0]
        shown = path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()
        yield Offer(shown, path, about.st_size, about.st_mtime_ns)
