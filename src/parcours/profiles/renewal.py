"""After a day: whose measures may have changed, so that only those are worked out anew.

A person's measures depend on their facts, on the day, on the products and stores their facts name, and on which
records are theirs. So they change only for people with a fact that is new, gone or different; with a fact that a window
gained or lost as the day moved; with a fact about a product that was moved to another category; or whose records were
joined or split. Everybody else keeps the row of the last run, which is what working it out anew would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlglot import exp, select

from parcours.engine import Draft
from parcours.engine.manifest import Table
from parcours.model import CONTRACTS
from parcours.profiles.facts import DIMENSIONS
from parcours.profiles.passes import Pass
from parcours.profiles.passes.measure import with_dimensions
from parcours.profiles.people import OWNERS, People

# Beyond this share of the facts or of the people, working out everybody anew is as fast.
WORTHWHILE = 0.3
# In tables as small as this, whatever changed is looked at.
SMALL = 100_000
# The people whom a pass works out anew with their records, and their facts.
PEOPLE_TOUCHED, FACTS_TOUCHED = "profile_people_touched", "facts_touched"


class Renewal:
    """Compares this run's facts, people and day with those of the last one."""

    def __init__(self, draft: Draft, people: People, passes: Mapping[str, tuple[Pass, Pass]]) -> None:
        self.draft = draft
        self.people = people
        self.passes = passes  # of today and of the last run's day, by name
        self._touched: dict[str, bool] = {}

    def touch(self, made: Pass) -> bool:
        """Makes the tables of those whom a pass must work out anew and of their facts; false when that is everybody."""
        table = made.reads[0]
        if made.name not in self.passes:
            return False
        if table not in self._touched:
            self._touched = {table: self._find(table)}
        return self._touched[table]

    def forget(self) -> None:
        """Frees what was made."""
        made = ("changed_records", "touched", PEOPLE_TOUCHED, FACTS_TOUCHED, "facts_now", "facts_before")
        self.draft.engine.forget(*made)

    def _find(self, table: str) -> bool:
        parts, differences = self._parts_changed(table), self._differences(table)
        if parts is None or differences is None:
            return False
        changed = exp.union(*self._changed(table, parts, differences), distinct=True)
        self.draft.read(table)
        self.draft.engine.temp("changed_records", changed)
        self.people.owners()
        self.people.moved()
        self.draft.engine.temp("touched", self.people.queries["touched"])
        if self._count("touched") > max(WORTHWHILE * self._count(OWNERS), SMALL):
            return False
        self._gather(table)
        return True

    def _gather(self, table: str) -> None:
        """Their facts, read once for all passes of the table."""
        self.draft.engine.temp(PEOPLE_TOUCHED, self.people.queries["touched_records"])
        columns = [_of("f", name) for name in sorted({*self._columns(table, "f"), "record_id"})]
        facts = exp.Select().select(*columns).from_(exp.to_table(table).as_("f"))
        whose = exp.to_table(PEOPLE_TOUCHED).as_("r")
        self.draft.engine.temp(FACTS_TOUCHED, facts.join(whose, on="r.record_id = f.record_id"))

    def _changed(self, table: str, parts: Sequence[str], differences: Sequence[exp.Expression]) -> Iterator[exp.Query]:
        """The records with a fact that changed, or that counts where it did not, or no longer where it did."""
        self._register(table, parts)
        columns = {*self._columns(table, "f"), "record_id"}
        yield from _rows_changed("facts_now", "facts_before", CONTRACTS[table].key, columns, "record_id")
        if differences:
            rows = with_dimensions(exp.Select().from_(exp.to_table(table).as_("f")), differences)
            yield rows.select("f.record_id").where(exp.or_(*differences))
        for alias, (dimension, key) in DIMENSIONS.items():
            columns = self._columns(table, alias)
            now, before = self._tables(dimension)
            if columns and now.fingerprint != before.fingerprint:
                self.draft.read(dimension)
                self.draft.read_previous(dimension, f"{dimension}_before")
                changed = exp.union(
                    *_rows_changed(dimension, f"{dimension}_before", (key,), columns, key), distinct=True
                )
                facts = exp.Select().from_(exp.to_table(table).as_("f"))
                yield facts.join(changed.subquery("d"), on=f"d.{key} = f.{key}").select("f.record_id")

    def _differences(self, table: str) -> list[exp.Expression] | None:
        """For each condition that the day changes, whether a fact meets it on one of the two days only.

        None when the two days' conditions cannot be laid beside each other.
        """
        found: dict[str, exp.Expression] = {}
        for now, before in self._of_table(table):
            for today, then in zip(now.conditions(), before.conditions(), strict=True):
                if len(today) != len(then):
                    return None
                for one, other in zip(today.values(), then.values()):
                    if one != other:
                        tree = exp.NEQ(this=_sure(one), expression=_sure(other))
                        found[tree.sql("duckdb")] = tree
        return list(found.values())

    def _parts_changed(self, table: str) -> list[str] | None:
        """The partitions of a table that are not those of the last run; None when they are most of it."""
        now, before = self._tables(table)
        names = [name for name in {**now.parts, **before.parts} if now.parts.get(name) != before.parts.get(name)]
        changed = sum(now.parts[name].rows for name in names if name in now.parts)
        rows = sum(part.rows for part in now.parts.values())
        return sorted(names) if changed <= max(WORTHWHILE * rows, SMALL) else None

    def _columns(self, table: str, alias: str) -> set[str]:
        """The columns that this table's passes read of the facts or of what they name."""
        trees = [tree for now, _ in self._of_table(table) for tree in now.needed]
        found = {column for tree in trees for column in tree.find_all(exp.Column)}
        keys = {key for other, (_, key) in DIMENSIONS.items() if any(column.table == other for column in found)}
        return {column.name for column in found if column.table == alias} | (keys if alias == "f" else set())

    def _of_table(self, table: str) -> list[tuple[Pass, Pass]]:
        return [pair for pair in self.passes.values() if pair[0].reads[0] == table]

    def _tables(self, name: str) -> tuple[Table, Table]:
        empty = Table(name, CONTRACTS[name].columns)
        return self.draft.tables.get(name, empty), self.draft.previous(name) or empty

    def _register(self, table: str, parts: Sequence[str]) -> None:
        for name, version in zip(("facts_now", "facts_before"), self._tables(table)):
            chosen = [version.parts[part] for part in parts if part in version.parts and version.parts[part].rows]
            self.draft.engine.register(name, self.draft.warehouse.paths(chosen), columns=version.columns)

    def _count(self, table: str) -> int:
        count = exp.alias_(exp.Count(this=exp.Star()), "n")
        return int(self.draft.engine.rows(select(count).from_(table))[0]["n"])


def _rows_changed(
    now: str, before: str, key: Sequence[str], columns: Iterable[str], wanted: str
) -> Iterator[exp.Select]:
    """What changed rows name in the column `wanted`: rows that are new or gone, or that say something else."""
    for one, other in ((now, before), (before, now)):
        same = exp.and_(*[exp.EQ(this=_of("a", name), expression=_of("b", name)) for name in key])
        changed: list[exp.Expression] = [exp.Is(this=_of("b", key[0]), expression=exp.null())]
        changed += [
            exp.NullSafeNEQ(this=_of("a", name), expression=_of("b", name))
            for name in sorted(columns)
            if name not in key
        ]
        rows = (
            exp.Select().from_(exp.to_table(one).as_("a")).join(exp.to_table(other).as_("b"), on=same, join_type="left")
        )
        yield rows.select(_of("a", wanted)).where(exp.or_(*changed))


def _of(table: str, column: str) -> exp.Column:
    return exp.column(column, table=table, quoted=True)


def _sure(condition: exp.Expression) -> exp.Expression:
    return exp.Coalesce(this=condition.copy(), expressions=[exp.false()])
