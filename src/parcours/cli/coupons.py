"""`parcours coupons`: the offers dealt to households, as a file for the printer or the mailing tool."""

from __future__ import annotations

from pathlib import Path

import click

from parcours.cli.door import DONE, Door, fail, verb, wrong_usage
from parcours.cli.due import ENDINGS
from parcours.project.faults import nearest


@click.command(epilog="Example: parcours coupons --to coupons.csv")
@click.option("--allotment", metavar="NAME", help="Which allotment; else the newest.")
@click.option("--by", type=click.Choice(("household", "coupon")), default="household",
              help="A row a household, its coupons side by side; or a row a coupon.")  # fmt: skip
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write it (.csv, .jsonl or .parquet); else out/ and the allotment's name.")  # fmt: skip
@verb
def coupons(door: Door, allotment: str | None, by: str, to: Path | None) -> int:
    """Writes the coupons of each household, with why each was chosen, from what was last published."""
    from parcours import flow

    project = door.project()
    found = flow.allotments(project)
    if not found:
        fail("no offers have been dealt yet: write an allotment under offers/, then 'parcours run'.")
    names = [one.allotment for one in found]
    if allotment is not None and allotment not in names:
        wrong_usage(f"no allotment {allotment!r} has been dealt. {nearest(allotment, names)}".strip())
    one = found[names.index(allotment) if allotment else 0]
    file = to or project.folder / "out" / f"{one.allotment}_{one.starts}.csv"
    if file.suffix not in ENDINGS:
        wrong_usage(f"a file of coupons ends in .csv, .jsonl or .parquet, not in {file.suffix!r}.")
    made = flow.coupons(project, one, file=file, by=by, language=door.words.language)
    door.terminal.json({"ok": True, **vars(made)})
    homes = door.words.count("{n} household", "{n} households", made.households)
    told = door.words.count("{n} coupon", "{n} coupons", made.coupons)
    door.terminal.pair(str(made.file), f"{homes}, {told}.")
    return DONE
