"""The rows of a fact table that count for something, read as little as can be: for all queries over activities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from parcours.engine.sql import literal
from parcours.model import CONTRACTS
from parcours.rules.facts import FACTS, earliest
from parcours.rules.moment import Moment
from parcours.rules.over_table import Column, over_table
from parcours.rules.rule import Done, Rule, attributes_used
from parcours.rules.subject import columns_of, product_columns


def facts(table: str, columns: Iterable[str]) -> exp.Select:
    """A fact table as `f`, with the product each row names as `p` when any of these columns is the product's."""
    rows = exp.Select().from_(exp.to_table(table).as_("f"))
    if not needs_products(table, columns):
        return rows
    return rows.join(exp.to_table("products").as_("p"), on="p.product_id = f.product_id", join_type="left")


def needs_products(table: str, columns: Iterable[str]) -> bool:
    """Whether any of these columns is reached through the product a row names."""
    return bool(set(columns) & product_columns(table))


def looked_at(rules: Iterable[Rule]) -> list[str]:
    """The columns these conditions look at."""
    return [name for rule in rules for name in attributes_used(rule)]


def test(table: str, rule: Rule, moment: Moment) -> exp.Expression:
    """A condition on the columns of a fact table, over `f` and `p`."""
    types = {name: subject.type for name, subject in columns_of(table).items()}
    return over_table(rule, types, moment, column=reach(table))


def reach(table: str) -> Column:
    """A column of a fact's row, or of the product it names."""
    of_product = product_columns(table)
    return lambda name: column("p" if name in of_product else "f", name)


def bounds(table: str, done: Sequence[Done], moment: Moment) -> list[exp.Expression]:
    """What holds of every row that counts, said plainly, so that whole stretches of the files are never read."""
    fact = FACTS[done[0].deed.fact]
    found: list[exp.Expression] = [exp.LTE(this=column("f", fact.date), expression=literal(moment.day))]
    firsts = [earliest(each.window, moment) for each in done]
    known = [first for first in firsts if first is not None]
    if len(known) == len(firsts):
        found.append(exp.GTE(this=column("f", fact.date), expression=literal(min(known))))
    names = {each.deed.name for each in done}
    one_fact = len({each.deed.fact for each in done}) == 1
    if "any" not in names and one_fact and fact.word in CONTRACTS[table].columns:
        among = [literal(name) for name in sorted(names)]
        found.append(exp.In(this=column("f", fact.word), expressions=among))
    return found


def of_persons(rows: exp.Select) -> exp.Select:
    """Rows that have a record_id, as `c`, with the person each record speaks of, as `r`."""
    persons = exp.to_table("record_persons").as_("r")
    return exp.Select().from_(rows.subquery("c")).join(persons, on="r.record_id = c.record_id")


def column(table: str, name: str) -> exp.Expression:
    """A column of a table by its alias, whatever its name is."""
    return exp.column(name, table=table, quoted=True)
