"""Turns the mapping of a source into one query over its raw columns: typed columns, keys, and why a row cannot land.

The query goes through four layers, so that each value is worked out once: the source's columns as text (`s0` ...), the
same read as numbers and times (`v0` ...), the columns of our tables, and last what is said of the row as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from parcours.engine.reader import ITEM, PIECE, Wanted
from parcours.engine.types import SQL
from parcours.landing import conversions, identifiers
from parcours.landing.conversions import Numbers, Times, call
from parcours.landing.expressions import Check, Scope, typed
from parcours.landing.months import moment_of, month_of
from parcours.landing.plan import NOT_TAKEN, NOTHING, RAW, SEPARATOR, Plan, Rule, Setting, TablePlan, hash63
from parcours.model import CONTRACTS
from parcours.model.value import minor_digits
from parcours.project.definitions import ColumnMapping, IdentifierMapping, Mapping, Source
from parcours.rules.expressions import columns as columns_of

MONEY = {"cost", "value", "amount", "unit_price", "list_price"}

# What a row of a table cannot do without; what Parcours fills in itself is not listed.
REQUIRED: dict[str, tuple[str, ...]] = {
    "orders": ("order_id",), "order_lines": ("order_id",), "products": ("product_id",), "stores": ("store_id",),
    "stock": ("product_id", "quantity"), "events": ("name", "event_time"), "message_events": ("event", "event_time"),
    "campaigns": ("campaign_id",), "campaign_members": ("campaign_id",), "coupons": ("coupon_id",),
    "redemptions": ("coupon_id",), "consents": ("purpose", "granted", "at"),
    "survey_answers": ("survey_id", "question"),
}  # fmt: skip
# The columns that tell rows apart where the mapping names no key; all of them must be mapped.
NATURAL: dict[str, tuple[str, ...]] = {
    "customer_records": ("record_key",), "orders": ("order_id",), "order_lines": ("order_id", "line_id"),
    "products": ("product_id",), "stores": ("store_id",), "campaigns": ("campaign_id",), "coupons": ("coupon_id",),
    "stock": ("product_id", "store_id", "as_of"),
}  # fmt: skip


def plan(source: Source, tables: dict[str, Mapping], setting: Setting, *, mixed: bool) -> Plan:
    """Compiles a source's tables. `mixed`: numbers may come as numbers of the format (JSON, Excel, Parquet)."""
    return _Compiler(source, tables, setting, mixed=mixed).plan()


@dataclass
class _Table:
    """What has been compiled of one table so far."""

    mapping: Mapping
    values: dict[str, exp.Expression] = field(default_factory=dict)  # third layer, by output name
    checks: list[tuple[str, Check]] = field(default_factory=list)  # (our column, check)
    when_checks: list[Check] = field(default_factory=list)
    key: tuple[str, ...] = ()  # output names of the third layer
    optional_key: bool = False
    exploded: bool = False


