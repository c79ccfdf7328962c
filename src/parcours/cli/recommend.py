"""`parcours recommend`: what would be shown to a person, and why; their feed, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from parcours.cli.door import DONE, Door, fail, verb
from parcours.cli.words import Words
from parcours.project import Project


@click.command(epilog="Example: parcours recommend ann@example.com --feed --page 2")
@click.argument("who")
@click.option("--feed", is_flag=True, help="The discovery feed, which has no end; else all lists.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Which page of the feed.")
@verb
def recommend(door: Door, who: str, feed: bool, page: int) -> int:
    """Shows what a person would be recommended, and why: WHO is an email, a phone number, a card or per_..."""
    from parcours import answers

    project = door.project()
    names = answers.feeds(project)
    if feed and not names:
        fail("no score of the kind 'feed' is defined in this project.")
    found = answers.recommended(project, who, feed=names[0] if feed else None, page=page)
    if not found:
        fail(f"there is nobody of the identifier {who!r}.")
    door.terminal.json({"ok": True, "persons": found})
    for one in found:
        door.terminal.title("{person}", person=one.person)
        tell(one.lists, project, door)
    return DONE


def tell(lists: Mapping[str, Any], project: Project, door: Door, at_most: int = 1000) -> None:
    """Lists on the terminal, each under its title, with a reason in words."""
    if not any(lists.values()):
        door.terminal.say("Nothing may be shown, or too little is known: the report says what is missing.")
    for score, rows in lists.items():
        title = project.scores[score].title if score in project.scores else None
        door.terminal.title("{list}", list=title.in_(door.words.language) if title else score)
        told = [[str(row.place), row.product_id, row.name or "", why(row.reason, row.about, door.words)]
                for row in rows[:at_most]]  # fmt: skip
        door.terminal.table(["", "article", "", "because"], told, left=4)


def why(reason: Mapping[str, Any], about: str | None, words: Words) -> str:
    """The reason of a place in words."""
    say, code, category = words.say, str(reason["code"]), reason.get("category", "")
    if code == "bought_often":
        return words.count("bought on {n} day", "bought on {n} days", int(reason["times"]))
    said = {
        "bought_before": say("bought before"),
        "like": say("like {about}, which was bought", about=about),
        "goes_with": say("goes with {about}, which was bought", about=about),
        "new_in": say("new in {category}", category=category),
        "popular_in": say("sells well in {category}", category=category),
        "popular": say("sells well"),
        "in_category": say("of {category}", category=category),
        "in_catalogue": say("in the catalogue"),
        "pinned": say("chosen by the merchant"),
    }
    return said[code]
