"""The retailer's files: read, checked all at once, and turned into definitions."""

from parcours.project.definitions import Project
from parcours.project.faults import ProjectFaults
from parcours.project.load import definition_files, find, load, packs_in

__all__ = ["Project", "ProjectFaults", "definition_files", "find", "load", "packs_in"]
