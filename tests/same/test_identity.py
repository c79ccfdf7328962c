"""The same people by the second as by the batch, in whatever order messages arrive; values are judged alike."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from parcours import flow
from parcours.engine import Engine, open_engine, sql
from parcours.identity.grouping import PAIRS, group
from parcours.identity.recognised import Given, Rules, hash63, recogniser
from parcours.identity.rules import ranked
from parcours.identity.together import PERSON, RECORD, Told, joined
from parcours.identity.usable import joining_values
from parcours.landing import phones
from parcours.landing.identifiers import normalised, one_normalised
from parcours.project import Project, load
from parcours.testing import write_files

TOML = '[project]\nname = "shop"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'
RULES = """
identity: rules
blocked_values: {login: [x9, "bad*"], email: ["*@shop.example"]}
"""
STRICT = "identity: rules\nidentifiers: {login: {limit: 2}, email: {limit: 1}}\n"
VALUES = [
    "null", "None", "0000", "-1", "a", "X9", "badly", "ana@example.com", "A.na+1@Gmail.com", "test@x.fr", "me@test.com",
    "me@shop.example", "é@exämple.fr", "a..b@c.fr", "a@b", "a@b.c", "a@-b.fr", "a@b-.fr", "a_b@c_d.fr",
    "x" * 65 + "@a.fr",
   "06 12 34 56 78", "0033612345678", "+33600000000", "0612", "inconnu", "(not set)", "a@b.f1", "ab@cd.ef\u0301",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = write_files(tmp_path_factory.mktemp("same"), {"parcours.toml": TOML, "identity.yaml": RULES})
    return load(folder, flow.kinds())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = open_engine("duckdb", memory="512MB", threads=1, temporary=tmp_path_factory.mktemp("engine"))
    phones.register(made.connection)
    yield made
    made.close()


def test_a_value_is_judged_by_the_second_as_by_the_batch(project: Project, engine: Engine) -> None:
    hashed = recogniser(project, lambda kind, text: one_normalised(kind, text, "FR"))
    for kind in ("email", "phone", "login"):
        engine.register("given", pa.table({"place": list(range(len(VALUES))), "raw": VALUES}))
        value = normalised(kind, sql.parse("SELECT raw").tree.expressions[0], "FR").sql("duckdb")
        rows = engine.connection.execute(f"SELECT {value} FROM given ORDER BY place").fetchall()
        engine.register("identifiers", pa.table({
            "record_id": list(range(len(VALUES))), "kind": [kind] * len(VALUES),
            "value": [found or raw for (found,), raw in zip(rows, VALUES)], "raw": VALUES,
            "verified": [True] * len(VALUES), "usable": [found is not None for (found,) in rows],
            "first_seen": pa.array([None] * len(VALUES), pa.timestamp("us")),
            "last_seen": pa.array([None] * len(VALUES), pa.timestamp("us")),
        }))  # fmt: skip
        engine.register("customer_records", pa.table({"record_id": pa.array([], pa.int64())}))
        judged = {row["record_id"]: row for row in engine.rows(joining_values(project))}
        for place, raw in enumerate(VALUES):
            row = judged[place]
            batch = hash63(f"{kind}={row['value']}") if row["why_not"] is None else None
            assert hashed(Given(kind, raw, True)) == batch, (kind, raw, row)


Record = tuple[int, bool, list[tuple[str, str]]]  # number, whether it describes a customer, the values it holds
WORLDS = 150


def world(number: int, chance: random.Random) -> tuple[list[Record], list[Record]]:
    """Some records that share values with one another and with no other world: customers, and what is sent later."""
    records: list[Record] = []
    for at in range(chance.randint(2, 8)):
        kinds = chance.sample(["cookie", "login", "email", "phone", "loyalty_card"], chance.randint(1, 3))
        held = [(kind, f"w{number}-{chance.randint(1, 3)}") for kind in sorted(kinds)]
        records.append((number * 100 + at + 1, chance.random() < 0.4, held))
    many = chance.randint(0, len(records))
    return [(at, True, held) for at, _, held in records[:many]], records[many:]


def test_people_are_the_same_by_the_second_as_by_the_batch_in_any_order(project: Project, engine: Engine) -> None:
    """Some records are published, the others arrive in any order: who is together is what a batch of all would say."""
    chance = random.Random(7)
    worlds = [world(number, chance) for number in range(WORLDS)]
    whole = batch(project, engine, [record for known, since in worlds for record in (*known, *since)])
    before = batch(project, engine, [record for known, _ in worlds for record in known])
    rules, looked_at = Rules.of(project), 0
    for known, since in worlds:
        if several_hold_a_value(known, before):
            continue  # what a publication refuses stays refused by the second, until the next has looked at all of it
        groups, _ = joined(told(before, known, since, chance), rules)
        live = {number: groups.root((RECORD, number)) for number, _, _ in since}
        live |= {number: groups.root((PERSON, before[number])) for number, _, _ in known}
        pairs = [(one, other) for one in live for other in live if one < other]
        batched = [whole[one] == whole[other] for one, other in pairs]
        assert [live[one] == live[other] for one, other in pairs] == batched, (known, since)
        looked_at += bool(since)
    assert looked_at > WORLDS / 3


def test_a_value_that_too_many_customers_hold_is_the_same_by_the_second(tmp_path: Path, engine: Engine) -> None:
    """Customers who differ only by their browser are one for the limit, in whatever order what they said arrives."""
    strict = load(write_files(tmp_path, {"parcours.toml": TOML, "identity.yaml": STRICT}), flow.kinds())
    chance, rules, browsers = random.Random(11), Rules.of(strict), random.Random(12)
    worlds = [[*known, *since] for known, since in (world(number, chance) for number in range(WORLDS))]
    for number, records in enumerate(worlds):
        many = [("login", f"w{number}-1")]
        records += [(number * 100 + 50 + at, True, [("cookie", f"w{number}-b{at}"), *many])
                    for at in range(browsers.randint(0, 4))]  # fmt: skip
    whole = batch(strict, engine, [record for records in worlds for record in records])
    refusals = 0
    for records in worlds:
        groups, refused = joined(told({}, [], records, chance), rules)
        pairs = [(one, other) for one, _, _ in records for other, _, _ in records if one < other]
        live = [groups.root((RECORD, one)) == groups.root((RECORD, other)) for one, other in pairs]
        assert live == [whole[one] == whole[other] for one, other in pairs], records
        refusals += bool(refused)
    assert WORLDS / 5 < refusals < WORLDS


def several_hold_a_value(records: list[Record], groups: dict[int, int]) -> bool:
    by_value: dict[tuple[str, str], set[int]] = defaultdict(set)
    for number, _, held in records:
        for each in held:
            by_value[each].add(groups[number])
    return any(len(found) > 1 for found in by_value.values())


def batch(project: Project, engine: Engine, rows: list[Record]) -> dict[int, int]:
    """The group of each record, as the batch joins them."""
    given = [(number, kind, value) for number, _, held in rows for kind, value in held]
    nothing = pa.array([None] * len(given), pa.timestamp("us"))
    engine.register("identifiers", pa.table({
        "record_id": [number for number, _, _ in given], "kind": [kind for _, kind, _ in given],
        "value": [value for _, _, value in given], "raw": [value for _, _, value in given],
        "verified": [True] * len(given), "usable": [True] * len(given), "first_seen": nothing, "last_seen": nothing,
    }))  # fmt: skip
    described = [number for number, described, _ in rows if described]
    nothing = pa.array([None] * len(described), pa.string())
    engine.register("customer_records", pa.table({
        "record_id": pa.array(described, pa.int64()), "first_name": nothing, "last_name": nothing,
        "birth_date": pa.array([None] * len(described), pa.date32())}))  # fmt: skip
    engine.temp("hubs", "SELECT '' AS kind, '' AS value WHERE FALSE")
    engine.register("pairs", PAIRS.empty_table())
    made = group(engine, project, ranked(project.identity, {kind for _, kind, _ in given}), [])
    return {row["record_id"]: row["group_id"] for row in engine.rows(made["identity_groups"])}


def told(groups: dict[int, int], known: list[Record], since: list[Record], chance: random.Random) -> Told:
    """What a publication and messages in any order say of these records."""
    led = {key(*each): (key(*each), groups[number], each[0], False) for number, _, held in known for each in held}
    said = [(number, key(*each), each[0], True, described, float(number))
            for number, described, held in since for each in held]  # fmt: skip
    chance.shuffle(said)
    return Told(said, list(led.values()), {groups[number]: (True, 0.0) for number, _, _ in known})


def key(kind: str, value: str) -> int:
    return hash63(f"{kind}={value}")
