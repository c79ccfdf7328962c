"""Reads acquisition.yaml: by which way visits came, where a retailer's own sites and rules differ from what we ship."""

from __future__ import annotations

from functools import cache

from ruamel.yaml.comments import CommentedMap

from parcours.model.value import Place
from parcours.project.faults import Faults
from parcours.project.nodes import read_yaml
from parcours.project.reader import Reader, Wrong
from parcours.project.sources import good_name
from parcours.rules.acquisition import SHIPPED, Acquisition

FILE = "acquisition.yaml"
_KEYS = ("acquisition",)


@cache
def usual_acquisition() -> Acquisition:
    """The rules of a project that has none of its own."""
    faults = Faults()
    node = read_yaml(SHIPPED, FILE, faults)
    reader = Reader(FILE, faults, lambda text, at: None, lambda node, at: None)
    found = None if node is None else _read(node, reader, Acquisition())
    faults.stop()
    assert found is not None
    return found


def read_acquisition(node: CommentedMap, reader: Reader) -> Acquisition | None:
    """A project's own rules, before those that we ship; None, with faults noted, when they cannot be read."""
    return _read(node, reader, usual_acquisition())


def _read(node: CommentedMap, reader: Reader, usual: Acquisition) -> Acquisition | None:
    before = len(reader.faults.found)
    try:
        found = reader.dataclass(Acquisition, node, Place(reader.file, node.lc.line + 1), skip=_KEYS).before(usual)
    except Wrong:
        return None
    for at, rule in enumerate(node.get("rules", ())):
        place = reader.place(node["rules"], at)
        good_name(rule["channel"], place, reader)
        for kind in found.rules[at].sites:
            if kind not in found.sites:
                reader.faults.unknown(place, "kind of sites", kind, found.sites)
    return found if len(reader.faults.found) == before else None
