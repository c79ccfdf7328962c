"""What a mapping comes to: one query over the raw columns of a source, and how what it gives is settled."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from parcours.engine.macros import expand
from parcours.engine.reader import Wanted

# Raised when code changes what lands of the same file under the same mapping: everything is then read again.
VERSION = 1
RAW = "raw"
SEPARATOR, NOTHING = "\x1f", "\x1e"
UNDATED = "undated"
NOT_TAKEN = "taken by no table"


@dataclass(frozen=True)
class Rule:
    """Why rows are rejected: the code they carry, and what is said of them. `source` is the column at fault."""

    code: int
    table: str
    column: str
    rule: str
    source: str


@dataclass(frozen=True)
class TablePlan:
    """What one table gets of each row: its columns as the query names them, and how repeated keys are settled."""

    name: str
    columns: tuple[str, ...]
    repeats: str
    newest: bool
    restates: bool
    exploded: bool


@dataclass(frozen=True)
class Plan:
    """A source's mapping as a query over `raw`: the columns wanted of the source, and what comes of them."""

    source: str
    wanted: tuple[Wanted, ...]
    query: exp.Select
    tables: tuple[TablePlan, ...]
    rules: tuple[Rule, ...]
    asides: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def exploded(self) -> bool:
        return any("[]" in each.path for each in self.wanted)


@dataclass(frozen=True)
class Setting:
    """What of the project decides how text is read."""

    zone: str
    currency: str
    country: str


def hash63(text: exp.Expression) -> exp.Expression:
    """63 bits of MD5, as everywhere in the warehouse."""
    return expand(exp.Anonymous(this="hash63", expressions=[text]), "duckdb")
