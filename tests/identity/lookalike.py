"""Made-up customers with the faults real files have: families, typing errors, removals, crossed names, gaps.

Every value is drawn from invented syllables; `truth` says which person a record is of.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

_HEADS = ["ba", "ca", "da", "el", "fre", "gui", "ha", "jo", "ka", "lu", "ma", "ni", "or", "pau", "ra", "so", "ti", "va"]
_MIDS = ["li", "ro", "ne", "sa", "mi", "ber", "the", "vi", "lo", "ran"]
_TAILS = ["ne", "nd", "tte", "rd", "s", "x", "lla", "m", "ck", "n"]
_KINDS = ["rue", "avenue", "place", "chemin", "impasse"]
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def people(
    persons: int,
    *,
    seed: int,
    families: bool = True,
    with_dates: bool = True,
    with_contacts: bool = True,
    faults: float = 0.15,
) -> pa.Table:
    """Customer records of so many persons, one to three records each, with the column `truth`."""
    chance = np.random.default_rng(seed)
    size = chance.choice([1, 2, 3, 4], p=[0.5, 0.3, 0.1, 0.1], size=persons) if families else np.ones(persons, int)
    home = np.repeat(np.arange(persons), size)[:persons]
    homes = int(home.max()) + 1
    postcode = chance.integers(0, max(10, homes // 200), homes)
    of_home = {
        "last_name": _words(_common(chance, homes, max(50, homes // 20)), 3),
        "street": _streets(chance, homes, max(40, homes // 100)),
        "street_number": chance.integers(1, 180, homes).astype(str),
        "postcode": np.char.zfill((10_000 + 37 * postcode).astype(str), 5),
        "city": np.char.add("ville", _words(postcode // 2, 3)),
        "phone": chance.integers(600_000_000, 799_999_999, homes).astype(str),
    }
    own = {name: values[home] for name, values in of_home.items()}
    own["first_name"] = _words(_common(chance, persons, 300) + 7, 2)
    days = chance.integers(0, 60 * 365, persons)
    own["birth_date"] = np.array([(date(1940, 1, 1) + timedelta(days=int(d))).isoformat() for d in days])
    unique = np.char.add(chance.integers(1, 10_000, persons).astype(str), np.array("@example.org"))
    own["email"] = np.char.add(np.char.add(own["first_name"], own["last_name"]), unique)
    if not with_dates:
        own.pop("birth_date")
    if not with_contacts:
        own.pop("email"), own.pop("phone")
    return _records(chance, own, chance.choice([1, 2, 3], p=[0.6, 0.25, 0.15], size=persons), faults)


def _common(chance: np.random.Generator, how_many: int, distinct: int) -> np.ndarray:
    """Numbers of which few are frequent, as names are."""
    return np.minimum((distinct * chance.power(0.6, how_many)).astype(int), distinct - 1)


def _words(number: np.ndarray, syllables: int) -> np.ndarray:
    word = np.array(_HEADS)[number % len(_HEADS)]
    rest = number // len(_HEADS)
    for _ in range(syllables - 1):
        word = np.char.add(word, np.array(_MIDS)[rest % len(_MIDS)])
        rest = rest // len(_MIDS)
    return np.char.add(word, np.array(_TAILS)[(number * 7 + rest) % len(_TAILS)])


def _streets(chance: np.random.Generator, how_many: int, distinct: int) -> np.ndarray:
    number = chance.integers(0, distinct, how_many)
    return np.char.add(np.char.add(np.array(_KINDS)[number % len(_KINDS)], " "), _words(number * 11 + 3, 3))


def _records(chance: np.random.Generator, own: dict[str, np.ndarray], copies: np.ndarray, faults: float) -> pa.Table:
    person = np.repeat(np.arange(len(copies)), copies)
    later = np.concatenate([[False], person[1:] == person[:-1]])  # the first record of a person is the clean one
    columns = {name: values[person].astype(object) for name, values in own.items()}
    for values in columns.values():
        _mistype(chance, values, np.flatnonzero(later & (chance.random(len(person)) < faults)))
        values[chance.random(len(person)) < faults / 3] = None
    crossed = later & (chance.random(len(person)) < faults / 5)
    first, last = columns["first_name"].copy(), columns["last_name"].copy()
    columns["first_name"][crossed], columns["last_name"][crossed] = last[crossed], first[crossed]
    moved = np.flatnonzero(later & (chance.random(len(person)) < faults / 3))
    for name in ("street", "street_number", "postcode", "city"):
        columns[name][moved] = columns[name][chance.integers(0, len(person), len(moved))]
    order = chance.permutation(len(person))
    made = {name: pa.array(values[order], pa.string()) for name, values in columns.items()}
    return pa.table({"record_id": pa.array(order * 3 + 1, pa.int64()), **made, "truth": pa.array(person[order])})


def _mistype(chance: np.random.Generator, values: np.ndarray, rows: np.ndarray) -> None:
    letters = chance.choice(_LETTERS, size=len(rows))
    for row, letter, spot, how in zip(rows, letters, chance.random(len(rows)), chance.integers(0, 3, len(rows))):
        text = values[row]
        at = int(spot * len(text))
        if text[at].isdigit():  # a number keeps its length
            values[row] = text[:at] + str(int(spot * 1e6) % 10) + text[at + 1 :]
        else:
            values[row] = text[:at] + ("" if how == 0 else letter) + text[at + (how != 1) :]
