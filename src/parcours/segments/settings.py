"""How the RFM grid is cut and how the life cycle is told: `stages.yaml`, ours and then the project's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

from parcours.model.kind import setting
from parcours.model.value import Duration, Fault, Place, Title
from parcours.project.definitions import Project
from parcours.project.faults import Faults
from parcours.project.nodes import place_by_path, read_yaml
from parcours.project.reader import Reader, Wrong, plain
from parcours.rules import Rule, columns_of, fit, for_person, parse

FILE = "stages.yaml"
SHIPPED = Path(__file__).with_name(FILE)
SCORES = ("rfm_r", "rfm_f", "rfm_m")
_ANY_DAY = date(2000, 1, 1)  # scores do not hang on the day


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of the RFM grid: the customers for whom the rule over rfm_r, rfm_f and rfm_m holds."""

    title: Title | None = setting(None, doc="What people call it, in one or several languages.")
    who: Rule = setting(doc="Which scores: `{rfm_r: 5, rfm_f: {at_least: 4}}`.")
    place: Place


@dataclass(frozen=True, kw_only=True)
class Rfm:
    """Recency, frequency and money, scored by fifths of all customers."""

    within: Duration = setting(
        Duration.parse("730 days"), doc="Frequency and money are of the last so many days; recency is of all time."
    )
    cells: dict[str, Cell] = setting(
        default_factory=dict, doc="Cells in order: the first that holds is the customer's."
    )


@dataclass(frozen=True, kw_only=True)
class LifeCycle:
    """The stage of life, by the customer's own rhythm of purchases."""

    weight: float = setting(2.0, doc="How many of the base's gaps are mixed with the customer's own.")
    shortest_rhythm: Duration = setting(Duration.parse("14 days"), doc="No rhythm is shorter than this.")
    longest_rhythm: Duration = setting(Duration.parse("365 days"), doc="No rhythm is longer than this.")
    usual_rhythm: Duration = setting(Duration.parse("90 days"), doc="The base's rhythm while nobody has bought twice.")
    cooling_after: float = setting(2.0, doc="Cooling after so many rhythms without a purchase.")
    sleeping_after: float = setting(3.0, doc="Sleeping after so many rhythms.")
    lost_after: float = setting(6.0, doc="Lost after so many rhythms.")
    loyal_from: int = setting(4, doc="Loyal from so many purchases, while on rhythm.")
    titles: dict[str, Title] = setting(default_factory=dict, doc="What people call the stages.")


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """All of stages.yaml."""

    rfm: Rfm = setting(Rfm(), doc="The RFM grid.")
    life_cycle: LifeCycle = setting(LifeCycle(), doc="The life cycle.")


def stage_settings(project: Project) -> StageSettings:
    """The project's settings, or ours where it says nothing. Raises ProjectFaults when stages.yaml is wrong."""
    faults = Faults()
    found = _read(project.folder / FILE, faults) if (project.folder / FILE).is_file() else None
    ours = _read(SHIPPED, faults)
    faults.stop()
    assert ours is not None
    return ours if found is None else _completed(found, ours)


def check(folder: Path) -> list[Fault]:
    """What is wrong with a project's own stages.yaml, if it has one."""
    faults = Faults()
    if (folder / FILE).is_file():
        _read(folder / FILE, faults)
    return faults.found


def titles(settings: StageSettings) -> dict[str, Title]:
    """What the cells and stages are called, as rules say them: `rfm_cell=champions`."""
    cells = {f"rfm_cell={name}": cell.title for name, cell in settings.rfm.cells.items() if cell.title}
    return cells | {f"life_cycle={name}": title for name, title in settings.life_cycle.titles.items()}


def _completed(found: StageSettings, ours: StageSettings) -> StageSettings:
    rfm = found.rfm if found.rfm.cells else replace(found.rfm, cells=ours.rfm.cells)
    names = {**ours.life_cycle.titles, **found.life_cycle.titles}
    return StageSettings(rfm=rfm, life_cycle=replace(found.life_cycle, titles=names))


def _read(file: Path, faults: Faults) -> StageSettings | None:
    node = read_yaml(file, FILE, faults)
    if node is None:
        return None

    def rule(written: Any, at: Place) -> Rule | None:
        known = len(faults.found)
        read = parse(plain(written), lambda path: place_by_path(written, path, at), faults.found)
        scores = {name: subject for name, subject in columns_of("stages").items() if name in SCORES}
        fitted = None if read is None else fit(read, scores, faults.found, what="score")
        return fitted if len(faults.found) == known else None

    reader = Reader(FILE, faults, lambda text, at: None, rule)
    try:
        settings = reader.dataclass(StageSettings, node, Place(FILE))
    except Wrong:
        return None
    for message in (*_uncovered(settings.rfm), *_out_of_order(settings.life_cycle)):
        faults.add(Place(FILE), message)
    return settings


def _uncovered(rfm: Rfm) -> Iterator[str]:
    """Every customer has a cell: a hole in the grid would be people nobody sees."""
    for scores in product(range(1, 6), repeat=3):
        values = dict(zip(SCORES, scores))
        if rfm.cells and not any(for_person(cell.who, values, _ANY_DAY) for cell in rfm.cells.values()):
            yield f"no cell of the RFM grid holds for rfm_r {scores[0]}, rfm_f {scores[1]}, rfm_m {scores[2]}."
            return


def _out_of_order(life: LifeCycle) -> Iterator[str]:
    if not 0 < life.cooling_after < life.sleeping_after < life.lost_after:
        yield "cooling_after, sleeping_after and lost_after go up from 0, in this order."
    if not 0 < life.shortest_rhythm.seconds <= life.longest_rhythm.seconds:
        yield "shortest_rhythm is above 0 and at most longest_rhythm."
    if life.weight < 0 or life.loyal_from < 2:
        yield "weight is 0 or more, and loyal_from 2 or more."
