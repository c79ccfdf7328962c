"""How well records of one person are found by likeness, on files whose truth is known.

    python bench/identity_quality.py --febrl PATH --fake PATH [--labels PATH] [--people 20000]

`--febrl` is a file in the layout of the FEBRL data sets (truth in rec_id), `--fake` one with a `cluster` column and
`--labels` its labelled pairs. `--people` makes customers up, families included. Every file is judged under the same
settings: those a project gets when it says nothing but `matching:`. Government numbers are never used.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.identity.lookalike import people

from parcours.identity.probabilistic import note, suggest_links
from parcours.model.value import Place
from parcours.project.definitions import Matching

NAMES = {
    "first_name": ("given_name", "first_name"), "last_name": ("surname", "last_name"),
    "birth_date": ("date_of_birth", "dob"), "street_number": ("street_number",), "city": ("suburb", "city"),
    "postcode": ("postcode",), "state": ("state",), "email": ("email",),
}  # fmt: skip
STREET = ("address_1", "address_2")  # two lines, which people swap: one street to us
EXACT = (("first_name", "last_name", "postcode"), ("first_name", "last_name", "birth_date"), ("email",))
SEED = 20


@dataclass(frozen=True)
class Quality:
    """How many pairs are right, were joined, and are true."""

    right: int
    joined: int
    true: int

    def __str__(self) -> str:
        precision = self.right / self.joined if self.joined else 0.0
        recall = self.right / self.true
        f1 = 2 * self.right / (self.joined + self.true)
        return f"precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}"


def main() -> None:
    """Prints precision, recall and F1 for each setting and each baseline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--febrl", type=Path)
    parser.add_argument("--fake", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--join-above", type=float, help="default: the project's default")
    given = parser.parse_args()
    settings = {"join_above": given.join_above} if given.join_above else {}
    matching = Matching(ask_a_human_above=min(0.5, given.join_above or 1), place=Place("bench", 1), **settings)
    print(f"joined at a probability of {matching.join_above} or more")
    if given.febrl:
        records = read(given.febrl)
        judge("FEBRL without birth date", records.drop_columns(["birth_date"]), matching)
        judge("FEBRL with birth date", records, matching)
    if given.fake:
        records = read(given.fake)
        judge("fake", records, matching, labels=list(labelled(given.labels)) if given.labels else [])
    if given.people:
        judge("made up, with families", people(given.people, seed=SEED), matching)


def read(path: Path) -> pa.Table:
    """The records of a file in our columns, with `truth`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]
    columns: dict[str, list[str | None]] = {}
    for ours, theirs in NAMES.items():
        for name in theirs:
            if name in rows[0]:
                columns[ours] = [row[name] or None for row in rows]
    if STREET[0] in rows[0]:
        columns["street"] = [" ".join(filter(None, (row[name] for name in STREET))) or None for row in rows]
    columns["birth_date"] = [day(value) for value in columns["birth_date"]]
    return pa.table({"record_id": [number(row, at) for at, row in enumerate(rows)], **columns,
                     "truth": [truth(row) for row in rows]})  # fmt: skip


def number(row: dict[str, str], at: int) -> int:
    """The record's own number where it has one (labels name it), else its line."""
    return int(row["unique_id"]) if row.get("unique_id", "").isdigit() else at


def truth(row: dict[str, str]) -> str:
    """Who the record is of: the cluster, or the number within `rec-12-dup-0`."""
    return row["cluster"] if "cluster" in row else re.split("-", row["rec_id"])[1]


def day(text: str | None) -> str | None:
    """A birth date as year, month, day; dates that do not exist are unknown, as a landing would have them."""
    for form in ("%Y%m%d", "%Y-%m-%d"):
        try:
            return datetime.strptime(text or "", form).date().isoformat()
        except ValueError:
            continue
    return None


def labelled(path: Path) -> Iterator[tuple[int, int, bool]]:
    """The pairs that somebody judged, and how."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            left, right = sorted((int(row["unique_id_l"]), int(row["unique_id_r"])))
            yield left, right, float(row["clerical_match_score"]) > 0.5


def judge(name: str, records: pa.Table, matching: Matching, *, labels: Iterable[tuple[int, int, bool]] = ()) -> None:
    """Prints how well the baselines and the suggested links do on one file."""
    print(f"\n{name}: {records.num_rows} records")
    for columns in EXACT:
        if set(columns) <= set(records.column_names):
            tell(f"  baseline: same {' and '.join(columns)}", grouped(records, same(records, columns)))
    began = time.perf_counter()
    found = suggest_links(records.drop_columns(["truth"]), matching=matching, seed=SEED).pairs
    seconds, memory = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    joined = [(row["left"], row["right"]) for row in found.to_pylist() if row["probability"] >= matching.join_above]
    tell("  by likeness, pair by pair", pairwise(records, joined))
    groups = grouped(records, joined)
    tell("  by likeness, links followed through", groups)
    if labels:
        tell("  by likeness, on the labelled pairs", on_labels(records, joined, labels))
    print(f"  {seconds:.1f} s, at most {memory:.2f} GB  {note(found)}")


def tell(what: str, found: Quality) -> None:
    """One line of the report."""
    print(f"{what:<62} {found}")


def same(records: pa.Table, columns: Iterable[str]) -> list[tuple[int, int]]:
    """The links that exact agreement on some columns gives: each record to the first like it."""
    first: dict[Hashable, int] = {}
    links = []
    for record, *values in zip(*(records[column].to_pylist() for column in ("record_id", *columns))):
        if all(values):
            links.append((first.setdefault(tuple(value.lower() for value in values), record), record))
    return links


def pairwise(records: pa.Table, links: Iterable[tuple[int, int]]) -> Quality:
    """The links themselves."""
    of = dict(zip(records["record_id"].to_pylist(), records["truth"].to_pylist()))
    joined = list(links)
    return Quality(sum(of[left] == of[right] for left, right in joined), len(joined), pairs(of.values()))


def grouped(records: pa.Table, links: Iterable[tuple[int, int]]) -> Quality:
    """All pairs of records that the links bring together, directly or not."""
    first = followed(links)
    of = {
        record: (first(record), who) for record, who in zip(*(records[c].to_pylist() for c in ("record_id", "truth")))
    }
    return Quality(pairs(of.values()), pairs(group for group, _ in of.values()), pairs(who for _, who in of.values()))


def on_labels(records: pa.Table, links: Iterable[tuple[int, int]], labels: Iterable[tuple[int, int, bool]]) -> Quality:
    """The same over the pairs that somebody labelled, and no others."""
    first = followed(links)
    judged = [(first(left) == first(right), match) for left, right, match in labels]
    return Quality(sum(j and m for j, m in judged), sum(j for j, _ in judged), sum(m for _, m in judged))


def followed(links: Iterable[tuple[int, int]]) -> Callable[[int], int]:
    """What each record's group is called, once all links are followed."""
    above: dict[int, int] = {}

    def first(record: int) -> int:
        while above.get(record, record) != record:
            above[record] = above.get(above[record], above[record])
            record = above[record]
        return record

    for left, right in links:
        above[first(right)] = first(left)
    return first


def pairs(keys: Iterable[Hashable]) -> int:
    """How many pairs have equal keys."""
    return sum(n * (n - 1) // 2 for n in Counter(keys).values())


if __name__ == "__main__":
    main()
