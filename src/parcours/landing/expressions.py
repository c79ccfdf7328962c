"""What the retailer's expressions mean over columns that are text: which are read as numbers, and what then can fail.

A column is read as the place it stands in wants it: as a number beside `*` or a number, as text beside a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from parcours.landing import conversions
from parcours.landing.conversions import Numbers, Times

KINDS = {"VARCHAR": "text", "TEXT": "text", "BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean",
         "DATE": "date", "TIMESTAMP": "time"}  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_NUMERIC = (exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Neg)
_TEXTUAL = (
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Substring,
    exp.Replace,
    exp.RegexpExtract,
    exp.SplitPart,
    exp.Left,
    exp.Right,
)
_ALIKE = (exp.Coalesce, exp.Greatest, exp.Least, exp.Nullif)


@dataclass(frozen=True)
class Check:
    """When a value was there but could not be read: the row is rejected by this rule, on account of this column."""

    failed: exp.Expression
    rule: str
    column: str


@dataclass
class Scope:
    """The columns of a source: how each is found as text, and as what else it is wanted.

    `convert(column, kind)` gives a column already read as a kind, for columns are read once and used often.
    """

    text: Callable[[str], exp.Expression]
    convert: Callable[[str, str], exp.Expression]
    numbers: Numbers
    times: Times
    checks: list[Check] = field(default_factory=list)


@dataclass(frozen=True)
class Typed:
    """A tree with the kind of what it gives; `column` names a column of the source that is not read as anything yet."""

    tree: exp.Expression
    kind: str
    column: str = ""


def typed(tree: exp.Expression, scope: Scope, wanted: str = "") -> Typed:
    """The expression over the source's columns, read as `wanted` when that is given (as it comes, else)."""
    found = _typed(tree, scope)
    if wanted:
        return Typed(_as(found, wanted, scope), wanted)
    if found.column:
        return Typed(scope.text(found.column), "text")
    return found


def _typed(node: exp.Expression, scope: Scope) -> Typed:
    if isinstance(node, exp.Column):
        return Typed(node, "column", node.name)
    if isinstance(node, exp.Literal):
        return Typed(node.copy(), "text" if node.is_string else "number")
    if isinstance(node, exp.Boolean):
        return Typed(node.copy(), "boolean")
    if isinstance(node, exp.Null):
        return Typed(node.copy(), "any")
    if isinstance(node, exp.Paren):
        inner = _typed(node.this, scope)
        return inner if inner.column else Typed(exp.paren(inner.tree), inner.kind)
    if isinstance(node, (exp.Cast, exp.TryCast)):
        kind = KINDS[node.to.sql("duckdb")]
        return Typed(_as(_typed(node.this, scope), kind, scope), kind)
    if isinstance(node, (exp.And, exp.Or, exp.Not)):
        return _rebuilt(node, scope, "boolean", "boolean")
    if isinstance(node, _ARITHMETIC):
        return _rebuilt(node, scope, "number", "number")
    if isinstance(node, _NUMERIC):
        return Typed(_with(node, this=_as(_typed(node.this, scope), "number", scope)), "number")
    if isinstance(node, exp.Length):
        return Typed(_with(node, this=_as(_typed(node.this, scope), "text", scope)), "number")
    if isinstance(node, exp.Is):
        inner = _typed(node.this, scope)
        return Typed(_with(node, this=scope.text(inner.column) if inner.column else inner.tree), "boolean")
    if isinstance(node, (*_COMPARISONS, exp.In, exp.Between)):
        return _compared(node, scope)
    if isinstance(node, (exp.Like, exp.ILike, exp.RegexpLike, exp.StartsWith, exp.Contains)):
        return _rebuilt(node, scope, "text", "boolean")
    if isinstance(node, exp.Case):
        return _case(node, scope)
    if isinstance(node, _ALIKE):
        return _alike(node, scope)
    if isinstance(node, _TEXTUAL):
        return Typed(_with(node, this=_as(_typed(node.this, scope), "text", scope)), "text")
    if isinstance(node, (exp.DPipe, exp.Concat)):
        return _rebuilt(node, scope, "text", "text")
    raise TypeError(f"expressions let {type(node).__name__} in, and nobody says what it means")


def _with(node: exp.Expression, **parts: exp.Expression) -> exp.Expression:
    copied = node.copy()
    for name, part in parts.items():
        copied.set(name, part)
    return copied


