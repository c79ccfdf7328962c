"""Lands one batch of new deliveries: opened, parsed, settled, written as one folder, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from parcours.engine import Draft, fingerprint
from parcours.engine.reader import Layout, Offer, Piece, Refused, Shape, open_delivery, shape_of
from parcours.landing import rejection
from parcours.landing.account import PieceCount, RefusedFile
from parcours.landing.deliveries import as_dict, from_dict
from parcours.landing.mapping import plan
from parcours.landing.plan import Plan, Setting
from parcours.landing.settle import Landed, Settlement
from parcours.landing.stage import Stage, Staged, Unreadable, check_columns, connect
from parcours.model.delivery import Delivery
from parcours.project.definitions import Mapping as TableMapping
from parcours.project.definitions import Source

MIXED = ("jsonl", "parquet")
ACCOUNT = "account.json"


@dataclass(frozen=True)
class Work:
    """What landing a batch needs to know: the source, how it is mapped, and what the machine gives."""

    source: Source
    tables: Mapping[str, TableMapping]
    layout: Layout
    setting: Setting
    definition: str
    memory: str
    threads: int


@dataclass
class Batch:
    """What a landed batch holds: its deliveries, files by month, and files that could not be landed."""

    seq: int
    folder: Path
    deliveries: list[Delivery] = field(default_factory=list)
    counts: list[PieceCount] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)

    def months(self) -> dict[str, list[Path]]:
        """The files of landed rows, by month."""
        found: dict[str, list[Path]] = {}
        for file in sorted(self.folder.glob("*~*.parquet")):
            month = file.name.rsplit("~", 1)[0]
            if not month.startswith("superseded"):
                found.setdefault(month, []).append(file)
        return found

    def voids(self) -> dict[str, Path]:
        """The files that say which earlier rows no longer count, by the month those lie in."""
        return {
            file.name.removeprefix("superseded~").removesuffix(".parquet"): file
            for file in sorted(self.folder.glob("superseded~*.parquet"))
        }

    @property
    def rejected(self) -> Path:
        return self.folder / "rejected.parquet"


def land_batch(
    draft: Draft,
    work: Work,
    offers: Sequence[tuple[Offer, str]],
    landed: Landed,
    seq: int,
    note: Callable[[int], None] = lambda done: None,
) -> Batch:
    """Lands new deliveries together; what a killed run had finished is taken as it is."""
    name = f"landing_{work.source.name}"
    known = fingerprint(
        [
            work.definition,
            seq,
            [[offer.name, digest] for offer, digest in offers],
            [str(file.relative_to(draft.warehouse.folder)) for file in (*landed.files, *landed.void)],
        ]
    )
    folder = draft.warehouse.folder / "data" / name / f"{seq:06d}-{known}"
    if folder.is_dir():
        return _read(folder, seq)
    unfinished = draft.unfinished(f"{name}-{seq:06d}")
    unfinished.mkdir(parents=True)
    scratch = draft.unfinished(f"{name}-{seq:06d}-scratch")
    try:
        batch = _make(draft, work, offers, landed, seq, unfinished, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    note(len(offers))
    if not batch.deliveries:
        shutil.rmtree(unfinished)
        return batch
    if folder.exists():
        shutil.rmtree(folder)
    draft.finish(unfinished, folder)
    batch.folder = folder
    return batch


def _make(
    draft: Draft, work: Work, offers: Sequence[tuple[Offer, str]], landed: Landed, seq: int, folder: Path, scratch: Path
) -> Batch:
    batch = Batch(seq, folder)
    plans = Plans(work)
    opened: list[tuple[Offer, str, list[Piece]]] = []
    staged: list[Staged] = []
    for number, (offer, digest) in enumerate(offers):
        try:
            assert offer.path is not None
            pieces = open_delivery(offer.path, offer.name, work.layout, scratch / f"open_{number}")
            shapes = [shape_of(piece, work.layout) for piece in pieces]
            for piece, shape in zip(pieces, shapes):
                if piece.size or piece.format == "parquet":
                    check_columns(shape, plans(shape))
        except Refused as why:
            batch.refused.append(RefusedFile(work.source.name, offer.name, str(why)))
            continue
        staged += [
            Staged(len(staged) + position, len(opened), piece, shape)
            for position, (piece, shape) in enumerate(zip(pieces, shapes))
        ]
        opened.append((offer, digest, pieces))
    if not opened:
        return batch
    return settle(draft, work, plans, opened, staged, landed, batch, scratch)


def settle(
    draft: Draft,
    work: Work,
    plans: Plans,
    opened: Sequence[tuple[Offer, str, list[Piece]]],
    staged: list[Staged],
    landed: Landed,
    batch: Batch,
    scratch: Path,
) -> Batch:
    """Parses and settles opened pieces, and writes all that the batch holds."""
    connection = connect(memory=work.memory, threads=work.threads, temporary=scratch / "spill")
    try:
        stage = Stage(connection, plans, work.layout, scratch)
        try:
            stage.read(staged)
        except Unreadable as why:
            return _without(why, draft, work, plans, opened, staged, landed, batch, scratch)
        settlement = None
        if not stage.empty:
            settlement = Settlement(stage, plans.any, landed, batch.seq)
            settlement.settle(batch.folder)
    finally:
        connection.close()
    _write_rejected(work, plans, staged, batch)
    if settlement is not None:
        _write_voids(settlement, batch)
    for number, (offer, digest, _) in enumerate(opened):
        counts = [each.count for each in staged if each.delivery == number]
        batch.counts += counts
        batch.deliveries.append(_delivery(draft, work, offer, digest, counts, batch.seq))
    account = {
        "deliveries": [as_dict(entry) for entry in batch.deliveries],
        "counts": [_count_as_dict(count) for count in batch.counts],
        "refused": [[each.source, each.file, each.reason] for each in batch.refused],
    }
    (batch.folder / ACCOUNT).write_text(json.dumps(account, ensure_ascii=False), encoding="utf-8")
    return batch


def _without(
    why: Unreadable,
    draft: Draft,
    work: Work,
    plans: Plans,
    opened: Sequence[tuple[Offer, str, list[Piece]]],
    staged: list[Staged],
    landed: Landed,
    batch: Batch,
    scratch: Path,
) -> Batch:
    """The batch without the delivery that could not be read."""
    number = why.staged.delivery
    batch.refused.append(RefusedFile(work.source.name, opened[number][0].name, str(why)))
    left = [each for position, each in enumerate(opened) if position != number]
    kept = [each for each in staged if each.delivery != number]
    again = [
        Staged(position, each.delivery - (each.delivery > number), each.piece, each.shape)
        for position, each in enumerate(kept)
    ]
    return settle(draft, work, plans, left, again, landed, batch, scratch) if left else batch


class Plans:
    """The compiled mapping of a source, for each way its numbers may come."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._made: dict[bool, Plan] = {}

    def __call__(self, shape: Shape) -> Plan:
        return self._plan(mixed=shape.format in MIXED)

    @property
    def any(self) -> Plan:
        """The plan as far as it is the same for all files."""
        return next(iter(self._made.values())) if self._made else self._plan(mixed=False)

    def _plan(self, *, mixed: bool) -> Plan:
        if mixed not in self._made:
            work = self._work
            try:
                self._made[mixed] = plan(work.source, dict(work.tables), work.setting, mixed=mixed)
            except ValueError as error:
                raise Refused(f"{work.source.place}: an expression cannot be worked out: {error}") from None
        return self._made[mixed]


