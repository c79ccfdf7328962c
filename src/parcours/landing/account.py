"""What became of every row that a source delivered: the account that must add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class RefusedFile:
    """A whole file of which nothing landed, and why; the next run tries it again."""

    source: str
    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class SourceCount:
    """What a run received of a source.

    received = landed + rejected, and landed = new + corrected + repeated + set aside.

    A row is new when a key of it was never seen, corrected when it changes a known one, repeated when all it says was
    known already (or is older than what is known), set aside when the project says so or no table takes it.
    """

    source: str
    deliveries: int = 0
    received: int = 0
    landed: int = 0
    rejected: int = 0
    new: int = 0
    corrected: int = 0
    repeated: int = 0
    set_aside: int = 0
    aside: dict[str, int] = field(default_factory=dict)  # what was set aside, by name
    repeated_deliveries: int = 0  # files whose very bytes were known
    refused: tuple[RefusedFile, ...] = ()
    watermark: datetime | None = None  # the newest business time ever delivered

    @property
    def failed(self) -> bool:
        """Whether a whole file was refused."""
        return bool(self.refused)


@dataclass
class PieceCount:
    """The account of one file, or one member of an archive."""

    received: int = 0
    landed: int = 0
    rejected: int = 0
    new: int = 0
    corrected: int = 0
    repeated: int = 0
    aside: dict[str, int] = field(default_factory=dict)
    watermark: datetime | None = None

    @property
    def set_aside(self) -> int:
        return sum(self.aside.values())

    def check(self, name: str) -> None:
        """Raises LostRows when the account does not add up."""
        if self.received != self.landed + self.rejected:
            raise LostRows(
                f"{name}: {self.received} rows received, but {self.landed} landed and {self.rejected} rejected"
            )
        if self.landed != self.new + self.corrected + self.repeated + self.set_aside:
            raise LostRows(
                f"{name}: {self.landed} rows landed, but {self.new} new, {self.corrected} corrected, "
                f"{self.repeated} repeated and {self.set_aside} set aside"
            )


class LostRows(RuntimeError):
    """Rows went missing between a file and its table: a mistake of ours, and the run must not be published."""


def total(
    source: str,
    counts: list[PieceCount],
    *,
    deliveries: int,
    repeated_deliveries: int,
    refused: list[RefusedFile],
    watermark: datetime | None,
) -> SourceCount:
    """The account of a source, from those of its files."""
    aside: dict[str, int] = {}
    for count in counts:
        for name, rows in count.aside.items():
            aside[name] = aside.get(name, 0) + rows
    return SourceCount(
        source,
        deliveries,
        received=sum(c.received for c in counts),
        landed=sum(c.landed for c in counts),
        rejected=sum(c.rejected for c in counts),
        new=sum(c.new for c in counts),
        corrected=sum(c.corrected for c in counts),
        repeated=sum(c.repeated for c in counts),
        set_aside=sum(aside.values()),
        aside=aside,
        repeated_deliveries=repeated_deliveries,
        refused=tuple(refused),
        watermark=watermark,
    )
