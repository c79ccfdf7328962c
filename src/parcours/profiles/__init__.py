"""Profiles: what is known of each person, worked out from what they did and said.

`build` makes the table `profiles` for everybody; `for_person` reads the same attributes for one person from their facts
alone, and `explain` says where each value comes from.
"""

from __future__ import annotations

from parcours.model.value import Title
from parcours.profiles.build import build
from parcours.profiles.explain import Explained, explain, for_person
from parcours.profiles.plan import results_of
from parcours.project.definitions import Project
from parcours.rules.subject import Subject

__all__ = ["Explained", "build", "columns", "explain", "for_person"]


def columns(project: Project) -> dict[str, Subject]:
    """The attributes of a project's profiles, in the order of their columns, with type, unit and title."""
    results = results_of(project.attributes)
    return {
        name: Subject(name, result.type, result.unit, project.attributes[name].title or Title.of(name))
        for name, result in results.items()
    }
