"""The corridor of questions: what the published state answers, and what a run would change.

Doors ask here. Each question opens what it needs and closes it again; nothing is published.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from pathlib import Path

from parcours import segments
from parcours.flow import Progress, make, published, warehouse
from parcours.identity import evaluation
from parcours.identity.evaluation import Evaluation
from parcours.project import Project, explain, foreseen
from parcours.project import plan as planning
from parcours.project import status as standing
from parcours.project.explain import Nobody, PersonExplained, Row, SegmentExplained
from parcours.project.foreseen import ScoreExplained
from parcours.project.plan import Plan
from parcours.project.status import Status
from parcours.rules.words import Titles


def persons(project: Project, asked: str, *, language: str) -> list[PersonExplained]:
    """The persons behind an identifier, each explained. Raises NothingPublished before the first run."""
    with published(project) as version:
        why = partial(segments.why, version, project, language=language)
        return [explain.person(version, project, one, why=why) for one in explain.find(version, project, asked)]


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


def status(project: Project, *, now: datetime, language: str) -> Status:
    """Where each source stands. Raises NothingPublished before the first run."""
    with published(project) as version:
        return standing.status(version, project, now=now, language=language)


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
