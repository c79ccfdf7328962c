"""Why an item is in a customer's next basket, as a code and numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parcours.scores.baskets.features import Known, strongest
from parcours.scores.baskets.history import Ints

DUE = 0.8  # of the usual pause, after which an item is due again
OFTEN = 2  # days in three windows from which an item is bought regularly


def reasons(known: Known, rows: Ints) -> pa.Array:
    """The reason of each of these candidates, as JSON.

    `due` (usually every so many days, last so many days ago), `regular` (on so many of the last days), `again` (so many
    times, last so many days ago), `goes_with` (another item that the customer buys), `popular` (share of customers).
    """
    told = known.candidates.known[rows]
    ago, gap, ratio, often, times = (
        known.column(name)[rows] for name in ("last_ago", "gap", "gap_ratio", "days_3", "days_all")
    )
    with_item = _goes_with(known, rows)
    code = np.select(
        [told & (times > 2) & (ratio >= DUE), told & (often >= OFTEN), told, with_item >= 0], [0, 1, 2, 3], 4
    )
    texts = [
        _text("due", every_days=np.round(gap), last_days=ago),
        _text("regular", bought=often, days=np.full(len(rows), 3 * known.shelf.within)),
        _text("again", bought=times, last_days=ago),
        _named(known, with_item),
        _text("popular", share=np.round(known.shelf.share[known.candidates.item[rows]], 3)),
    ]
    return pc.choose(pa.array(code), *texts)


def _text(code: str, **numbers: Any) -> pa.Array:
    pieces: list[Any] = [f'{{"code": "{code}"']
    for name, values in numbers.items():
        told = np.asarray(values, np.float64) if name == "share" else np.nan_to_num(values).astype(np.int64)
        pieces += [f', "{name}": ', pc.cast(pa.array(told), pa.string())]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _named(known: Known, item: Ints) -> pa.Array:
    names = pa.array([f'{{"code": "goes_with", "item": {json.dumps(name, ensure_ascii=False)}}}'
                      for name in known.shelf.catalogue.names], pa.string())  # fmt: skip
    return names.take(pa.array(np.maximum(item, 0)))


def _goes_with(known: Known, rows: Ints) -> Ints:
    """For what was never bought: the item bought that speaks most for it, or -1."""
    shelf, thought = known.shelf, known.candidates
    found = np.full(len(rows), -1, np.int64)
    asked = np.flatnonzero(~thought.known[rows] & (shelf.place[thought.item[rows]] >= 0))
    if not len(asked):
        return found
    place, value = strongest(known.pairs, shelf)
    named = np.argsort(np.where(shelf.place < 0, len(shelf.place) + 1, shelf.place), kind="stable")
    for some in np.array_split(asked, -(-len(asked) // 20_000)):
        person, item = thought.person[rows[some]], thought.item[rows[some]]
        speaks = shelf.follow[place[person], shelf.place[item][:, None]] * value[person]
        best = speaks.argmax(axis=1)
        strong = speaks[np.arange(len(some)), best] > 0
        found[some[strong]] = named[place[person, best]][strong]
    return found
