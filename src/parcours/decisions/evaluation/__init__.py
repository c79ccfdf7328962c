"""What another way of deciding would have earned, from a log of decisions that were made in some other way.

Pure mathematics: arrays in, numbers out. Where the log cannot tell, `CannotTell` says why and what would be needed.
"""

from __future__ import annotations

from parcours.decisions.evaluation.estimators import evaluate
from parcours.decisions.evaluation.log import CannotTell, Estimate, Log
from parcours.decisions.evaluation.replay import Replayed, replay

__all__ = ["CannotTell", "Estimate", "Log", "Replayed", "evaluate", "replay"]
