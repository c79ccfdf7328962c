"""After a day: which records may be grouped otherwise, so that only those are grouped again.

Who is joined to whom depends on the values that records share, on pairs, and on what sources say of the customers who
share them. So a change can reach only records that are connected to it: by a value that may join, by a group they
were in, by a pair. That region is grouped anew and everybody else keeps the group of the last version, which is what
grouping all again would give. A tablet that a thousand customers log in on connects none of them: it is refused
whatever the day brings (`hubs`), as long as enough of them are outside the region.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyarrow as pa
from sqlglot import exp

from parcours.engine import Draft, sql
from parcours.engine.sql import Query
from parcours.identity import usable
from parcours.identity.rules import Kind
from parcours.model import CONTRACTS
from parcours.project.definitions import Identity

_QUERIES = sql.load(__package__, "renewal.sql")
# Of so few identifiers, grouping all again is as fast.
FEWEST = 100_000
# Beyond this share of the records too.
WORTHWHILE = 0.3
RECORDS = pa.schema([("record_id", pa.int64())])
CHANGED = ("identifiers_changed", "descriptions_changed", "changed", "anew")
REGION = (
    "region", "region_rows", "frontier", "frontier_rows", "judged", "values_reached", "values_followed", "reached",
    "decided", "pairs_changed", "pairs_before", "hubs", "people_region", "values_touched", "identifiers_again",
    "judged_again",
)  # fmt: skip
# What says who a customer is; the rest of a customer record regroups nobody.
_SILENT = ("record_id", "updated_at", "properties")


class Renewal:
    """Compares this run's identifiers and customer records with those of the last version."""

    def __init__(self, draft: Draft, identity: Identity, kinds: list[Kind]) -> None:
        self._draft, self._engine, self._identity, self._kinds = draft, draft.engine, identity, kinds

    def found(self) -> bool:
        """Makes `changed` (record_id, regroups) and `anew` (record_id); false when grouping all again is as fast."""
        if sum(part.rows for part in self._draft.table("identifiers").parts.values()) < FEWEST:
            return False
        for name in ("identifiers", "customer_records"):
            self._whole(name)
            self._draft.read_previous(name, f"{name}_before")
        self._engine.temp("identifiers_changed", _QUERIES["identifiers_changed"])
        self._engine.temp("descriptions_changed", _QUERIES["descriptions_changed"].bind(differ=_differ()))
        self._engine.temp("changed", _QUERIES["changed"])
        self._engine.temp("anew", _QUERIES["anew"])
        return self._few("changed")

    def spread(self, decided: Collection[int]) -> bool:
        """Makes `region`, all records that a change may reach, and `hubs`; false when that is too many.

        Reads `pairs` and the last version. `decided` are the records that somebody decided about.
        """
        self._draft.read_previous("identity_groups", "groups_before")
        self._draft.read_previous("identity_hubs", "hubs_of_before")
        self._draft.read_previous("likeness_pairs", "pairs_before")
        self._engine.register("decided", pa.table([pa.array(sorted(decided), pa.int64())], schema=RECORDS))
        self._engine.temp("hubs", "SELECT kind, value, spare FROM hubs_of_before")
        self._engine.temp("pairs_changed", _QUERIES["pairs_changed"])
        self._engine.temp("region", "SELECT record_id FROM decided WHERE FALSE")
        self._engine.temp("values_followed", "SELECT kind, value FROM hubs WHERE FALSE")
        self._engine.temp("reached", _QUERIES["seeds"])
        self._engine.temp("frontier", _QUERIES["beyond"])
        self._engine.temp("region_rows", _QUERIES["rows_before"])
        self._take_in()
        self._engine.temp("frontier_rows", "SELECT * FROM region_rows")
        while self._count("frontier"):
            if not self._few("region"):
                return False
            self._follow()
        return True

    def _follow(self) -> None:
        """One step from the frontier; where that ends, the hubs that the region has eaten into are looked at again."""
        self._judge("frontier_rows", "judged")
        self._engine.temp("values_reached", _QUERIES["values_reached"])
        self._step()
        if not self._count("frontier"):
            self._wake_hubs()

    def _step(self) -> None:
        """The records behind `values_reached` and beside the frontier become the next frontier."""
        self._engine.temp("reached", _QUERIES["reached"].bind(joining=usable.joining()))
        self._engine.temp("frontier", _QUERIES["beyond"])
        self._grow("values_followed", "SELECT * FROM values_followed UNION ALL SELECT * FROM values_reached")
        self._take_in()

    def _take_in(self) -> None:
        """The frontier becomes part of the region."""
        self._engine.temp("frontier_rows", _QUERIES["rows_now"])
        self._grow("region", "SELECT * FROM region UNION ALL SELECT * FROM frontier")
        self._grow("region_rows", "SELECT * FROM region_rows UNION ALL SELECT * FROM frontier_rows")

    def _wake_hubs(self) -> None:
        self._engine.temp("hubs_left", _QUERIES["hubs_left"].bind(joining=usable.joining()))
        self._engine.temp("values_reached", "SELECT kind, value FROM hubs_left WHERE spare < 1")
        if self._count("values_reached"):
            self._grow("hubs", _QUERIES["hubs_asleep"])
            self._step()
        else:
            self._engine.temp("hubs", "SELECT kind, value, spare FROM hubs_left")
        self._engine.forget("hubs_left")

    def restrict(self) -> None:
        """From here on `identifiers` and `customer_records` are those of the region."""
        self._whole("customer_records")
        self._engine.temp("customer_records", _QUERIES["customer_records_within"])
        self._engine.temp("identifiers", _QUERIES["rows_within"])

    def patched(self, made: dict[str, Query]) -> dict[str, Query]:
        """The queries of the region's tables, each with what stays as it was outside."""
        joining = usable.joining()
        self._draft.read_previous("refused_links", "refused_before")
        self._engine.temp("values_touched", _QUERIES["values_touched"].bind(joining=joining))
        self._engine.temp("identifiers_again", _QUERIES["identifiers_again"].bind(joining=joining))
        self._judge("identifiers_again", "judged_again")
        self._engine.temp("refused", usable.refused().tables(judged="judged_again"))
        self._engine.temp("refused_again", _QUERIES["refused_again"])
        self._engine.temp("refused_by_guard", "SELECT * FROM refused_again")
        self._engine.forget("refused_again")
        kept = {
            "identity_groups": _QUERIES["groups_kept"],
            "identity_hubs": _QUERIES["hubs_kept"],
            "refused_links": _QUERIES["refused_kept"].bind(joining=joining),
        }
        return {name: _union(query, kept[name]) if name in kept else query for name, query in made.items()}

    # --- persons

    def restrict_to_people(self) -> None:
        """From here on all that persons are made of is that of the persons about whom something changed."""
        self._whole("identity_groups")
        for name in ("record_persons", "persons", "links"):
            self._draft.read_previous(name, f"{name}_whole")
        self._engine.temp("people_region", _QUERIES["people_region"])
        for name in ("identifiers", "customer_records"):
            self._whole(name)
        for name in ("identifiers", "customer_records", "identity_groups", "record_persons_before", "persons_before"):
            self._engine.temp(name, _QUERIES[f"{name}_within"].tables(region="people_region"))

    def with_all_others(self, name: str, query: Query) -> Query:
        """A table of these persons, with everybody else as before."""
        return _union(query, _QUERIES[f"{name}_kept"])

    def forget(self) -> None:
        """Frees what was made."""
        self._engine.forget(*CHANGED, *REGION)

    # --- small steps

    def _whole(self, name: str) -> None:
        self._draft.read_parts(name, list(self._draft.table(name).parts), as_name=f"{name}_whole")

    def _judge(self, rows: str, name: str) -> None:
        judged = usable.judged(self._identity, self._kinds)
        self._engine.temp(name, judged.tables(identifiers=rows, customer_records="customer_records_whole"))

    def _grow(self, name: str, query: Query | str) -> None:
        """Makes a working table anew from itself."""
        self._engine.temp(f"{name}_next", query)
        self._engine.temp(name, exp.select("*").from_(f"{name}_next"))
        self._engine.forget(f"{name}_next")

    def _count(self, table: str) -> int:
        return int(self._engine.rows(exp.select("count(*) AS n").from_(table))[0]["n"])

    def _few(self, table: str) -> bool:
        groups = self._draft.previous("identity_groups")
        records = sum(part.rows for part in groups.parts.values()) if groups else 0
        return self._count(table) <= max(WORTHWHILE * records, 1)


def _differ() -> exp.Expression:
    """Whether a customer record `n` says something else than `b`, its date of change apart."""
    columns = [name for name in CONTRACTS["customer_records"].columns if name not in _SILENT]
    return exp.paren(exp.or_(*[
        exp.NullSafeNEQ(this=exp.column(name, table="n"), expression=exp.column(name, table="b")) for name in columns
    ]))  # fmt: skip


def _union(*queries: Query) -> Query:
    selects: Iterable[exp.Expression] = [exp.select("*").from_(query.tree.subquery("one")) for query in queries]
    return Query(exp.union(*selects, distinct=False))
