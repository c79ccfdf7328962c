"""Keeps the decisions that were made over a table of people, a part at a time."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from parcours.decisions.deciding.over_table import FALLBACK, NOTHING, Crowd, DecidedAll
from parcours.project.slot import Slot
from parcours.state import queries

HOWS = pa.array(["chosen", "held_back", "fallback"])
# As deciding/told.py: which candidates there were follows from the slot's version and is not kept for each person.
_BEGIN, _END = '{"here":{},"ignored":[],"may_use":', ',"considered":[],"of":0,"rules":[],"by_rule":[]}'
_HEAD = pyarrow.csv.WriteOptions(include_header=False)
_QUERIES = queries("decision")


def rows(decided: Iterable[tuple[Crowd, DecidedAll]], slot: Slot, *, now: datetime) -> Iterator[pa.RecordBatch]:
    """One row a person: `decision`, `person_id`, `how`, `propensity`, `learns`, `may_use`, and `shown_1` and on."""
    keys = pa.array(list(slot.variants))
    for crowd, found in decided:
        places = [keys.take(pa.array(column, mask=column == NOTHING)) for column in found.shown.T]
        yield pa.record_batch({
            "decision": _new_ids(len(crowd.numbers), now), "person_id": pa.array(crowd.numbers),
            "how": HOWS.take(pa.array(found.how)), "learns": pa.array(found.learns),
            "may_use": pa.array(crowd.may_use),
            "propensity": pa.array(found.propensity, mask=np.isnan(found.propensity)),
            **{f"shown_{at}": place for at, place in enumerate(places, 1)},
        })  # fmt: skip


def keeping(
    connection: psycopg.Connection[Any], batches: Iterable[pa.RecordBatch], slot: Slot, *, now: datetime
) -> Iterator[pa.RecordBatch]:
    """The same rows, each part written on its way, in the transaction of the connection."""
    for batch in batches:
        keep(connection, batch, slot, now=now)
        yield batch


def keep(connection: psycopg.Connection[Any], batch: pa.RecordBatch, slot: Slot, *, now: datetime) -> None:
    """Writes rows as decisions and adds up what was shown, in the transaction of the connection."""
    hour, many = int(now.timestamp() // 3600), len(batch)
    shown = [batch.column(name) for name in batch.schema.names if name.startswith("shown_")]
    quoted = [pc.if_else(each.is_valid(), pc.binary_join_element_wise('"', each, '"', ""), None) for each in shown]
    listed = pc.binary_join_element_wise(*quoted, ",", null_handling="skip")
    fallback = pc.equal(batch.column("how"), HOWS[FALLBACK])

    def same(value: Any) -> pa.Array:
        return pa.repeat(pa.scalar(value), many)

    person = batch.column("person_id")
    told = pc.binary_join_element_wise(_BEGIN, batch.column("may_use").cast(pa.string()), _END, "")
    lines = pa.table({
        "decision": batch.column("decision"), "at": same(now.isoformat()), "slot": same(slot.name),
        "version": same(slot.version), "number": person, "person": person, "subjects": same("{}"),
        "how": batch.column("how"), "because": pc.if_else(fallback, "nothing_left", None),
        "shown": pc.binary_join_element_wise("{", listed, "}", ""), "propensity": batch.column("propensity"),
        "learns": batch.column("learns"), "hour": same(hour), "told": told,
    })  # fmt: skip
    into = io.BytesIO()
    pyarrow.csv.write_csv(lines, into, _HEAD)
    with connection.cursor() as cursor:
        with cursor.copy(_QUERIES["note_table"].text.encode()) as copy:
            copy.write(into.getvalue())
        if sums := _sums(shown, batch.column("learns"), slot, hour):
            cursor.execute(_QUERIES["shown"].text.encode(), sums)


def _sums(shown: list[pa.Array], learns: pa.Array, slot: Slot, hour: int) -> dict[str, list[Any]] | None:
    """How often each was shown to those of whom the slot learns."""
    counted = pa.concat_arrays([each.filter(learns).drop_null() for each in shown]).value_counts()
    arms, much = counted.field("values").to_pylist(), [float(each) for each in counted.field("counts").to_pylist()]
    many = len(arms)
    return {"slots": [slot.name] * many, "versions": [slot.version] * many, "arms": arms, "hours": [hour] * many,
            "shown": much} if many else None  # fmt: skip


def _new_ids(many: int, now: datetime) -> pa.Array:
    """Ids of decisions that begin with the time, as log.new_id makes them."""
    made = np.frombuffer(secrets.token_bytes(16 * many), np.uint8).reshape(many, 16).copy()
    made[:, :6] = np.frombuffer(int(now.timestamp() * 1000).to_bytes(6, "big"), np.uint8)
    made[:, 6] = made[:, 6] & 0x0F | 0x70
    made[:, 8] = made[:, 8] & 0x3F | 0x80
    return pa.array(np.frombuffer(made.tobytes().hex().encode(), "S32").astype(str), pa.string())
