"""`parcours decide`: what a slot shows everybody of a segment, as a file for an e-mail."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from parcours.cli.door import DONE, Door, verb, wrong_usage
from parcours.cli.due import ENDINGS
from parcours.project.faults import nearest


@click.command(epilog="Example: parcours decide letter_block --segment vips --to out/letter.csv")
@click.argument("slot")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write it (.csv, .jsonl or .parquet); else out/ and the slot's name.")  # fmt: skip
@click.option("--segment", metavar="NAME", default="", help="Only the people of this segment; else everybody known.")
@click.option("--dry-run", is_flag=True, help="Keep no decision: nothing is learned from it.")
@verb
def decide(door: Door, slot: str, to: Path | None, segment: str, dry_run: bool) -> int:
    """Decides what a slot shows each person of a segment, writes it as a file and keeps the decisions."""
    from parcours import flow
    from parcours.state import open_database

    project = door.project()
    if slot not in project.slots:
        wrong_usage(f"no slot {slot!r}.", nearest(slot, project.slots))
    if segment and segment not in project.segments:
        wrong_usage(f"no segment {segment!r}.", nearest(segment, project.segments))
    if word := flow.decided_singly(project, slot):
        wrong_usage(f"slot {slot!r} has {word!r}, which is decided for one person at a time only: ask POST /v1/decide.")
    file = to or project.folder / "out" / f"{slot}.csv"
    if file.suffix not in ENDINGS:
        wrong_usage(f"a file of decisions ends in .csv, .jsonl or .parquet, not in {file.suffix!r}.")
    with open_database(project.state) as database:
        people = flow.decide(project, database, slot, file=file, now=datetime.now(UTC), segment=segment,
                             keep=not dry_run)  # fmt: skip
    door.terminal.json({"ok": True, "slot": slot, "file": str(file), "people": people, "kept": not dry_run})
    door.terminal.pair(str(file), door.words.count("{n} person.", "{n} people.", people))
    if dry_run:
        door.terminal.say("No decision was kept.")
    return DONE
