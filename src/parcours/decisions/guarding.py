"""Variants that prove harmful by a slot's second measure are stopped."""

from __future__ import annotations

from typing import Literal

from parcours.decisions.learned import Learned
from parcours.decisions.learning.guard import Guarded, guard
from parcours.project.slot import Slot

_KEPT = "guarded"


def guarded(slot: Slot, learned: Learned | None) -> dict[str, Guarded]:
    """What the guard found of each variant but the fallback; nothing without a guard."""
    if slot.guard is None or learned is None:
        return {}
    if _KEPT not in learned.kept:
        of: Literal["rate", "amount"] = "amount" if slot.guard.by == "margin" else "rate"
        fallback = slot.standing[0]
        learned.kept[_KEPT] = {arm: guard(learned.guard, arm, fallback, of=of)
                               for arm in slot.variants if arm not in slot.standing}  # fmt: skip
    found: dict[str, Guarded] = learned.kept[_KEPT]
    return found


def stopped(slot: Slot, learned: Learned | None) -> frozenset[str]:
    """The variants that are not shown any more."""
    return frozenset(arm for arm, found in guarded(slot, learned).items() if found.stopped)
