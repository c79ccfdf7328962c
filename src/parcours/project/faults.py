"""Everything wrong in a project, told at once: the place, what, the nearest name, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from parcours.model.value import Fault, Place

_LISTED = 8


class ProjectFaults(Exception):
    """A project that cannot run as it is written; `faults` lists why, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: list[Fault] = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Faults:
    """The faults found so far; reading goes on after each of them."""

    found: list[Fault] = field(default_factory=list)

    def add(self, place: Place, message: str, hint: str = "") -> None:
        """Notes a fault."""
        self.found.append(Fault(place, message, hint))

    def unknown(self, place: Place, what: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        """Notes a name that nothing bears, with the nearest one that exists."""
        self.add(place, f"no {what} {name!r}.", nearest(name, known) or hint)

    def no_column(self, place: Place, table: str, column: str, known: Iterable[str]) -> None:
        """Notes a column that a table does not have, with the nearest one."""
        self.add(place, f"no column '{table}.{column}'.", nearest(column, known))

    def stop(self) -> None:
        """Raises ProjectFaults when anything was found."""
        if self.found:
            raise ProjectFaults(self.found)


def nearest(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'last_order'?`; else the names there are, when they are few; else nothing."""
    names = sorted(str(each) for each in known)
    return close_to(name, names) or (f"There is {listed(names)}." if 0 < len(names) <= _LISTED else "")


def close_to(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'last_order'?`, when some name looks like the one written."""
    names = sorted(str(each) for each in known)
    close = get_close_matches(name, names, n=1, cutoff=0.6) or get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names between quotes: `'a', 'b' and 'c'`."""
    *first, end = [repr(name) for name in names]
    return f"{', '.join(first)} {last} {end}" if first else end
