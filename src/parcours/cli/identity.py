"""`parcours identity`: how good the joining is, what a human should look at, and links made by hand."""

from __future__ import annotations

from pathlib import Path

import click

from parcours.cli.door import DONE, Door, verb, wrong_usage
from parcours.cli.evidence import likeness
from parcours.cli.help import Verbs
from parcours.cli.words import NONE
from parcours.model import person as person_ids
from parcours.project.links import CannotLink, add_link

SHOWN = 20  # labels of each sort; `--json` gives all


@click.group(cls=Verbs, epilog="Example: parcours identity evaluate --labels labels.csv")
def identity() -> None:
    """Measures and mends the joining of records into persons."""


@identity.command(epilog="Example: parcours identity evaluate --labels labels.csv")
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
              help="Pairs known to be one person or not; else the file that identity.yaml names.")  # fmt: skip
@verb
def evaluate(door: Door, labels: Path | None) -> int:
    """Compares the persons with labels: precision, recall and F1, over pairs of records."""
    from parcours import answers

    project = door.project()
    file = labels or (project.folder / project.identity.labels_file if project.identity.labels_file else None)
    if file is None:
        wrong_usage("there are no labels.", "Name them with --labels, or as 'labels_file' in identity.yaml.")
    found = answers.evaluate(project, file)
    shares = {"precision": found.precision, "recall": found.recall, "f1": found.f1}
    door.terminal.json({"ok": True, **shares, **vars(found)})
    say = door.words
    for heading, share in zip(("Precision", "Recall", "F1"), shares.values()):
        door.terminal.pair(say.say(heading), NONE if share is None else say.percent(share, 2))
    for heading, wrong in (
        ("Joined, but two persons:", found.wrongly_joined),
        ("Apart, but one person:", found.wrongly_apart),
        ("Nobody is known by one side:", found.nobody),
    ):
        if wrong:
            door.terminal.title(heading)
            for label in wrong[:SHOWN]:
                door.terminal.print(f"  {file.name}:{label.line}: {label.left}, {label.right}")
    return DONE


@identity.command(epilog="Example: parcours identity review")
@verb
def review(door: Door) -> int:
    """Shows the pairs of records that are perhaps one person, for a human to decide."""
    from parcours import answers

    pairs = answers.review(door.project())
    door.terminal.json({"ok": True, "pairs": pairs})
    if not pairs:
        door.terminal.say("There is nothing to review.")
        return DONE
    say = door.words
    for pair in pairs:
        door.terminal.print(likeness(pair["evidence"], pair["probability"], say))
        for side in ("left", "right"):
            told = " ".join(str(part) for part in pair[side].values() if part not in (None, ""))
            door.terminal.print(f"  {person_ids.show(pair[f'{side}_person'])}  {told}")
    door.terminal.say("Decide with: parcours identity force LEFT RIGHT, or forbid LEFT RIGHT.")
    return DONE


def _link(do: str, door: Door, left: str, right: str, why: str) -> int:
    project = door.project()
    try:
        file = add_link(project, do, left, right, why)
    except CannotLink as reason:
        wrong_usage(str(reason))
    door.terminal.json({"ok": True, "file": file})
    door.terminal.say(
        "Written to {file}. The next run follows it; 'parcours plan' says what it changes.", file=file.name
    )
    return DONE


@identity.command(epilog="Example: parcours identity force email=ann@example.com loyalty_card=C1 --why 'she told us'")
@click.argument("left")
@click.argument("right")
@click.option("--why", required=True, help="The reason, for those who come later.")
@verb
def force(door: Door, left: str, right: str, why: str) -> int:
    """Says that two identifiers are one person, whatever else is known."""
    return _link("force", door, left, right, why)


@identity.command(epilog="Example: parcours identity forbid crm_id=K31 crm_id=K32 --why twins")
@click.argument("left")
@click.argument("right")
@click.option("--why", required=True, help="The reason, for those who come later.")
@verb
def forbid(door: Door, left: str, right: str, why: str) -> int:
    """Says that two identifiers are two persons: what joined them is undone, and both histories are as they were."""
    return _link("forbid", door, left, right, why)
