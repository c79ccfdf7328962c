"""Pieces of one shape as a DuckDB relation: the wanted columns as trimmed text, in the order of the records."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from sqlglot import exp

from parcours.engine.reader.layout import Layout, Piece, Refused
from parcours.engine.reader.records import LARGEST_RECORD
from parcours.engine.reader.shape import Shape

PIECE, ITEM = "_piece", "_item"
LARGEST_OBJECT = 16_777_216
BLANKS = " \t\r\n\u00a0\u202f\ufeff"
_SEGMENT = re.compile(r"^(.*?)((?:\[\d*\])*)$")
_MAP_KEYS = ("key", "value")


@dataclass(frozen=True)
class Wanted:
    """A column of the source, and the name it gets in the relation."""

    path: str
    name: str


def relation(pieces: Sequence[Piece], shape: Shape, wanted: Sequence[Wanted], layout: Layout) -> exp.Select:
    """One row a record, in order: the wanted columns (text, empty is null) and `_piece`, the position in `pieces`.

    When a wanted path goes through an array (`items[].price`), `_item` is added: 0 is the record itself, 1 to n the
    elements of its array, each a row of its own right after it.
    """
    if shape.format == "csv":
        return _csv(pieces, shape, wanted, layout)
    if shape.format == "fixed_width":
        return _fixed(pieces, wanted, layout)
    tree = _Node()
    paths = {each.path: _parse(each.path, shape, layout) for each in wanted}
    for steps in paths.values():
        tree.add(steps)
    if shape.format == "jsonl":
        tree.check()
    read = _read_json(pieces, tree) if shape.format == "jsonl" else _read_parquet(pieces)
    arrays = sorted({name for steps in paths.values() if (name := _array_of(steps))})
    inner = exp.select("*", exp.alias_(exp.cast(exp.column("file_index"), "integer"), PIECE)).from_(
        exp.Table(this=read)
    )
    if arrays:
        inner = inner.select(exp.alias_(_items(arrays), ITEM))
    chosen = [exp.alias_(_value(paths[each.path], tree, shape), each.name) for each in wanted]
    own = [exp.column(PIECE), *([exp.column(ITEM)] if arrays else [])]
    found = exp.select(*chosen, *own).from_(inner.subquery("r"))
    texts = [exp.alias_(trimmed(exp.column(each.name)), each.name) for each in wanted]
    return exp.select(*texts, *[column.copy() for column in own]).from_(found.subquery("f"))


def trimmed(text: exp.Expression) -> exp.Expression:
    """Text without blanks around it, null when nothing is left. Most text has none, and is not touched."""
    before = exp.LT(this=text.copy(), expression=exp.Literal.string("!"))  # begins with a blank, tab or line end
    edges = [
        before,
        *[
            exp.Anonymous(this=name, expressions=[text.copy(), exp.Literal.string(blank)])
            for name, blank in (("ends_with", " "), ("ends_with", "\u00a0"), ("starts_with", "\u00a0"))
        ],
    ]
    bare = exp.Anonymous(this="trim", expressions=[text.copy(), exp.Literal.string(BLANKS)])
    empty = exp.Literal.string("")
    return (
        exp.case()
        .when(exp.or_(*edges), exp.Nullif(this=bare, expression=empty))
        .else_(exp.Nullif(this=text.copy(), expression=empty.copy()))
    )


def function(name: str, *args: exp.Expression, **named: object) -> exp.Anonymous:
    """A call of one of DuckDB's own functions."""
    options = [
        exp.EQ(this=exp.column(key), expression=value if isinstance(value, exp.Expression) else exp.convert(value))
        for key, value in named.items()
    ]
    return exp.Anonymous(this=name, expressions=[*args, *options])


def _files(pieces: Sequence[Piece]) -> exp.Expression:
    return exp.Array(expressions=[exp.Literal.string(_literally(str(piece.path))) for piece in pieces])


