"""What a definition may refer to: the tables and their columns, the other definitions, the project's settings.

A kind may have a method `check(self, known) -> Iterable[Complaint]`; the loader calls it once everything has been
read and turns each complaint into a fault at the line of that setting. A kind of attribute also says what its values
are (`result`) and which other attributes it is worked out from (`uses`), so that rules over it can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Known:
    """The names there are in a project."""

    tables: Mapping[str, Mapping[str, str]]  # table: {column: type word}, the canonical tables
    attributes: Mapping[str, object] = field(default_factory=dict)
    segments: Mapping[str, object] = field(default_factory=dict)
    identifier_kinds: Iterable[str] = ()
    currency: str = "EUR"
    zone: str = "UTC"


@dataclass(frozen=True)
class Complaint:
    """Something wrong with one setting: `("of", "no column 'orders.net_amont'.", "Did you mean 'net_amount'?")`."""

    setting: str
    message: str
    hint: str = ""


@runtime_checkable
class Checks(Protocol):
    """A kind that can say what is wrong with itself."""

    def check(self, known: Known) -> Iterable[Complaint]:
        """What is wrong, given the names there are."""
        ...


class Gives(Protocol):
    """The type word and unit ("money", "share", "days" or nothing) of an attribute's values."""

    type: str
    unit: str


@runtime_checkable
class Describes(Protocol):
    """A kind of attribute, which can say what its values are, given those of the attributes it uses."""

    @property
    def uses(self) -> tuple[str, ...]:
        """The other attributes it is worked out from."""
        ...

    def result(self, attributes: Mapping[str, Gives]) -> Gives:
        """What its values are."""
        ...
