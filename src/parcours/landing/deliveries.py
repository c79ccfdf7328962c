"""What was delivered: which files are new, which were seen before byte for byte, and the log of all of it."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from parcours.engine import Draft
from parcours.engine.reader import Offer
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.model.delivery import Delivery

# A file touched this shortly before it was read may have changed again within one tick of its clock: look at its bytes.
TICK = 2_000_000_000
CHUNK = 8 << 20


class FileGone(RuntimeError):
    """A mapping has changed, and a file that landed under the old one is not there to be read again."""


@dataclass(frozen=True)
class Found:
    """What a source offers now, parted by what is known of it."""

    new: tuple[tuple[Offer, str], ...]  # with the hash of their bytes
    again: tuple[tuple[Offer, str, Delivery], ...]  # known bytes under a new name
    same: int  # known bytes under their known name


@dataclass
class Log:
    """All deliveries of one source so far."""

    source: str
    entries: list[Delivery] = field(default_factory=list)

    @classmethod
    def of(cls, draft: Draft, source: str) -> Log:
        """The log as this run left it so far, else as the last published version has it."""
        table = draft.tables.get("deliveries")
        if table is None or source not in table.parts:
            table = draft.previous("deliveries")
        part = table.parts.get(source) if table else None
        if part is None:
            return cls(source)
        rows: list[Delivery] = []
        for path in draft.warehouse.paths([part]):
            rows += [Delivery(**row) for row in pq.read_table(path).to_pylist()]
        return cls(source, rows)

    @property
    def definition(self) -> str:
        return self.entries[-1].definition if self.entries else ""

    @property
    def cursor(self) -> str | None:
        return next((entry.cursor for entry in reversed(self.entries) if entry.cursor), None)

    @property
    def watermark(self) -> datetime | None:
        return max((entry.watermark for entry in self.entries if entry.watermark), default=None)

    def by_hash(self) -> dict[str, Delivery]:
        return {entry.content_hash: entry for entry in reversed(self.entries)}

    def write(self, draft: Draft) -> None:
        """Puts the log into the draft as the source's partition of `deliveries`."""
        if not self.entries:
            draft.declare("deliveries")
            return
        rows = [asdict(entry) for entry in self.entries]
        columns = schema(CONTRACTS["deliveries"].columns)
        draft.put(
            "deliveries", lambda: pa.Table.from_pylist(rows, schema=columns), settings=rows, partition=self.source
        )


def find(offers: Sequence[Offer], log: Log) -> Found:
    """Parts what is offered into new and known. Files are looked into only when they seem to have changed."""
    by_hash = log.by_hash()
    seen = {
        (entry.file, entry.bytes, entry.modified): entry
        for entry in log.entries
        if entry.modified < _nanoseconds(entry.landed_at) - TICK
    }
    named = {(entry.file, entry.content_hash) for entry in log.entries}
    new: list[tuple[Offer, str]] = []
    again: list[tuple[Offer, str, Delivery]] = []
    same, met = 0, dict(by_hash)
    for offer in sorted(offers, key=lambda each: natural(each.name)):
        if (offer.name, offer.size, offer.modified) in seen:
            same += 1
            continue
        assert offer.path is not None
        digest = hash_of(offer.path)
        if (offer.name, digest) in named:
            same += 1
        elif digest in met:
            again.append((offer, digest, met[digest]))
        elif any(digest == other for _, other in new):
            again.append((offer, digest, _pending(offer, digest)))
        else:
            new.append((offer, digest))
    return Found(tuple(new), tuple(again), same)


def _pending(offer: Offer, digest: str) -> Delivery:
    """Stands for a delivery of this very run, whose account is not known yet."""
    return Delivery(
        source="",
        file=offer.name,
        bytes=offer.size,
        content_hash=digest,
        batch="",
        received=0,
        landed=0,
        rejected=0,
        set_aside=0,
        repeated=0,
        corrected=0,
        watermark=None,
        landed_at=datetime.min,
        modified=0,
        definition="",
        cursor=None,
    )


def hash_of(path: Path) -> str:
    """The content hash of a file, read in a stream: XXH3, 128 bits (fast, and not meant against forgers)."""
    digest = xxhash.xxh3_128()
    if path.stat().st_size:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            for start in range(0, len(view), CHUNK):
                digest.update(view[start : start + CHUNK])
    return digest.hexdigest()


def natural(name: str) -> list[tuple[int, int, str]]:
    """Orders names as people do: part 9 before part 10. Later names are newer deliveries."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def batches(found: Sequence[tuple[Offer, str]], largest: int) -> Iterator[list[tuple[Offer, str]]]:
    """New deliveries in order, together as long as they are not too large to be landed in one go."""
    batch: list[tuple[Offer, str]] = []
    size = 0
    for offer, digest in found:
        if batch and size + offer.size > largest:
            yield batch
            batch, size = [], 0
        batch.append((offer, digest))
        size += offer.size
    if batch:
        yield batch


def repeated(known: Delivery, offer: Offer, digest: str, *, source: str, now: datetime, definition: str) -> Delivery:
    """The account of known bytes under a new name: every row that landed is a repeated one."""
    return replace(
        known,
        source=source,
        file=offer.name,
        bytes=offer.size,
        content_hash=digest,
        batch="",
        repeated=known.landed - known.set_aside,
        corrected=0,
        landed_at=now,
        modified=offer.modified,
        definition=definition,
    )


def as_dict(entry: Delivery) -> dict[str, Any]:
    """A delivery as JSON can hold it."""
    row = asdict(entry)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def from_dict(row: dict[str, Any]) -> Delivery:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("watermark", "landed_at")}
    return Delivery(**{**row, **times})


def _nanoseconds(moment: datetime) -> int:
    return (
        int(moment.timestamp() * 1_000_000_000)
        if moment.tzinfo
        else int((moment - datetime(1970, 1, 1)).total_seconds() * 1_000_000_000)
    )
