"""Lands every new delivery of every source."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from parcours.engine import Draft, fingerprint
from parcours.engine.reader import Offer, Refused, Where
from parcours.landing import deliveries
from parcours.landing.account import PieceCount, RefusedFile, SourceCount, total
from parcours.landing.batch import Batch, Work, land_batch
from parcours.landing.deliveries import FileGone, Log
from parcours.landing.plan import VERSION, Setting
from parcours.landing.settle import Landed
from parcours.model.delivery import Delivery
from parcours.project import Project
from parcours.project.definitions import Mapping, Source

Progress = Callable[..., None]

# Deliveries are landed together up to this size (packed, as they lie): what a killed run had finished of them stays.
LARGEST_BATCH = 8_000_000_000
MEMORY = "2GB"


def land(
    draft: Draft, project: Project, *, progress: Progress = lambda *_, **__: None, only: tuple[str, ...] = ()
) -> list[SourceCount]:
    """Lands what is new of each source (of those named, when `only` names some); gives the account of each."""
    counts = []
    names = sorted(project.sources)
    for number, name in enumerate(names):
        if name not in project.sources or (only and name not in only):
            carry(draft, name)
            Log.of(draft, name).write(draft)
            continue
        progress("landing", number, len(names), name)
        counts.append(_land_source(draft, project, project.sources[name], progress))
    for table in ("deliveries", "rejected"):
        draft.declare(table)
    progress("landing", len(names), len(names))
    return counts


def work_of(project: Project, source: Source) -> Work:
    """Everything that decides how a source's deliveries land."""
    tables = dict(source.tables)
    setting = Setting(project.zone, project.currency, project.identity.country or project.country)
    layout = source.kind.layout()
    return Work(
        source,
        tables,
        layout,
        setting,
        definition_of(source, tables, setting),
        project.engine.memory or MEMORY,
        project.engine.threads or 0,
    )


def definition_of(source: Source, tables: dict[str, Mapping], setting: Setting) -> str:
    """Changes when the same file would land differently; where things lie and are written does not matter."""
    kind = source.kind
    told = kind.definition() if hasattr(kind, "definition") else []
    styles = [repr(getattr(kind, name, None)) for name in ("numbers", "times")]
    return fingerprint(
        [VERSION, repr(kind.layout()), told, styles, repr(setting), [_plain(each) for each in tables.values()]]
    )


