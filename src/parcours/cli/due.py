"""`parcours due`: who is due for what on a day, as a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from parcours.cli.door import DONE, Door, fail, verb, wrong_usage
from parcours.cli.run import DAY
from parcours.project.faults import nearest

ENDINGS = (".csv", ".jsonl", ".parquet")


@click.command(epilog="Example: parcours due --day 2026-04-01 --to due.csv")
@click.option("--score", metavar="NAME", help="Which score tells due dates; else the project's first.")
@click.option("--day", type=DAY, metavar="DATE", help="Who is due on this day; else on the day after the data end.")
@click.option("--baskets", is_flag=True, help="What each customer will probably want in the week from then on.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write it (.csv, .jsonl or .parquet); else out/due.csv.")  # fmt: skip
@verb
def due(door: Door, score: str | None, day: datetime | None, baskets: bool, to: Path | None) -> int:
    """Writes who is due for what on a day, the most probable first. Customers by their identifiers."""
    from parcours import flow
    from parcours.web.words import words as page_words

    project = door.project()
    known = flow.due_scores(project)
    if score is not None and score not in known:
        wrong_usage(f"no score {score!r} that tells due dates. {nearest(score, known)}".strip())
    if not known:
        fail("no score of this project tells due dates: add one of the kind 'replenishment'.")
    file = to or project.folder / "out" / ("baskets.csv" if baskets else "due.csv")
    if file.suffix not in ENDINGS:
        wrong_usage(f"a due list ends in .csv, .jsonl or .parquet, not in {file.suffix!r}.")
    made = flow.due(project, score or known[0], day=day.date() if day else None, baskets=baskets, file=file)
    door.terminal.json({"ok": True, **vars(made)})
    rows = door.words.count("{n} row", "{n} rows", made.rows)
    door.terminal.pair(str(made.file), f"{rows}, {door.words.day(made.day)}.")
    if made.missing:
        why = page_words(door.words.language).missing(made.missing)
        door.terminal.say("There are no due dates: {why}.", why=why)
    return DONE
