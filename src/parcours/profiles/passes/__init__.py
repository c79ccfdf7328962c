"""Passes over the facts: measures that can share a pass do, since reading and joining is what costs.

A pass gives one row a person with one column a measure. There are four sorts, one a file: one aggregate a person
(`person`: all measures of a table at once), counts by person and by something else such as the category (`group`:
favourites, distinct values), facts put in order (`ranked`: the second order, a median), and sequences that the rules
make (`sequences`).
"""

from parcours.profiles.passes.group import GroupPass
from parcours.profiles.passes.measure import Pass
from parcours.profiles.passes.person import PersonPass
from parcours.profiles.passes.ranked import RankedPass
from parcours.profiles.passes.sequences import SequencePass

__all__ = ["GroupPass", "Pass", "PersonPass", "RankedPass", "SequencePass"]
