"""The corridor of questions: what the published state answers, and what a run would change.

Doors ask here. Each question opens what it needs and closes it again; nothing is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from parcours import segments
from parcours.decisions import evaluated
from parcours.decisions.evaluated import WhatIf
from parcours.flow import Progress, as_of_day, make, published, warehouse
from parcours.identity import evaluation
from parcours.identity.evaluation import Evaluation
from parcours.model import person as person_ids
from parcours.project import Project, decided, explain, foreseen
from parcours.project import plan as planning
from parcours.project import status as standing
from parcours.project.decided import DecisionExplained
from parcours.project.explain import Nobody, PersonExplained, Row, SegmentExplained
from parcours.project.foreseen import ScoreExplained
from parcours.project.plan import Plan
from parcours.project.status import Status
from parcours.rules.words import Titles
from parcours.scores.recommendations import shown
from parcours.scores.recommendations.shown import Shown
from parcours.state import Database, has_state, open_database, queries


def persons(project: Project, asked: str, *, language: str) -> list[PersonExplained]:
    """The persons behind an identifier, each explained. Raises NothingPublished before the first run."""
    with published(project) as version:
        why = partial(segments.why, version, project, language=language)
        return [explain.person(version, project, one, why=why) for one in explain.find(version, project, asked)]


@dataclass(frozen=True)
class Recommended:
    """What is shown to a person: lists by score; `person` is their id as people see it."""

    person: str
    lists: dict[str, tuple[Shown, ...]]


def recommended(project: Project, asked: str, *, feed: str | None = None, page: int = 1) -> list[Recommended]:
    """What is shown to the persons behind an identifier: their lists, or a page of a feed (`feed` names its score).

    Raises NothingPublished before the first run.
    """
    with published(project) as version:
        as_of, found = as_of_day(version), []
        for one in explain.find(version, project, asked):
            if feed is None:
                lists = shown.lists(version, one)
            else:
                after = (page - 1) * shown.PAGE
                lists = {feed: shown.feed(version, one, score=feed, as_of=as_of, after=after)}
            found.append(Recommended(person_ids.show(one), lists))
        return found


def what_if(project: Project, database: Database, slot: str, *, now: datetime) -> list[WhatIf]:
    """What a slot would have earned had each of its variants always been shown."""
    one = project.slots[slot]
    return evaluated.what_if(one, evaluated.outcomes(database, one, now=now))


def feeds(project: Project) -> list[str]:
    """The scores of the project that are feeds."""
    return [name for name, score in project.scores.items() if score.kind_name == "feed"]


def titles(project: Project) -> Titles:
    """What attributes, segments, cells of the RFM grid and stages of life are called."""
    return segments.titles_of(project, segments.stage_settings(project))


def segment(project: Project, name: str, *, language: str) -> SegmentExplained:
    """A segment explained. Raises Nobody when there is none of that name, NothingPublished before the first run."""
    with published(project) as version:
        return explain.segment(version, project, name, titles=titles(project), language=language)


def score(project: Project, name: str, *, language: str) -> ScoreExplained:
    """How a score was learned. Raises Nobody when there is none of that name, NothingPublished before the first run."""
    if name not in project.scores:
        raise Nobody(f"no score {name!r}.")
    with published(project) as version:
        title = project.scores[name].title
        return foreseen.score(version, name, title=title.in_(language) if title else name)


def decision(project: Project, asked: str) -> DecisionExplained:
    """A decision of a slot, explained. Raises Nobody when there is none of that id."""
    try:
        number = UUID(asked)
    except ValueError:
        raise Nobody(f"{asked[:64]!r} is not the id of a decision.") from None
    rows: list[Row] = []
    if has_state(project.state):
        with open_database(project.state) as database:
            rows = database.run(queries("decision")["one"], {"decision": number})
            came = database.run(queries("decision")["came_of_one"], {"decision": number})
    if not rows:
        raise Nobody(f"there is no decision {str(number)!r}.")
    return decided.decision(rows[0], came, project)


def decisions(project: Project, persons: Sequence[str], *, most: int) -> dict[str, list[Row]]:
    """The newest decisions about persons, by their ids as people see them."""
    if not has_state(project.state):
        return {person: [] for person in persons}
    with open_database(project.state) as database:
        asked = {person: {"numbers": [person_ids.parse(person)], "most": most} for person in persons}
        return {person: database.run(queries("decision")["latest"], each) for person, each in asked.items()}


def status(project: Project, *, now: datetime, language: str) -> Status:
    """Where each source stands. Raises NothingPublished before the first run."""
    with published(project) as version:
        return standing.status(version, project, now=now, language=language)


def changes(project: Project) -> list[Row]:
    """What has changed in how collected events are built, the latest first; none where nothing is collected."""
    if not has_state(project.state):
        return []
    with open_database(project.state) as database:
        return database.run(queries("collected_shape")["changes"])


def misfits(project: Project) -> list[Row]:
    """Which collected events do not fit what is declared of them, the latest first."""
    if not has_state(project.state):
        return []
    with open_database(project.state) as database:
        return database.run(queries("collected_shape")["misfits"])


def rejected(project: Project, source: str) -> list[Row]:
    """Why rows of a source were rejected. Raises NothingPublished before the first run."""
    with published(project) as version:
        return standing.rejected(version, source)


def review(project: Project) -> list[Row]:
    """The pairs of records that a human should look at. Raises NothingPublished before the first run."""
    with published(project) as version:
        return explain.review(version)


def evaluate(project: Project, labels: Path) -> Evaluation:
    """How good the joining is, against labels. Raises DecisionFault for a line of labels that cannot be read."""
    with published(project) as version:
        return evaluation.evaluate(version, evaluation.labels(labels))


def plan(project: Project, *, now: datetime, as_of: date | None, progress: Progress) -> Plan:
    """What a run would change now, in people."""
    with warehouse(project) as house, house.draft(now=now) as draft:
        made = make(draft, project, as_of=as_of, progress=progress)
        return planning.compare(draft, project, made.sources)
