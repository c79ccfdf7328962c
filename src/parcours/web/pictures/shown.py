"""What we would show: why an article is in a list, and what to know of the data, as sentences."""

from __future__ import annotations

from typing import Any

from parcours.measurement.shown import Advised, NearArticle
from parcours.web.words import Words


def why(one: Advised, w: Words) -> str:
    """Why an article is in a list."""
    code = one.reason["code"]
    if code == "bought_often":
        return w.count("shown.often", int(one.reason["times"]))
    return w.say(f"shown_why.{code}", about=one.about or "", category=one.reason.get("category", ""))


def near(one: NearArticle, w: Words) -> str:
    """By what the others are near an article."""
    return w.say(f"shown_by.{one.by}")


def note(one: dict[str, Any], w: Words) -> str:
    """Something to know of the data."""
    told = {name: w.number(value) if isinstance(value, int) else value for name, value in one.items() if name != "code"}
    return w.say(f"shown_note.{one['code']}", **told)
