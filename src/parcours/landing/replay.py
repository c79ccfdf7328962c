"""Tries rejected rows again, after the mapping was mended. What has landed stays as it is."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from parcours.engine import Draft, fingerprint
from parcours.engine.reader import Offer, Piece, shape_of
from parcours.landing import rejection
from parcours.landing.account import PieceCount, SourceCount, total
from parcours.landing.batch import Batch, Plans, Work, settle
from parcours.landing.deliveries import Log
from parcours.landing.landing import adopt, carry, landed, last_batch, work_of
from parcours.landing.stage import Staged
from parcours.model.delivery import Delivery
from parcours.project import Project

Row = dict[str, Any]


def replay(draft: Draft, project: Project, source: str) -> SourceCount:
    """Lands what now can land of a source's rejected rows; the others stay rejected, with the reason of today.

    The source counts as read under the mapping of today, so that files which are gone are not asked for.
    """
    work = work_of(project, project.sources[source])
    log = Log.of(draft, source)
    carry(draft, source)
    rows = _rejected(draft, source)
    tried = [row for row in rows if _readable(row)]
    log.entries = [replace(entry, definition=work.definition) for entry in log.entries]
    if not tried:
        log.write(draft)
        return total(source, [], deliveries=0, repeated_deliveries=0, refused=[], watermark=log.watermark)
    seq = last_batch(draft, log) + 1
    batch, pieces = _land(draft, work, tried, [row for row in rows if not _readable(row)], seq)
    for key in [key for key in draft.table("rejected").parts if key.split("/")[0] == source]:
        draft.drop("rejected", key)  # those that are still rejected lie in the new batch
    adopt(draft, source, batch)
    counts = dict(zip(pieces, batch.counts))
    log.entries = [_corrected(entry, counts) for entry in log.entries]
    log.write(draft)
    return total(source, batch.counts, deliveries=0, repeated_deliveries=0, refused=[], watermark=log.watermark)


def _rejected(draft: Draft, source: str) -> list[Row]:
    if not draft.has("rejected"):
        return []
    parts = [part for key, part in sorted(draft.table("rejected").parts.items()) if key.split("/")[0] == source]
    return [row for path in draft.warehouse.paths(parts) for row in pq.read_table(path).to_pylist()]


def _readable(row: Row) -> bool:
    """Whether the original could be parted into columns at all."""
    return isinstance(found := json.loads(row["original"] or "null"), dict) and set(found) != {""}


def _land(draft: Draft, work: Work, rows: Sequence[Row], hopeless: Sequence[Row], seq: int) -> tuple[Batch, list[str]]:
    """Lands rejected rows as a batch of their own: a piece for each file they came from."""
    name = f"landing_{work.source.name}"
    mark = fingerprint([work.definition, seq, rows])
    unfinished = draft.unfinished(f"{name}-replay")
    unfinished.mkdir(parents=True)
    scratch = draft.unfinished(f"{name}-replay-scratch")
    scratch.mkdir(parents=True)
    files = list(dict.fromkeys(str(row["file"]) for row in rows))
    layout = replace(work.layout, names=(), skip=0, quote='"')
    plans = Plans(work)
    staged = []
    for number, file in enumerate(files):
        piece = _piece([row for row in rows if row["file"] == file], file, scratch / str(number))
        staged.append(Staged(number, 0, piece, shape_of(piece, layout)))
    offer = Offer(f"rejected rows of {work.source.name}")
    batch = settle(
        draft,
        replace(work, layout=layout),
        plans,
        [(offer, mark, [each.piece for each in staged])],
        staged,
        landed(draft, work.source.name),
        Batch(seq, unfinished),
        scratch,
    )
    left = [*hopeless, *(pq.read_table(batch.rejected).to_pylist() if batch.rejected.exists() else ())]
    if left:
        pq.write_table(rejection.table(left), batch.rejected)
    folder = draft.warehouse.folder / "data" / name / f"{seq:06d}-{mark}"
    if not folder.exists():
        draft.finish(unfinished, folder)
    batch.folder = folder
    return batch, files


def _piece(rows: Sequence[Row], file: str, target: Path) -> Piece:
    """Originals as a file: lines of JSON where they were nested, CSV where they had plain columns."""
    originals = [json.loads(row["original"]) for row in rows]
    lines = tuple((ordinal, int(row["line"] or 0) - ordinal) for ordinal, row in enumerate(rows))
    plain = all(isinstance(value, str) or value is None for original in originals for value in original.values())
    if not plain:
        target.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in originals), encoding="utf-8")
        return Piece(file, target, "jsonl", target.stat().st_size, records=len(rows), lines=lines)
    header = tuple(dict.fromkeys(name for original in originals for name in original))
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        writer.writerows([[original.get(name) or "" for name in header] for original in originals])
    return Piece(
        file,
        target,
        "csv",
        target.stat().st_size,
        records=len(rows),
        header=header,
        quoted=True,
        lines=lines,
        careful=True,
    )


def _corrected(entry: Delivery, counts: dict[str, PieceCount]) -> Delivery:
    """A delivery's account with the rows that have landed since; the first delivery of a file bears them."""
    count = counts.pop(entry.file, None)
    if count is None:
        return entry
    return replace(
        entry,
        landed=entry.landed + count.landed,
        rejected=entry.rejected - count.landed,
        set_aside=entry.set_aside + count.set_aside,
        repeated=entry.repeated + count.repeated,
        corrected=entry.corrected + count.corrected,
    )