def _plain(value: Any) -> Any:
    """A definition without the places it is written at."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "place"}
    if isinstance(value, dict):
        return [[key, _plain(inner)] for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.sql("duckdb") if hasattr(value, "sql") else value


def _land_source(draft: Draft, project: Project, source: Source, progress: Progress) -> SourceCount:
    work = work_of(project, source)
    log = Log.of(draft, source.name)
    changed = bool(log.entries) and log.definition != work.definition
    known = Log(source.name) if changed else log
    pulled = draft.unfinished(f"pull-{source.name}")
    try:
        offers = _fetched(
            source.kind.offers(
                Where(project.folder, draft.now, cursor=known.cursor, folders=getattr(project, "source_folders", ()))
            ),
            pulled,
        )
    except Refused as why:
        carry(draft, source.name)
        log.write(draft)
        return total(
            source.name,
            [],
            deliveries=0,
            repeated_deliveries=0,
            refused=[RefusedFile(source.name, source.name, str(why))],
            watermark=log.watermark,
        )
    found = deliveries.find(offers, known)
    if changed:
        _nothing_gone(log, found, source)
    else:
        carry(draft, source.name)
    first = last_batch(draft, log) + 1
    try:
        return _land_found(draft, work, found, known, progress, seq=first)
    finally:
        shutil.rmtree(pulled, ignore_errors=True)


def _fetched(offers: Sequence[Offer], scratch: Path) -> list[Offer]:
    """The offers as files: pulls are made now; one that brings nothing new is left out."""
    files = []
    for number, offer in enumerate(offers):
        if offer.fetch is None:
            files.append(offer)
            continue
        folder = scratch / str(number)
        folder.mkdir(parents=True)
        fetched = offer.fetch(folder)
        if fetched.path is not None:
            files.append(
                replace(offer, path=fetched.path, size=fetched.path.stat().st_size, fetch=None, cursor=fetched.cursor)
            )
    return files


def last_batch(draft: Draft, log: Log) -> int:
    """The number of the last batch of a source; a replay is one that stands in no delivery."""
    numbers = [int(entry.batch) for entry in log.entries if entry.batch]
    for table in (draft.previous(f"landing_{log.source}"), draft.tables.get(f"landing_{log.source}")):
        numbers += [int(part.split("/")[1]) for part in table.parts] if table else []
    return max(numbers, default=0)


def _land_found(
    draft: Draft, work: Work, found: deliveries.Found, log: Log, progress: Progress, *, seq: int
) -> SourceCount:
    """Lands what is new, then notes what was seen before."""
    name = work.source.name
    refused: list[RefusedFile] = []
    counts: list[PieceCount] = []
    before = len(log.entries)
    for batch_of in deliveries.batches(found.new, LARGEST_BATCH):
        batch = land_batch(draft, work, batch_of, landed(draft, name), seq)
        refused += batch.refused
        counts += batch.counts
        log.entries += batch.deliveries
        if batch.deliveries:
            adopt(draft, name, batch)
            seq += 1
        progress("landing", before, before + len(log.entries), name)
    again = _again(draft, work, found, log)
    log.entries += again
    counts += [_as_count(entry) for entry in again]
    log.write(draft)
    return total(
        name,
        counts,
        deliveries=len(log.entries) - before,
        repeated_deliveries=len(again),
        refused=refused,
        watermark=log.watermark,
    )


def _again(draft: Draft, work: Work, found: deliveries.Found, log: Log) -> list[Delivery]:
    """Entries for known bytes under new names."""
    by_hash = log.by_hash()
    return [
        deliveries.repeated(
            by_hash[digest],
            offer,
            digest,
            source=work.source.name,
            now=draft.now.replace(tzinfo=None),
            definition=work.definition,
        )
        for offer, digest, _ in found.again
        if digest in by_hash
    ]


def _as_count(entry: Delivery) -> PieceCount:
    return PieceCount(
        entry.received,
        entry.landed,
        entry.rejected,
        0,
        0,
        entry.landed - entry.set_aside,
        {"set aside before": entry.set_aside} if entry.set_aside else {},
        entry.watermark,
    )


def _nothing_gone(log: Log, found: deliveries.Found, source: Source) -> None:
    """Raises FileGone when a changed mapping needs a file that is no longer there. (A pull is made anew.)"""
    there = {digest for _, digest in found.new} | {digest for _, digest, _ in found.again}
    gone = [entry.file for entry in log.entries if entry.content_hash not in there and entry.cursor is None]
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise FileGone(
            f"{source.place}: how {source.name!r} is read has changed, and {gone[0]}{more}, landed before, cannot be "
            f"read again: the file is gone. Put it back, or keep what has landed: 'parcours run --replay {source.name}'"
        )


# -- the draft's tables


def carry(draft: Draft, source: str) -> None:
    """Takes over what the last version has of a source, unless this run has begun to change it."""
    if draft.has("deliveries") and source in draft.table("deliveries").parts:
        return
    for name, belongs in (
        (f"landing_{source}", lambda part: True),
        ("rejected", lambda part: part.split("/")[0] == source),
        ("superseded", lambda part: part.split("/")[1] == source),
    ):
        table = draft.previous(name)
        if table is None:
            continue
        held = draft.tables.get(name, replace(table, parts={}))
        kept = {key: part for key, part in table.parts.items() if belongs(key)}
        if kept or name in draft.tables or name != "superseded":
            draft.tables[name] = replace(held, parts={**held.parts, **kept})


def landed(draft: Draft, source: str) -> Landed:
    """The files of what landed of a source so far."""
    files: list[Path] = []
    void: list[Path] = []
    if draft.has(f"landing_{source}"):
        parts = draft.table(f"landing_{source}").parts
        files = draft.warehouse.paths(part for _, part in sorted(parts.items()))
    if draft.has("superseded"):
        parts = draft.table("superseded").parts
        void = draft.warehouse.paths(part for key, part in sorted(parts.items()) if key.split("/")[1] == source)
    return Landed(tuple(files), tuple(void))


def adopt(draft: Draft, source: str, batch: Batch) -> None:
    """Puts what a batch holds into the draft's tables."""
    mark = batch.folder.name
    for month, files in batch.months().items():
        draft.adopt(f"landing_{source}", f"{month}/{batch.seq:06d}", files, fingerprint=f"{mark}/{month}")
    for month, file in batch.voids().items():
        draft.adopt("superseded", f"{month}/{source}/{batch.seq:06d}", [file], fingerprint=f"{mark}/superseded/{month}")
    if batch.rejected.exists():
        draft.adopt("rejected", f"{source}/{batch.seq:06d}", [batch.rejected], fingerprint=f"{mark}/rejected")