def _literally(path: str) -> str:
    """A path in which DuckDB finds no pattern to expand."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _struct(values: dict[str, str]) -> exp.Expression:
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=exp.Literal.string(type_))
            for name, type_ in values.items()
        ]
    )


# -- CSV and fixed width --------------------------------------------------------------------------------------------


def _csv(pieces: Sequence[Piece], shape: Shape, wanted: Sequence[Wanted], layout: Layout) -> exp.Select:
    columns = {f"c{position}": "VARCHAR" for position in range(len(shape.columns))}
    header = not layout.names
    careful = any(piece.careful for piece in pieces)
    read = function(
        "read_csv",
        _files(pieces),
        auto_detect=False,
        header=header,
        delim=shape.delimiter,
        quote=layout.quote,
        escape=layout.quote,
        columns=_struct(columns),
        store_rejects=True,
        rejects_limit=0,
        skip=0 if careful else layout.skip,
        max_line_size=LARGEST_RECORD,
        strict_mode=True,
        null_padding=False,
    )
    place = {name: position for position, name in reversed(list(enumerate(shape.columns)))}
    chosen = [exp.alias_(trimmed(exp.column(f"c{place[each.path]}")), each.name) for each in wanted]
    return exp.select(*chosen, exp.alias_(exp.cast(exp.column("file_index"), "integer"), PIECE)).from_(
        exp.Table(this=read)
    )


def _fixed(pieces: Sequence[Piece], wanted: Sequence[Wanted], layout: Layout) -> exp.Select:
    careful = any(piece.careful for piece in pieces)
    read = function(
        "read_csv",
        _files(pieces),
        auto_detect=False,
        header=False,
        delim="\x1f",
        quote="",
        escape="",
        columns=_struct({"line": "VARCHAR"}),
        store_rejects=True,
        rejects_limit=0,
        skip=0 if careful else layout.skip,
        max_line_size=LARGEST_RECORD,
    )
    starts, start = {}, 1
    for name, width in layout.widths.items():
        starts[name] = (start, width)
        start += width
    cut = [
        exp.alias_(
            function("substr", exp.column("line"), *[exp.Literal.number(n) for n in starts[each.path]]), each.name
        )
        for each in wanted
    ]
    lines = (
        exp.select(*cut, exp.alias_(exp.cast(exp.column("file_index"), "integer"), PIECE))
        .from_(exp.Table(this=read))
        .where(function("trim", exp.column("line")).neq(""))
    )
    return exp.select(*[exp.alias_(trimmed(exp.column(each.name)), each.name) for each in wanted], PIECE).from_(
        lines.subquery("f")
    )


# -- nested data ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """One step into nested data: a field; then an element of it (n), each of its elements (-1) or, of pairs, a key."""

    name: str
    element: int | None = None
    pair_key: str | None = None
    pair: tuple[str, tuple[str, ...]] | None = None


@dataclass
class _Node:
    """What is wanted of a JSON object, as the type it is declared with."""

    fields: dict[str, _Node] = field(default_factory=dict)
    array: bool = False
    whole: bool = False

    def add(self, steps: Sequence[_Step]) -> None:
        node = self
        for step in steps:
            node = node.fields.setdefault(step.name, _Node())
            node.array = node.array or step.element is not None or step.pair is not None
            if step.pair is not None:
                node.fields.setdefault(step.pair[0], _Node()).whole = True
                for path in step.pair[1]:
                    node.add([_Step(name) for name in path.split(".")])
                return
        node.whole = True

    def check(self, path: str = "") -> None:
        """Raises Refused for an array of pairs of which the whole is wanted too."""
        for name, node in self.fields.items():
            node.check(f"{path}.{name}" if path else name)
        if self.whole and self.array and self.fields:
            raise Refused(f"{path!r} cannot be mapped whole and by its elements as well")

    @property
    def type(self) -> str:
        """The declared type: text for a leaf, JSON where both the whole and parts of it are wanted."""
        if self.whole and self.fields:
            return "JSON"
        if not self.fields:
            return "VARCHAR[]" if self.array else "VARCHAR"
        inner = ", ".join(
            f"{exp.to_identifier(name, quoted=True).sql('duckdb')} {node.type}" for name, node in self.fields.items()
        )
        return f"STRUCT({inner})" + ("[]" if self.array else "")


def _parse(path: str, shape: Shape, layout: Layout) -> tuple[_Step, ...]:
    if shape.format == "parquet" and shape.schema is not None and path in shape.schema.names:
        return (_Step(path),)
    for prefix, pairs in layout.pairs.items():
        if path.startswith(prefix + "."):
            return (
                *[_Step(name) for name in prefix.split(".")[:-1]],
                _Step(prefix.split(".")[-1], pair_key=path.removeprefix(prefix + "."), pair=(pairs.key, pairs.values)),
            )
    steps = []
    for segment in path.split("."):
        match = _SEGMENT.match(segment)
        assert match is not None
        marks = re.findall(r"\[(\d*)\]", match[2])
        if len(marks) > 1:
            raise Refused(f"{path!r}: an array of arrays is not read")
        steps.append(_Step(match[1], element=None if not marks else -1 if marks[0] == "" else int(marks[0])))
    if sum(step.element == -1 for step in steps) > 1:
        raise Refused(f"{path!r}: only one array can be told apart into rows")
    return tuple(steps)


def _array_of(steps: Sequence[_Step]) -> str:
    """The array whose elements become rows, as a path that `_items` reads; "" when there is none."""
    for position, step in enumerate(steps):
        if step.element == -1:
            return json.dumps([each.name for each in steps[: position + 1]])
    return ""


def _items(arrays: Sequence[str]) -> exp.Expression:
    """0 and the numbers of the elements of the longest array."""
    lengths = []
    for path in arrays:
        first, *rest = json.loads(path)
        value: exp.Expression = exp.column(first, quoted=True)
        for name in rest:
            value = function("struct_extract", value, exp.Literal.string(name))
        lengths.append(function("coalesce", function("len", value), exp.Literal.number(0)))
    longest = lengths[0] if len(lengths) == 1 else function("greatest", *lengths)
    return function(
        "unnest", function("range", exp.Literal.number(0), exp.Add(this=longest, expression=exp.Literal.number(1)))
    )


def _value(steps: Sequence[_Step], tree: _Node, shape: Shape) -> exp.Expression:
    """The text at a path."""
    node, value = tree, None
    for position, step in enumerate(steps):
        node = node.fields[step.name]
        value = (
            exp.column(step.name, quoted=True)
            if value is None
            else function("struct_extract", value, exp.Literal.string(step.name))
        )
        if shape.format == "jsonl" and node.type == "JSON" and position + 1 < len(steps):
            return _in_json(value, steps[position:])
        if step.pair is not None:
            return _of_pair(value, step)
        if step.element is not None:
            at = exp.column(ITEM) if step.element == -1 else exp.Literal.number(step.element + 1)
            value = function("list_extract", value, at)
    assert value is not None
    return _as_text(value, steps, shape)


def _in_json(value: exp.Expression, steps: Sequence[_Step]) -> exp.Expression:
    """A path inside of a value that is kept as JSON since all of it is wanted too."""
    path = "$"
    for position, step in enumerate(steps):
        path += (f".{json.dumps(step.name)}" if position else "") + (
            f"[{step.element}]" if step.element is not None else ""
        )
    return function("json_extract_string", value, exp.Literal.string(path))


def _of_pair(value: exp.Expression, step: _Step) -> exp.Expression:
    """The value that stands beside a key in an array of keys and values."""
    assert step.pair is not None
    key, values = step.pair
    entry = exp.column("e")
    found = function(
        "list_extract",
        function(
            "list_filter",
            value,
            exp.Lambda(
                this=function("struct_extract", entry, exp.Literal.string(key)).eq(
                    exp.Literal.string(str(step.pair_key))
                ),
                expressions=[exp.to_identifier("e")],
            ),
        ),
        exp.Literal.number(1),
    )
    inner = []
    for path in values:
        each: exp.Expression = found
        for name in path.split("."):
            each = function("struct_extract", each, exp.Literal.string(name))
        inner.append(exp.cast(each, "varchar"))
    return function("coalesce", *[each.copy() for each in inner])


def _as_text(value: exp.Expression, steps: Sequence[_Step], shape: Shape) -> exp.Expression:
    if shape.format == "jsonl":
        return exp.cast(value, "varchar")
    of = _type_at(steps, shape)
    if pa.types.is_nested(of):
        return exp.cast(function("to_json", value), "varchar")
    return exp.cast(value, "varchar")


def _type_at(steps: Sequence[_Step], shape: Shape) -> pa.DataType:
    assert shape.schema is not None
    of = shape.schema.field(steps[0].name).type
    for position, step in enumerate(steps):
        if position:
            of = of.field(step.name).type
        if step.element is not None:
            of = of.value_type
    return of


def _read_json(pieces: Sequence[Piece], tree: _Node) -> exp.Expression:
    names = list(tree.fields)
    if len({name.casefold() for name in names}) < len(names):
        raise Refused("two of the columns wanted of it differ only in capitals")
    columns = {name: node.type for name, node in tree.fields.items()} or {"": "VARCHAR"}
    return function(
        "read_json",
        _files(pieces),
        format="newline_delimited",
        auto_detect=False,
        ignore_errors=True,
        columns=_struct(columns),
        maximum_object_size=LARGEST_OBJECT,
    )


def _read_parquet(pieces: Sequence[Piece]) -> exp.Expression:
    return function("read_parquet", _files(pieces))