class _Compiler:
    def __init__(self, source: Source, tables: dict[str, Mapping], setting: Setting, *, mixed: bool) -> None:
        self.source, self.tables, self.setting = source, tables, setting
        self.mixed = mixed
        self.numbers = _numbers(source.kind, mixed)
        self.times = _times(source.kind, setting.zone)
        self.texts: dict[str, str] = {}
        self.values: dict[str, tuple[exp.Expression, str]] = {}  # SQL text: (tree, name)
        self.asides: dict[str, tuple[exp.Expression, str]] = {}
        self.same: dict[str, str] = {}  # third layer: the first of the names that stand for one tree

    # -- columns of the source

    def text(self, path: str) -> exp.Expression:
        return exp.column(self.texts.setdefault(path, f"s{len(self.texts)}"))

    def value(self, tree: exp.Expression) -> exp.Expression:
        """A value of the second layer, worked out once however often it is used."""
        _, name = self.values.setdefault(tree.sql("duckdb"), (tree, f"v{len(self.values)}"))
        return exp.column(name)

    def scope(self, options: ColumnMapping | None = None) -> Scope:
        checks: list[Check] = []
        numbers, times = self.styles(options)

        def convert(path: str, kind: str) -> exp.Expression:
            text = self.text(path)
            value = self.value(self.read(text, kind, numbers, times))
            checks.append(_check(text, value, kind, path))
            return value

        return Scope(self.text, convert, numbers, times, checks)

    def styles(self, options: ColumnMapping | None) -> tuple[Numbers, Times]:
        numbers, times = self.numbers, self.times
        if options is not None:
            if options.decimal is not None or options.thousands is not None:
                numbers = replace(
                    numbers,
                    decimal=options.decimal or numbers.decimal,
                    thousands=numbers.thousands if options.thousands is None else options.thousands,
                )
            if options.format is not None:
                times = replace(times, format=options.format, dates=options.format)
            if options.zone is not None:
                times = replace(times, zone=options.zone)
        return numbers, times

    def read(self, text: exp.Expression, kind: str, numbers: Numbers, times: Times) -> exp.Expression:
        """Text of the source read as a kind."""
        if kind == "number":
            return conversions.number(text, numbers)
        if kind == "integer":
            return conversions.whole(text, numbers)
        if kind == "boolean":
            return conversions.boolean(text)
        read = conversions.date if kind == "date" else conversions.time
        value = read(text, times)
        if self.mixed and (times.format or times.dates):
            # formats that know times themselves give them in ISO
            value = call("coalesce", value, read(text, Times(zone=times.zone)))
        return value

    # -- one table

    def table(self, mapping: Mapping) -> _Table:
        table = _Table(mapping)
        contract = CONTRACTS[mapping.table]
        for column, given in mapping.columns.items():
            word = contract.columns[column]
            name = f"{mapping.table}__{column}"
            table.values[name] = self.column(table, mapping, column, word, given)
            if given.required or column in REQUIRED.get(mapping.table, ()):
                missing = exp.column(name, quoted=True).is_(exp.null())
                table.checks.append((column, Check(missing, "missing", given.source or column)))
        for kind, identifier in mapping.identifiers.items():
            self.identifier(table, mapping, kind, identifier)
        self.key(table, mapping)
        if mapping.newest_by:
            table.values[f"{mapping.table}__newest"] = self.newest(mapping.newest_by)
        table.exploded = any("[]" in path for path in _paths(mapping))
        return table

    def column(self, table: _Table, mapping: Mapping, column: str, word: str, given: ColumnMapping) -> exp.Expression:
        """The value of one of our columns."""
        money = word == "integer" and (column in MONEY or column.endswith("_amount"))
        if given.is_constant:
            return _constant(given.constant, word, money, given, mapping, self.setting)
        value, kind, path = self.origin(table, column, given)
        if given.map:
            text = value if kind == "text" else exp.cast(value, "varchar")
            value, kind = _mapped(text, given), "text"
            if given.other == "reject":
                table.checks.append((column, _check(text, value, "map", path)))
        value = self.typed_as(table, mapping, column, (value, kind, path), word, given, money=money)
        if given.default is not None:
            default = _constant(given.default, word, money, given, mapping, self.setting)
            value = call("coalesce", value, default)
        return value

    def origin(self, table: _Table, column: str, given: ColumnMapping) -> tuple[exp.Expression, str, str]:
        """Where a value comes from: its tree, its kind, and the column of the source to name when it fails."""
        if given.source is not None:
            return self.text(given.source), "text", given.source
        assert given.expression is not None
        scope = self.scope(given)
        found = typed(given.expression, scope)
        table.checks += [(column, check) for check in scope.checks]
        return found.tree, found.kind, ", ".join(columns_of(given.expression))

    def typed_as(
        self,
        table: _Table,
        mapping: Mapping,
        column: str,
        found: tuple[exp.Expression, str, str],
        word: str,
        given: ColumnMapping,
        *,
        money: bool,
    ) -> exp.Expression:
        value, kind, path = found
        if word == "text":
            if kind == "text" and not isinstance(value, exp.Column):
                return call("nullif", value, "")
            return value if kind in ("text", "any") else exp.cast(value, "varchar")
        if kind == "any":
            return exp.cast(value, SQL[word])
        minor = given.unit == "minor"
        if kind != "text":
            if money:
                return conversions.money_of(value, minor=minor, digits=self.digits(mapping))
            return exp.cast(exp.Round(this=value) if word == "integer" and kind == "number" else value, SQL[word])
        numbers, times = self.styles(given)
        if money:
            read = conversions.money(value, numbers, minor=minor, digits=self.digits(mapping))
        else:
            read = self.read(value, word, numbers, times)
        # a bare column is read in the second layer, once; what was worked out from several is read on the spot
        once = self.value(read) if isinstance(value, exp.Column) else read
        table.checks.append((column, _check(value, once, "money" if money else word, path)))
        return once

    def digits(self, mapping: Mapping) -> exp.Expression | int:
        """How many decimals the currency of a row's amounts has; a tree giving ten to that power when rows differ."""
        currency = mapping.columns.get("currency")
        if currency is None:
            return minor_digits(self.setting.currency)
        if currency.is_constant:
            return minor_digits(str(currency.constant))
        if currency.source is None or currency.map:
            return minor_digits(self.setting.currency)
        return conversions.factor_of(self.text(currency.source))

    def identifier(self, table: _Table, mapping: Mapping, kind: str, given: IdentifierMapping) -> None:
        name = mapping.table
        if given.source is not None:
            raw = self.text(given.source)
        else:
            assert given.expression is not None
            raw = call("nullif", call("trim", typed(given.expression, self.scope(), "text").tree), "")
        checked = kind in identifiers.CHECKED
        if checked:
            read = identifiers.normalised(kind, raw, self.setting.country)
            table.values[f"{name}__id__{kind}"] = self.value(read) if isinstance(raw, exp.Column) else read
            table.values[f"{name}__raw__{kind}"] = raw
        else:
            table.values[f"{name}__id__{kind}"] = raw
        if given.verified is not False:
            verified = exp.true() if given.verified is True else typed(given.verified, self.scope(), "boolean").tree
            table.values[f"{name}__verified__{kind}"] = verified

    def key(self, table: _Table, mapping: Mapping) -> None:
        """Which values tell rows apart: the declared ones, else the natural ones, else all of the row."""
        name = mapping.table
        declared = mapping.key
        if not declared and all(each in mapping.columns for each in NATURAL.get(name, ("",))):
            declared = NATURAL[name]
        outputs = []
        for each in declared:
            if each in mapping.columns:
                outputs.append(f"{name}__{each}")
            else:
                table.values.setdefault(f"{name}__key__{each}", self.text(each))
                outputs.append(f"{name}__key__{each}")
        table.key = tuple(outputs)
        table.optional_key = name == "customer_records" and len(self.tables) > 1
        if outputs and not table.optional_key:
            nothing = exp.and_(*[exp.column(each, quoted=True).is_(exp.null()) for each in outputs])
            table.checks.append((declared[0], Check(nothing, "no key", ", ".join(declared))))
        for each in mapping.restates:
            output = f"{name}__{each}"
            if each not in mapping.columns:
                table.values.setdefault(f"{name}__key__{each}", self.text(each))
                output = f"{name}__key__{each}"
            table.values[f"{name}__restated__{each}"] = exp.column(output, quoted=True)

    def newest(self, path: str) -> exp.Expression:
        """A column that says which row is newer, as a number: micro-seconds when it is a time."""
        text = self.text(path)
        moment = call("epoch_us", self.read(text, "time", self.numbers, self.times))
        return self.value(call("coalesce", exp.cast(moment, "double"), conversions.number(text, self.numbers)))

    # -- the whole

    def plan(self) -> Plan:
        tables = [self.table(mapping) for mapping in self.tables.values()]
        third: dict[str, exp.Expression] = {}
        first: dict[str, str] = {}
        for table in tables:
            for name, value in table.values.items():
                if "__restated__" not in name:
                    self.same[name] = first.setdefault(value.sql("duckdb"), name)
                    third[self.same[name]] = value
            if table.mapping.when is not None:
                third[f"{table.mapping.table}__when"] = self.when(table)
            for name, tree in table.mapping.set_aside.items():
                column = self.aside(name, tree)
                third[column] = self.asides[name][0]
        fourth, rules, plans = self.row(tables)
        exploded = any("[]" in path for path in self.texts)
        own = [exp.column(PIECE), *([exp.column(ITEM)] if exploded else [])]
        base = exp.select(*[exp.column(name) for name in self.texts.values()], *own).from_(RAW)
        second = exp.select("*", *[exp.alias_(tree, name) for tree, name in self.values.values()]).from_(
            base.subquery("t")
        )
        named = exp.select("*", *[exp.alias_(tree, name, quoted=True) for name, tree in third.items()]).from_(
            second.subquery("v")
        )
        query = exp.select(*own, *fourth).from_(named.subquery("c"))
        wanted = tuple(Wanted(path, name) for path, name in self.texts.items())
        return Plan(
            self.source.name,
            wanted,
            query,
            tuple(plans),
            tuple(rules),
            (*self.asides, NOT_TAKEN),
            tuple(self.needed(tables)),
        )

    def needed(self, tables: list[_Table]) -> Iterator[str]:
        """The columns of the source without which no row could land: keys and what is required."""
        names = {name: path for path, name in self.texts.items()}
        for table in tables:
            required = [f"{table.mapping.table}__{column}" for column, check in table.checks if check.rule == "missing"]
            for output in dict.fromkeys([*table.key, *required]):
                for column in table.values[output].find_all(exp.Column):
                    if column.name in names and not table.optional_key:
                        yield names[column.name]

    def named(self, name: str) -> exp.Expression:
        """A value of the third layer, by the name it got there: what two tables share is worked out once."""
        return exp.column(self.same.get(name, name), quoted=True)

    def resolved(self, tree: exp.Expression) -> exp.Expression:
        """The tree with values of the third layer under the names they got there."""
        return tree.transform(
            lambda node: self.named(node.name) if isinstance(node, exp.Column) and node.name in self.same else node
        )

    def when(self, table: _Table) -> exp.Expression:
        scope = self.scope()
        assert table.mapping.when is not None
        found = typed(table.mapping.when, scope, "boolean")
        table.when_checks = scope.checks
        return call("coalesce", found.tree, exp.false())

    def aside(self, name: str, tree: exp.Expression) -> str:
        if name not in self.asides:
            found = call("coalesce", typed(tree, self.scope(), "boolean").tree, exp.false())
            self.asides[name] = (found, f"_aside_{len(self.asides)}")
        return self.asides[name][1]

    def row(self, tables: list[_Table]) -> tuple[list[exp.Expression], list[Rule], list[TablePlan]]:
        """What is said of the row as a whole, with the columns of each table."""
        outputs: list[exp.Expression] = []
        rules: list[Rule] = []
        plans: list[TablePlan] = []
        bad, months = exp.case(), []
        aside: exp.Expression = exp.case()
        exploded = any("[]" in path for path in self.texts)
        takes = []
        nothing = (
            exp.and_(*[exp.column(name).is_(exp.null()) for name in self.texts.values()]) if self.texts else exp.false()
        )
        main = exp.column(ITEM).eq(0) if exploded else exp.true()
        rules.append(Rule(1, "", "", "empty", ""))
        bad = bad.when(exp.and_(main, nothing), exp.Literal.number(1))
        for table in tables:
            name = table.mapping.table
            here: list[exp.Expression] = []
            if exploded:
                here.append(exp.column(ITEM) > 0 if table.exploded else exp.column(ITEM).eq(0))
            put_aside = [exp.column(self.asides[each][1]) for each in table.mapping.set_aside]
            if put_aside:
                here.append(exp.not_(exp.paren(exp.or_(*put_aside))))
            if table.optional_key:
                named = [self.named(each).is_(exp.null()).not_() for each in table.key]
                here.append(exp.paren(exp.or_(*named)))
            free = exp.and_(*here) if here else exp.true()
            if table.mapping.when is not None:
                here = [exp.column(f"{name}__when", quoted=True), *here]
            taken = exp.and_(*here) if here else exp.true()
            takes.append(taken)
            for check in table.when_checks:
                bad = bad.when(exp.and_(free.copy(), check.failed), exp.Literal.number(len(rules) + 1))
                rules.append(Rule(len(rules) + 1, name, "when", check.rule, check.column))
            for column, check in table.checks:
                failed = self.resolved(check.failed)
                if not isinstance(taken, exp.Boolean):
                    failed = exp.and_(taken.copy(), exp.paren(failed))
                bad = bad.when(failed, exp.Literal.number(len(rules) + 1))
                rules.append(Rule(len(rules) + 1, name, column, check.rule, check.column))
            time = CONTRACTS[name].time
            if time and time in table.mapping.columns:
                months.append(_when(taken, self.named(f"{name}__{time}")))
            columns = self.outputs(table, taken)
            outputs += columns.values()
            plans.append(self.table_plan(table, tuple(columns)))
        for position, (_, column) in enumerate(self.asides.values()):
            aside = aside.when(exp.column(column), exp.Literal.number(position))
        last = exp.Literal.number(len(self.asides))  # taken by no table
        aside = aside.else_(last) if self.asides else last
        none = exp.and_(main.copy(), exp.not_(exp.paren(exp.or_(*[take.copy() for take in takes]))))
        if exploded:  # a record is left aside when neither it nor any of its elements is taken: settled later
            none = exp.not_(exp.paren(exp.or_(*[take.copy() for take in takes])))
        said = [
            exp.alias_(exp.cast(bad, "smallint"), "_bad"),
            exp.alias_(exp.cast(exp.case().when(none, aside), "smallint"), "_aside"),
            exp.alias_(month_of(months, self.setting.zone), "_month"),
            exp.alias_(moment_of(months), "_moment"),
        ]
        return [*said, *outputs], rules, plans

    def outputs(self, table: _Table, taken: exp.Expression) -> dict[str, exp.Expression]:
        """The columns of one table in the landing table, by name."""
        name = table.mapping.table
        kept = [each for each in table.values if "__key__" not in each and "__restated__" not in each]
        found = {each: self.named(each) for each in kept}
        parts = [_as_key(self.named(each)) for each in table.key or sorted(kept)]
        row_id = _when(taken, hash63(_joined([exp.Literal.string(self.source.name), exp.Literal.string(name), *parts])))
        rows = {f"{name}__row_id": row_id}
        if name == "customer_records":
            rows[f"{name}__record_id"] = row_id.copy()
            if f"{name}__record_key" not in found:
                rows[f"{name}__record_key"] = _joined([part.copy() for part in parts])
        elif "record_id" in CONTRACTS[name].columns and table.mapping.identifiers:
            rows[f"{name}__record_id"] = _when(taken, self.record_id(table))
        if table.mapping.restates:
            group = [
                _as_key(self.resolved(table.values[f"{name}__restated__{each}"])) for each in table.mapping.restates
            ]
            rows[f"{name}__restated"] = _when(taken, hash63(_joined(group)))
        return {each: exp.alias_(tree, each, quoted=True) for each, tree in {**rows, **found}.items()}

    def record_id(self, table: _Table) -> exp.Expression:
        """Who a fact speaks of: the hash of the identifiers it gives, in the order of their kinds; null for none."""
        name = table.mapping.table
        said, any_ = [], []
        for kind in sorted(table.mapping.identifiers):
            value = self.named(f"{name}__id__{kind}")
            if kind in identifiers.CHECKED:
                value = call("coalesce", value, self.named(f"{name}__raw__{kind}"))
            any_.append(value.copy().is_(exp.null()).not_())
            said.append(exp.DPipe(this=exp.Literal.string(f"{kind}="), expression=value))
        joined = call("concat_ws", SEPARATOR, *said)
        return _when(exp.or_(*any_), hash63(joined))

    def table_plan(self, table: _Table, columns: tuple[str, ...]) -> TablePlan:
        mapping = table.mapping
        repeats = mapping.repeats
        if not table.key and repeats == "keep_latest":
            repeats = "number"  # without a key, equal rows are different happenings
        return TablePlan(
            mapping.table, columns, repeats, bool(mapping.newest_by), bool(mapping.restates), table.exploded
        )


