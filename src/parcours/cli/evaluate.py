"""`parcours evaluate`: what a slot would have earned had one variant always been shown."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any

import click

from parcours.cli.door import DONE, Door, NothingThere, fail, verb
from parcours.cli.words import Words


@click.command(epilog="Example: parcours evaluate cart_block")
@click.argument("slot")
@verb
def evaluate(door: Door, slot: str) -> int:
    """Tells what a slot would have earned had one variant always been shown, from the log of its decisions."""
    from parcours import answers
    from parcours.state import has_state, open_database

    project = door.project()
    if slot not in project.slots:
        fail(f"there is no slot {slot!r}.")
    if not has_state(project.state):
        raise NothingThere("nothing was decided yet: 'parcours serve' decides.")
    with open_database(project.state) as database:
        found = answers.what_if(project, database, slot, now=datetime.now(UTC))
    door.terminal.json({"ok": True, "variants": [_plain(one) for one in found]})
    if not found:
        door.terminal.say("This slot has no variants: a list of articles cannot be judged this way.")
        return DONE
    door.terminal.say("What a decision would have earned on average; in brackets where it lies, 19 times in 20.")
    door.terminal.table(
        ["Variant", "decisions", "as it was", "always shown", "more", "worth"],
        [_row(one, door.words) for one in found],
        left=1,
    )
    for one in found:
        refused = [each for each in one.estimates.values() if hasattr(each, "reason")]
        for why in dict.fromkeys(_why(each, door.words) for each in refused):
            door.terminal.say("{variant}: {why}", variant=one.variant, why=why)
    return DONE


def _row(one: Any, words: Words) -> list[str]:
    """The self-normalised estimate; the others are in the JSON."""
    found = one.estimates["snips"]
    if hasattr(found, "reason"):
        return [one.variant, f"{one.decisions:,}", "", words.say("cannot tell"), "", f"{found.ess:,.0f}"]
    gain = "" if found.gain is None else "{:+.4f} [{:+.4f}, {:+.4f}]".format(*found.gain)
    value = f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"
    return [one.variant, f"{one.decisions:,}", f"{found.logged:.4f}", value, gain, f"{found.ess:,.0f}"]


def _why(found: Any, words: Words) -> str:
    """Why the log cannot tell, in a sentence."""
    said = {
        "no_decisions": words.say("no decision is over yet."),
        "no_propensity": words.say("how probable decisions were is not known."),
        "unseen": words.say("it was never shown where it might have been."),
        "no_overlap": words.say("it had hardly a chance where it might have been shown."),
        "few_decisions": words.say("too few decisions: they are worth {found}, and {needed} are needed.",
                                   found=f"{found.ess:,.0f}", needed=f"{found.needed:,.0f}"),
        "few_rewards": words.say("too few successes: they are worth {found}, and {needed} are needed.",
                                 found=f"{found.ess:,.0f}", needed=f"{found.needed:,.0f}"),
    }  # fmt: skip
    return said.get(found.reason, found.reason)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(inner) for name, inner in asdict(value).items()}
    return value
