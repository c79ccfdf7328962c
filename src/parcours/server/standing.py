"""How the server stands: whether it runs, whether it can keep what is sent, and what it counted since its start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import psycopg
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from parcours.server.door import Door
from parcours.server.problems import no_database
from parcours.state import Database, queries


def routes(database: Database, door: Door, refused: Mapping[str, int]) -> APIRouter:
    """The addresses that programs watch; `refused` counts the answers that were errors, by their code."""
    router = APIRouter(tags=["standing"])

    @router.get("/health", summary="Whether the process runs.")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready", summary="Whether what is sent can be kept.",
                responses={503: {"description": "The database does not answer."}})  # fmt: skip
    def ready() -> dict[str, str]:
        try:
            database.run(queries("standing")["answers"])
        except (RuntimeError, psycopg.Error):
            raise no_database() from None
        return {"status": "ok"}

    @router.get("/metrics", summary="Counts since the start, for Prometheus.", response_class=PlainTextResponse)
    def metrics() -> str:
        keeper, changes = door.live.keeper, door.live.shapes.changes
        misfits, deciding = door.live.declared.misfits, door.live.deciding
        written = {"written": deciding.log.written, "given_up": deciding.log.given_up}
        settled = dict(sorted(deciding.settled.items()))
        kept = {"new": keeper.kept.new, "repeated": keeper.kept.repeated, "rejected": keeper.kept.rejected}
        lines = [
            *_counter("messages_total", "Messages collected since the start, by what became of them.", "what", kept),
            *_counter(
                "refused_total", "Answers that were errors, by their code.", "code", dict(sorted(refused.items()))
            ),
            *_counter("commits_total", "Commits of collected messages.", None, {"": keeper.kept.commits}),
            *_counter("changes_total", "Changes in how events are built, by source.", "source", changes),
            *_counted("misfits_total", "Messages that are not as declared.", ("source", "what"), misfits.items()),
            *_counted(
                "decisions_total",
                "Decisions, by slot and how they were made; why, where it was the fallback.",
                ("slot", "how", "because"),
                deciding.made.items(),
            ),
            *_counter("decisions_written_total", "Decisions by what became of their row.", "what", written),
            *_gauge("decisions_waiting", "Decisions that wait to be written.", deciding.log.waiting),
            *_counter("rewards_total", "What came of decisions, by how this process settled it.", "outcome", settled),
            *_gauge("waiting", "Messages that wait to be kept.", keeper.waiting),
        ]
        return "\n".join([*lines, ""])

    return router


def _counter(name: str, says: str, label: str | None, values: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP parcours_{name} {says}"
    yield f"# TYPE parcours_{name} counter"
    for value, count in values.items():
        yield f'parcours_{name}{{{label}="{value}"}} {count}' if label else f"parcours_{name} {count}"


def _counted(
    name: str, says: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], int]]
) -> Iterator[str]:
    """A counter with several labels."""
    yield f"# HELP parcours_{name} {says}"
    yield f"# TYPE parcours_{name} counter"
    for found, count in sorted(values):
        told = ",".join(f'{label}="{value}"' for label, value in zip(labels, found))
        yield f"parcours_{name}{{{told}}} {count}"


def _gauge(name: str, says: str, value: int) -> Iterator[str]:
    yield f"# HELP parcours_{name} {says}"
    yield f"# TYPE parcours_{name} gauge"
    yield f"parcours_{name} {value}"
