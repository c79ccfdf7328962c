"""Identity: which records are of one person, why, and who lives together."""

from parcours.identity.evaluation import Evaluation, Label, evaluate, labels
from parcours.identity.resolve import resolve
from parcours.identity.usable import joining_values

__all__ = ["Evaluation", "Label", "evaluate", "joining_values", "labels", "resolve"]
