"""Makes the profiles: one row a person, one column an attribute, as known at the end of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
from sqlglot import exp

from parcours.engine import Draft, fingerprint, sql
from parcours.profiles import plan as plans
from parcours.profiles.passes import Pass, SequencePass
from parcours.profiles.passes.measure import PEOPLE
from parcours.profiles.people import IDENTITY, OWNERS, People
from parcours.profiles.plan import MEMORY, PREFIX, Plan
from parcours.profiles.renewal import FACTS_TOUCHED, PEOPLE_TOUCHED, Renewal
from parcours.project.definitions import Project
from parcours.rules.moment import Moment

Progress = Callable[..., None]

# Recipes are compared as they read on one and the same day.
ANY_DAY = date(2000, 1, 1)


def build(draft: Draft, project: Project, *, as_of: date, progress: Progress) -> None:
    """Writes the table `profiles` as known at the end of the day `as_of`, in the project's time zone.

    Nothing that happened later is looked at. Who is who, the catalogue and the stores are as they are known today; of
    customer records only the newest state is kept, so those that existed then are read as they are today.
    """
    plan = _plan(project, as_of)
    recipes = _recipes(project)
    people = People(draft, project.profiles_anonymous)
    renewal = _renewal(draft, project, plan, people, recipes)
    steps = len(plan.passes) + 1
    # passes of one table after each other: what is gathered of the table serves them all
    for step, made in enumerate(sorted(plan.passes.values(), key=lambda one: one.reads[0])):
        progress("profiles", step, steps, made.name)
        _run(draft, made, people, renewal)
    _remember(draft, recipes, as_of)
    progress("profiles", steps - 1, steps, "profiles")
    _join(draft, plan, people)
    if renewal is not None:
        renewal.forget()
    people.forget()
    progress("profiles", steps, steps)


def _plan(project: Project, day: date) -> Plan:
    return plans.make(project.attributes, project.segments.values(), Moment.of(day, project.zone))


def _run(draft: Draft, made: Pass, people: People, renewal: Renewal | None) -> None:
    prepared = {name: sql.as_query(query) for name, query in made.prepare().items()}
    query = sql.as_query(made.query())

    def make() -> sql.Query:
        people.ready()
        renews = renewal is not None and renewal.touch(made)
        over = {made.reads[0]: FACTS_TOUCHED, PEOPLE: PEOPLE_TOUCHED} if renews else {}
        for name, small in prepared.items():
            draft.engine.temp(name, small.tables(**over))
        return _renewed(draft, made, people, query.tables(**over)) if renews else query

    texts = [query.text(), *(small.text() for small in prepared.values())]
    draft.put(PREFIX + made.name, make, reads=(*made.reads, *IDENTITY), settings=[texts, people.anonymous])
    draft.engine.forget(*prepared, "pass_before", "pass_anew")


def _renewed(draft: Draft, made: Pass, people: People, query: sql.Query) -> sql.Query:
    """What the last run's pass becomes when only those touched are worked out anew, by `query`."""
    draft.read(*made.reads[1:])
    draft.read_previous(PREFIX + made.name, "pass_before")
    draft.engine.temp("pass_anew", query)
    return sql.Query(people.queries["renewed"].tree.copy().order_by("person_id"))


def _join(draft: Draft, plan: Plan, people: People) -> None:
    draft.read("persons")
    draft.engine.view(OWNERS, people.queries["owners"].bind(anonymous=people.anonymous))
    reads = ["persons", *(PREFIX + name for name in plan.passes)]
    for name, above, up_to in _pieces(draft):
        draft.build("profiles", plan.profile(above, up_to), reads=reads, settings=people.anonymous, partition=name,
                    order_by=["person_id"])  # fmt: skip
    draft.engine.forget(OWNERS)


def _pieces(draft: Draft) -> list[tuple[str, int | None, int | None]]:
    """The people in pieces that a join of all passes holds in memory: the name of each, and between which persons."""
    if draft.table("persons").rows <= plans.PIECE:
        return [("all", None, None)]
    place = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=[exp.column("person_id")]))
    placed = exp.select("person_id", exp.alias_(place, "place")).from_(OWNERS).subquery("placed")
    each = exp.select("person_id").from_(placed).where(f"place % {plans.PIECE} = 0").order_by("person_id")
    ends = [row["person_id"] for row in draft.engine.rows(each)]
    return [(f"{piece:04d}", above, up_to) for piece, (above, up_to) in enumerate(zip([None, *ends], [*ends, None]))]


# -- what the last run did


def _recipes(project: Project) -> dict[str, str]:
    """How each pass is made, apart from the day: a fingerprint that changes when the attributes or our code do."""
    passes = _plan(project, ANY_DAY).passes.values()
    return {made.name: fingerprint([project.zone, project.profiles_anonymous, *_texts(made)]) for made in passes}


def _texts(made: Pass) -> list[Any]:
    return [sql.as_query(query).tree.sql("duckdb") for query in (made.query(), *made.prepare().values())]


def _remember(draft: Draft, recipes: dict[str, str], as_of: date) -> None:
    columns = {
        "name": sorted(recipes),
        "recipe": [recipes[name] for name in sorted(recipes)],
        "as_of": [as_of] * len(recipes),
    }
    types = pa.schema([("name", pa.string()), ("recipe", pa.string()), ("as_of", pa.date32())])
    draft.put(MEMORY, lambda: pa.table(columns, schema=types), settings=[recipes, str(as_of)])


def _renewal(draft: Draft, project: Project, plan: Plan, people: People, recipes: dict[str, str]) -> Renewal | None:
    """What is needed to renew those passes that the last run made alike; None when there was no last run."""
    if draft.previous(MEMORY) is None or any(draft.previous(table) is None for table in IDENTITY):
        return None
    draft.read_previous(MEMORY, MEMORY)
    last = draft.engine.rows(exp.select("name", "recipe", "as_of").from_(MEMORY))
    alike = [row["name"] for row in last if recipes.get(row["name"]) == row["recipe"] and row["name"] in plan.passes]
    if not alike:
        return None
    before = _plan(project, last[0]["as_of"]).passes
    pairs = {name: (plan.passes[name], before[name]) for name in alike if name in before}
    return Renewal(draft, people, {name: pair for name, pair in pairs.items() if _alike(draft, *pair)})


def _alike(draft: Draft, now: Pass, before: Pass) -> bool:
    """Whether a pass has the same measures as the last run's: two may be one and the same on some day only."""
    made = draft.previous(PREFIX + now.name)
    columns = ["person_id", *now.columns]
    same = made is not None and list(made.columns) == columns and before.columns == now.columns
    return same and not isinstance(now, SequencePass)