def _paths(mapping: Mapping) -> Iterator[str]:
    """Every column of the source that a mapping reads for its columns and identifiers."""
    origins: list[ColumnMapping | IdentifierMapping] = [*mapping.columns.values(), *mapping.identifiers.values()]
    for given in origins:
        if given.source is not None:
            yield given.source
        elif given.expression is not None:
            yield from columns_of(given.expression)


def _numbers(kind: Any, mixed: bool) -> Numbers:
    given = getattr(kind, "numbers", None)
    if given is None:
        return Numbers(mixed=mixed)
    return Numbers(given.decimal or ".", given.thousands or "", mixed)


def _times(kind: Any, zone: str) -> Times:
    given = getattr(kind, "times", None)
    if given is None:
        return Times(zone=zone)
    return Times(given.format or "", getattr(given, "dates", None) or "", given.zone or zone)


def _check(text: exp.Expression, value: exp.Expression, rule: str, path: str) -> Check:
    return Check(exp.and_(text.copy().is_(exp.null()).not_(), value.copy().is_(exp.null())), rule, path)


def _mapped(text: exp.Expression, given: ColumnMapping) -> exp.Expression:
    case = exp.case()
    for theirs, ours in given.map.items():
        case = case.when(
            exp.EQ(this=text.copy(), expression=exp.Literal.string(str(theirs))), exp.Literal.string(str(ours))
        )
    return case.else_(text.copy()) if given.other == "keep" else case


def _constant(
    value: Any, word: str, money: bool, given: ColumnMapping, mapping: Mapping, setting: Setting
) -> exp.Expression:
    """A constant of the mapping, as the column's type."""
    if value is None:
        return exp.cast(exp.null(), SQL[word])
    if money and given.unit != "minor" and isinstance(value, (int, float)):
        currency = mapping.columns.get("currency")
        code = str(currency.constant) if currency is not None and currency.is_constant else setting.currency
        value = round(value * 10 ** minor_digits(code))
    return exp.cast(exp.convert(value), SQL[word])


def _as_key(value: exp.Expression) -> exp.Expression:
    return call("coalesce", exp.cast(value, "varchar"), NOTHING)


def _joined(parts: list[exp.Expression]) -> exp.Expression:
    return parts[0] if len(parts) == 1 else call("concat_ws", SEPARATOR, *parts)


def _when(condition: exp.Expression, value: exp.Expression) -> exp.Expression:
    return value if isinstance(condition, exp.Boolean) else exp.case().when(condition.copy(), value)