def _delivery(draft: Draft, work: Work, offer: Offer, digest: str, counts: Sequence[PieceCount], seq: int) -> Delivery:
    moments = [count.watermark for count in counts if count.watermark]
    return Delivery(
        source=work.source.name,
        file=offer.name,
        bytes=offer.size,
        content_hash=digest,
        batch=str(seq),
        received=sum(c.received for c in counts),
        landed=sum(c.landed for c in counts),
        rejected=sum(c.rejected for c in counts),
        set_aside=sum(c.set_aside for c in counts),
        repeated=sum(c.repeated for c in counts),
        corrected=sum(c.corrected for c in counts),
        watermark=max(moments, default=None),
        landed_at=draft.now.replace(tzinfo=None),
        modified=offer.modified,
        definition=work.definition,
        cursor=offer.cursor,
    )


def _write_rejected(work: Work, plans: Plans, staged: Sequence[Staged], batch: Batch) -> None:
    rows: list[dict[str, Any]] = []
    for each in staged:
        if each.bad or each.piece.bad:
            rows += rejection.rejected(work.source.name, [each], plans(each.shape), work.layout)
    if rows:
        pq.write_table(rejection.table(rows), batch.rejected)


def _write_voids(settlement: Settlement, batch: Batch) -> None:
    void = settlement.superseded()
    for month in sorted(set(void["partition"].to_pylist())):
        mask = [held == month for held in void["partition"].to_pylist()]
        pq.write_table(void.filter(mask), batch.folder / f"superseded~{month}.parquet")


def _count_as_dict(count: PieceCount) -> dict[str, Any]:
    return {**count.__dict__, "watermark": count.watermark.isoformat() if count.watermark else None}


def _read(folder: Path, seq: int) -> Batch:
    account = json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))
    counts = [
        PieceCount(**{**count, "watermark": datetime.fromisoformat(count["watermark"]) if count["watermark"] else None})
        for count in account["counts"]
    ]
    return Batch(
        seq,
        folder,
        [from_dict(row) for row in account["deliveries"]],
        counts,
        [RefusedFile(*each) for each in account["refused"]],
    )