def _rebuilt(node: exp.Expression, scope: Scope, wants: str, gives: str) -> Typed:
    """The node with each operand read as it wants them."""
    copied = node.copy()
    for name in ("this", "expression"):
        part = node.args.get(name)
        if isinstance(part, exp.Expression):
            copied.set(name, _as(_typed(part, scope), wants, scope))
    if node.args.get("expressions"):
        copied.set("expressions", [_as(_typed(part, scope), wants, scope) for part in node.expressions])
    return Typed(copied, gives)


def _compared(node: exp.Expression, scope: Scope) -> Typed:
    """Both sides read alike: as numbers when one is a number, as dates when one is a date, else as text."""
    names = [name for name in ("this", "expression", "low", "high") if name in node.args]
    parts = [_typed(node.args[name], scope) for name in names]
    listed = [_typed(part, scope) for part in node.expressions] if isinstance(node, exp.In) else []
    kind = _common([*parts, *listed])
    copied = node.copy()
    for name, part in zip(names, parts):
        copied.set(name, _as(part, kind, scope))
    if listed:
        copied.set("expressions", [_as(part, kind, scope) for part in listed])
    return Typed(copied, "boolean")


def _case(node: exp.Case, scope: Scope) -> Typed:
    branches = node.args["ifs"]
    results = [_typed(branch.args["true"], scope) for branch in branches]
    default = node.args.get("default")
    last = _typed(default, scope) if default is not None else None
    kind = _common([*results, *([last] if last else [])])
    case = exp.case()
    for branch, result in zip(branches, results):
        test = branch.this if node.this is None else exp.EQ(this=node.this.copy(), expression=branch.this.copy())
        case = case.when(_as(_typed(test, scope), "boolean", scope), _as(result, kind, scope))
    return Typed(case.else_(_as(last, kind, scope)) if last else case, kind)


def _alike(node: exp.Expression, scope: Scope) -> Typed:
    names = ("this", "expression") if isinstance(node, exp.Nullif) else ("this",)
    first = [_typed(node.args[name], scope) for name in names]
    rest = [_typed(part, scope) for part in node.expressions]
    kind = _common([*first, *rest])
    copied = node.copy()
    for name, part in zip(names, first):
        copied.set(name, _as(part, kind, scope))
    if rest:
        copied.set("expressions", [_as(part, kind, scope) for part in rest])
    return Typed(copied, kind)


def _common(parts: list[Typed]) -> str:
    kinds = {part.kind for part in parts} - {"column", "any"}
    if "integer" in kinds:
        kinds = kinds - {"integer"} | {"number"}
    if len(kinds) == 1:
        return kinds.pop()
    for kind in ("time", "date", "number", "boolean"):
        if kind in kinds:
            return kind
    return "text"


def _as(part: Typed, wanted: str, scope: Scope) -> exp.Expression:
    """The part read as a kind, noting what makes that fail."""
    if part.column:
        return scope.text(part.column) if wanted == "text" else scope.convert(part.column, wanted)
    if part.kind in (wanted, "any"):
        return part.tree
    if wanted == "text":
        return exp.cast(part.tree, "varchar")
    if part.kind == "text":
        value = _read(part.tree, wanted, scope)
        if not isinstance(part.tree, exp.Literal):
            failed = exp.and_(part.tree.copy().is_(exp.null()).not_(), value.copy().is_(exp.null()))
            scope.checks.append(Check(failed, wanted, ""))
        return value
    if {part.kind, wanted} <= {"number", "integer", "boolean"}:
        rounded = exp.Round(this=part.tree) if wanted == "integer" else part.tree
        return exp.cast(rounded, {"number": "double", "integer": "bigint", "boolean": "boolean"}[wanted])
    if {part.kind, wanted} == {"date", "time"}:
        return exp.cast(part.tree, "date" if wanted == "date" else "timestamp")
    raise ValueError(f"{part.kind} cannot be read as {wanted}: {part.tree.sql('duckdb')}")


def _read(text: exp.Expression, kind: str, scope: Scope) -> exp.Expression:
    if kind == "number":
        return conversions.number(text, scope.numbers)
    if kind == "integer":
        return conversions.whole(text, scope.numbers)
    if kind == "boolean":
        return conversions.boolean(text)
    style = scope.times if not isinstance(text, exp.Literal) else Times(zone=scope.times.zone)
    return conversions.date(text, style) if kind == "date" else conversions.time(text, style)
