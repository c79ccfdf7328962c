"""Identity: which records are of one person, why, and who lives together."""

from parcours.identity.evaluation import Evaluation, Label, evaluate, labels
from parcours.identity.resolve import resolve

__all__ = ["Evaluation", "Label", "evaluate", "labels", "resolve"]
