"""Which records are of one customer, by the identifiers they share: one kind after the other, strongest first.

A kind joins what stronger kinds have joined already (`record_groups`). So a guard can see customers rather than rows:
an e-mail that two known customers with other first names hold is a couple's, a browser that several log in on is
nobody's. The browsers of one customer are not counted as customers: known groups that nothing but a browser tells apart
are one. What a guard refuses to all may still be somebody's own: it then joins that customer and the records that
nobody else knows.
"""

from __future__ import annotations

from sqlglot import exp

from parcours.engine import sql
from parcours.engine.protocol import Engine
from parcours.identity import usable
from parcours.identity.rules import Kind
from parcours.project.definitions import ANONYMOUS, Identity

_QUERIES = sql.load(__package__, "graph.sql")
_WORK = ("shared", "described", "conflicts", "verdicts", "accepted", "group_facts", "group_descriptions", "weak",
         "weak_groups", "strong_pairs", "crowd", "crowd_identifiers", "crowd_judged", "marks", "faces",
         "customers")  # fmt: skip
HUB = 20  # a value that this many customers more than its limit hold is a hub: a day of changes leaves it refused


def join(engine: Engine, identity: Identity, kinds: list[Kind]) -> None:
    """Makes `record_groups` (record_id, group_id), `deterministic_links`, `refused_by_guard` and `hubs_found`.

    Reads identifiers, customer_records, `usable`, `records` and `descriptions`. `kinds` must not be empty.
    """
    engine.temp("record_groups", "SELECT record_id, record_id AS group_id FROM records")
    judged = usable.judged(identity, kinds)
    for kind in kinds:
        _decide(engine, kind, judged)
        _relabel(engine, _QUERIES["edges"])
    _gather(engine, kinds)


def _decide(engine: Engine, kind: Kind, judged: sql.Query) -> None:
    """What each value of a kind may join, kept as `links_of_<kind>` and `refused_of_<kind>`."""
    engine.temp("group_facts", _QUERIES["group_facts"])
    engine.temp("group_descriptions", _QUERIES["group_descriptions"])
    engine.temp("shared", _QUERIES["shared"].bind(kind=kind.name, known_below=kind.known_below))
    _count(engine, kind, judged)
    engine.temp("described", _QUERIES["described"].bind(limit=kind.rules.limit))
    engine.temp("conflicts", _QUERIES["conflicts"])
    engine.temp("verdicts", _QUERIES["verdicts"].bind(
        limit=kind.rules.limit, alone=kind.rules.joins_alone, given_to_one=kind.given_to_one
    ))  # fmt: skip
    engine.temp("accepted", _QUERIES["accepted"])
    engine.temp(f"links_of_{kind.name}", _QUERIES["links"].bind(kind=kind.name))
    engine.temp(f"refused_of_{kind.name}", _QUERIES["refused"].bind(kind=kind.name))
    engine.temp(f"hubs_of_{kind.name}", _QUERIES["hubs"].bind(kind=kind.name, limit=kind.rules.limit, spare=HUB))
    if not kind.rules.joins_alone:
        engine.temp(f"weak_of_{kind.name}", _QUERIES["weak"].bind(kind=kind.name))


def _count(engine: Engine, kind: Kind, judged: sql.Query) -> None:
    """Makes `customers`, how many hold each value, and of those that too many groups hold `crowd` and `faces`."""
    engine.temp("crowd", _QUERIES["crowd"].bind(limit=kind.rules.limit, anonymous=kind.anonymous))
    engine.temp("crowd_identifiers", _QUERIES["crowd_identifiers"])
    engine.temp("crowd_judged", judged.tables(identifiers="crowd_identifiers"))
    engine.temp("marks", _QUERIES["marks"].bind(anonymous=exp.column("kind", table="j").isin(*ANONYMOUS)))
    engine.temp("faces", _QUERIES["faces"].bind(kind=kind.name))
    engine.temp("customers", _QUERIES["customers"])


def _relabel(engine: Engine, edges: sql.Query) -> None:
    engine.register("joined", engine.components(edges))
    engine.temp("record_groups_next", _QUERIES["relabelled"])
    engine.temp("record_groups", "SELECT record_id, group_id FROM record_groups_next")
    engine.forget("record_groups_next", "joined")


def _gather(engine: Engine, kinds: list[Kind]) -> None:
    """Puts the links and refusals of all kinds together, and joins by two weak kinds what neither joins alone."""
    links, refused, hubs = ([f"{what}_of_{kind.name}" for kind in kinds] for what in ("links", "refused", "hubs"))
    weak = [f"weak_of_{kind.name}" for kind in kinds if not kind.rules.joins_alone]
    if len(weak) > 1:
        engine.temp("weak", _union(weak))
        engine.temp("weak_groups", _QUERIES["weak_groups"])
        engine.temp("strong_pairs", _QUERIES["two_kinds"])
        engine.temp("links_of_two", _QUERIES["weak_links"])
        _relabel(engine, sql.parse("SELECT left_node, right_node FROM strong_pairs"))
        links.append("links_of_two")
    # a value may be somebody's own and, with another, join two customers: its records are then in two of the tables
    engine.temp("deterministic_links", _union(links, distinct=len(weak) > 1))
    engine.temp("refused_by_guard", _union(refused))
    engine.temp("hubs_found", _union(hubs))
    engine.forget(*links, *refused, *hubs, *weak, *_WORK)


def _union(tables: list[str], *, distinct: bool = False) -> exp.Expression:
    selects = [exp.select("*").from_(exp.to_table(table)) for table in tables]
    return exp.union(*selects, distinct=distinct) if len(selects) > 1 else selects[0]
