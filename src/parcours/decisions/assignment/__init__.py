"""One assignment over all households: so many different offers each, within everything that is limited.

Prices are learned for whatever is scarce (budgets, numbers of households, suppliers' money); with them every household
can choose for itself. The same prices give a bound that no assignment can pass.
"""

from __future__ import annotations

from parcours.decisions.assignment.blocks import Block, Blocks
from parcours.decisions.assignment.dealing import Dealt, deal
from parcours.decisions.assignment.limits import Limits
from parcours.decisions.assignment.terms import Terms

__all__ = ["Block", "Blocks", "Dealt", "Limits", "Terms", "deal"]
