"""Reads a slot over a table: for everybody of a segment what it would show them now, in parts that fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sqlglot import exp, select

from parcours.decisions.deciding.over_table import Bools, Crowd, DecidedAll, Ints, decide_all
from parcours.decisions.learned import Learned
from parcours.engine import Version, sql
from parcours.engine.types import SQL
from parcours.project import context
from parcours.project.slot import Slot
from parcours.rules.moment import Moment
from parcours.rules.over_table import over_table, quoted
from parcours.rules.rule import Rule, attributes_used, segment_column, segments_used

READS = ("persons", "memberships")
AT_ONCE = 32_768  # people
_QUERIES = sql.load(__package__, "table.sql")


@dataclass(frozen=True)
class Asked:
    """For whom a slot is read: everybody known, or a segment, at a moment (`here` is what is known of it).

    `may_use` says of people whether what is known of them may be used.
    """

    slot: Slot
    moment: Moment
    here: Mapping[str, Any]
    segment: str = ""
    may_use: Callable[[Ints], Bools] = field(default=lambda people: np.ones(len(people), bool))


def decided(version: Version, asked: Asked, learned: Learned | None) -> Iterator[tuple[Crowd, DecidedAll]]:
    """The people and what the slot shows them, a part at a time, in the order of their ids."""
    version.read(*READS)
    if version.has("profiles"):
        version.read("profiles")
    rules = _rules(asked.slot)
    known = version.table("profiles").columns if version.has("profiles") else {}
    for batch in version.engine.batches(_query(asked, rules, known), AT_ONCE):
        crowd = _crowd(batch, asked)
        yield crowd, decide_all(crowd, asked.slot, learned, day=asked.moment.day)


def _rules(slot: Slot) -> list[Rule | None]:
    """Whom variants are for, then when the merchants' rules hold."""
    return [*(one.who for one in slot.variants.values()), *(one.when for one in slot.rules)]


def _query(asked: Asked, rules: Sequence[Rule | None], known: Mapping[str, str]) -> exp.Expression:
    """Each rule twice as a column: as it is for a person, and for somebody of whom nothing may be used."""
    written = [rule for rule in rules if rule is not None]
    names = list(dict.fromkeys(name for rule in written for name in attributes_used(rule)))
    inside = list(dict.fromkeys(name for rule in written for name in segments_used(rule)))
    of_moment = {name: context.SUBJECTS[name].type for name in names if name in context.SUBJECTS}
    columns = {name: known[name] if name in known else of_moment[name] for name in names}
    here = [exp.alias_(_constant(asked.here.get(name), word), name, quoted=True) for name, word in of_moment.items()]
    theirs = [exp.column(name, "f", quoted=True) for name in names if name not in of_moment]
    members = [exp.alias_(exp.func("coalesce", exp.column(segment_column(name), "s", quoted=True), exp.false()),
                          segment_column(name), quoted=True) for name in inside]  # fmt: skip
    people = _QUERIES["people"].bind(segment=asked.segment).tree
    base = select(exp.column("person_id", "p"), *here, *theirs, *members).from_(people.subquery("p"))
    if theirs:
        base = base.join(exp.to_table("profiles").as_("f"), on="f.person_id = p.person_id", join_type="left")
    if inside:
        base = base.join(_inside(inside).subquery("s"), on="s.person_id = p.person_id", join_type="left")

    def of_nobody(name: str) -> exp.Expression:
        if name in of_moment:
            return quoted(name)
        return exp.cast(exp.null(), SQL[columns[name]] if name in columns else SQL["boolean"])

    told: list[exp.Expression] = []
    for at, rule in enumerate(rules):
        for prefix, column in (("rule", quoted), ("plain", of_nobody)):
            test = exp.true() if rule is None else over_table(rule, columns, asked.moment, column=column)
            told.append(exp.alias_(test, f"{prefix}_{at}"))
    return select("person_id", *told).from_(base.subquery("b")).order_by("person_id")


def _inside(names: Sequence[str]) -> exp.Select:
    """One row a person who is in any of these segments: in which."""
    told = [exp.alias_(exp.EQ(this=exp.Max(this=exp.Case().when(
        exp.EQ(this=exp.column("segment"), expression=exp.Literal.string(name)), exp.Literal.number(1)
    ).else_(exp.Literal.number(0))), expression=exp.Literal.number(1)), segment_column(name), quoted=True)
        for name in names]  # fmt: skip
    return select("person_id", *told).from_("memberships").group_by("person_id")


def _constant(value: Any, word: str) -> exp.Expression:
    return exp.cast(exp.null() if value is None else sql.literal(value), SQL[word])


def _crowd(batch: pa.RecordBatch, asked: Asked) -> Crowd:
    numbers = batch.column("person_id").to_numpy()
    may, variants, rules = asked.may_use(numbers), len(asked.slot.variants), len(asked.slot.rules)
    held = [
        np.where(may, _column(batch, f"rule_{at}"), _column(batch, f"plain_{at}")) for at in range(variants + rules)
    ]
    all_ = np.stack(held, axis=1) if held else np.zeros((len(numbers), 0), bool)
    return Crowd(numbers, may, all_[:, :variants], all_[:, variants:])


def _column(batch: pa.RecordBatch, name: str) -> Bools:
    return np.asarray(batch.column(name).to_numpy(zero_copy_only=False), bool)
