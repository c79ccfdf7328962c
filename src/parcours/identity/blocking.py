"""Which records are worth comparing: those that agree on something rare enough.

A million records make half a million million pairs. A pair is a candidate when both agree on one of several keys
(last name and postcode, e-mail, birth date and the start of the name ...). Each key may give only so many pairs:
its most frequent values (Martin, Paris) are left out first, and `Blocking` says how many.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse_one

from parcours.engine import sql
from parcours.engine.protocol import Engine
from parcours.identity.cleaning import MADE_OF, NUMBER

log = logging.getLogger(__name__)
_QUERIES = sql.load(__package__, "blocking.sql")

# What is agreed on, as expressions over the prepared records. Names come sorted, for they are often crossed, and as
# their sound, roughly: the first letter and the consonants. Ends of a value serve when its beginning is mistyped.
_NAMES = "least(first_name, last_name)", "greatest(first_name, last_name)"
KEYS: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("email_name",),
    ("right(phone, 6)", "left(last_name, 1)"),
    (*_NAMES, "birth_date"),
    (*_NAMES, "postcode"),
    (*_NAMES, "city"),
    _NAMES,
    ("last_name", "birth_date"),
    ("first_name", "birth_date"),
    ("birth_date", "postcode"),
    ("birth_date", "city"),
    ("birth_date",),
    ("left(birth_date, 4)", "first_sound", "last_sound"),
    ("right(birth_date, 4)", "first_sound"),
    ("right(birth_date, 4)", "last_sound"),
    ("left(birth_date, 4)", "last_name"),
    ("left(birth_date, 4)", "first_name"),
    ("left(birth_date, 4)", "left(city, 3)"),
    ("first_sound", "last_sound", "postcode"),
    ("first_sound", "last_sound"),
    ("left(first_name, 3)", "left(last_name, 3)"),
    ("last_name", "postcode"),
    ("last_name", "city"),
    ("last_name", "left(street, 5)"),
    ("last_name", "street_number"),
    ("last_name",),
    ("first_name", "postcode"),
    ("first_name", "city"),
    ("first_name", "left(street, 5)"),
    ("first_name", "street_number"),
    ("street", "street_number"),
    ("left(street, 6)", "street_number"),
    ("right(street, 6)", "street_number"),
    ("left(street, 8)", "postcode"),
    ("left(street, 8)",),
    ("right(street, 8)",),
    ("postcode", "street_number"),
    ("city", "street_number"),
    ("postcode", "city"),
)
PAIRS_PER_RECORD = 8
MOST_OF_LEFT = 8  # no key takes more than an eighth of the pairs that are left
FEWEST_PAIRS = 300_000


@dataclass(frozen=True)
class Blocking:
    """What one key gave: how many pairs, and what was left out because too many records share it."""

    key: tuple[str, ...]
    largest: int  # the size of the largest group of records that was still paired
    pairs: int
    left_out_values: int
    left_out_records: int


def candidates(
    engine: Engine, filled: Collection[str], *, records: int, chosen: Sequence[Sequence[str]] = (), most: int
) -> list[Blocking]:
    """Makes the table `candidates` (join_key_l < join_key_r) of the pairs worth comparing.

    `chosen` are the retailer's own keys (lists of columns), else all of ours whose columns are filled. At most
    `most` pairs are made in all, and about eight a record.
    """
    known = {*filled, *(made for made, column in MADE_OF.items() if column in filled)}
    keys = [tuple(key) for key in chosen] or [key for key in KEYS if columns_of(key) <= known]
    left = min(most, max(FEWEST_PAIRS, PAIRS_PER_RECORD * records))
    made: list[Blocking] = []
    for number, key in enumerate(keys):
        # the first keys are the strictest: what they find is seldom chance, so they may take more
        share = left // min(len(keys) - number, MOST_OF_LEFT)
        made.append(_block(engine, number, key, share))
        left -= made[-1].pairs
    _gather(engine, len(keys))
    for each in made:
        if each.left_out_values:
            log.info("blocking on %s: %d pairs; %d too frequent values (%d records) left out",
                     " + ".join(each.key), each.pairs, each.left_out_values, each.left_out_records)  # fmt: skip
    return made


def candidates_of(engine: Engine, largest: Mapping[tuple[str, ...], int]) -> None:
    """Makes the table `candidates` of the pairs that have one of the records of `anew` (record_number).

    `largest` says for each key how large a group of records is still paired, as `candidates` found it.
    """
    engine.temp("prepared_anew", "SELECT p.* FROM prepared AS p JOIN anew AS a ON a.record_number = p.record_number")
    for number, (key, size) in enumerate(largest.items()):
        engine.temp("keyed_anew", _keyed(key, "prepared_anew"))
        engine.temp("keyed", _QUERIES["touching"].over(keyed_all=sql.Query(_keyed(key))))
        engine.temp(f"block_{number}", _QUERIES["pairs_anew"].bind(largest=size))
    _gather(engine, len(largest))
    engine.forget("keyed_anew", "prepared_anew")


def columns_of(key: Sequence[str]) -> set[str]:
    """The columns a key looks at."""
    return {column.name for part in key for column in _tree(part).find_all(exp.Column)}


def _tree(part: str) -> exp.Expression:
    return parse_one(part, read="duckdb")


def _block(engine: Engine, number: int, key: Sequence[str], share: int) -> Blocking:
    """The pairs that agree on a key, made from its rarest values first until its share is used up."""
    engine.temp("keyed", _keyed(key))
    engine.temp("sizes", _QUERIES["sizes"])
    largest = _largest(engine, share)
    engine.temp(f"block_{number}", _QUERIES["pairs"].bind(largest=largest))
    (outcome,) = engine.rows(_QUERIES["outcome"].bind(largest=largest))
    return Blocking(key=tuple(key), largest=largest, **outcome)


def _keyed(key: Sequence[str], records: str = "prepared") -> exp.Select:
    """What each record that fills all parts of a key has for it."""
    parts = [_tree(part) for part in key]
    value = exp.func("concat_ws", exp.Literal.string("|"), *parts)
    known = exp.and_(*[part.copy().is_(exp.null()).not_() for part in parts])
    return exp.select(NUMBER, exp.alias_(value, "value")).from_(records).where(known)


def _largest(engine: Engine, share: int) -> int:
    """The size of the largest group of records whose pairs still fit into the share."""
    largest, spent = 1, 0
    for size in engine.rows(_QUERIES["size_counts"]):
        spent += size["pairs"]
        if spent > share:
            break
        largest = size["records"]
    return largest


def _gather(engine: Engine, blocks: int) -> None:
    """Each pair once, however many keys found it."""
    selects = [exp.select("join_key_l", "join_key_r").from_(f"block_{number}") for number in range(blocks)]
    every = exp.union(*selects, distinct=True) if len(selects) > 1 else selects[0]
    engine.temp("candidates", exp.select("*", "'0' AS match_key").from_(every.subquery("pairs")))
    engine.forget("keyed", "sizes", *(f"block_{number}" for number in range(blocks)))
