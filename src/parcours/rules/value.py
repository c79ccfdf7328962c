"""Values as retailers write them, read by the type of what they are compared with: "500 EUR" against money is money."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from parcours.model.value import Duration, Money, Share, as_date
from parcours.rules.rule import Scalar


def typed(raw: Any, type_: str, unit: str = "") -> Scalar:
    """A written value as one that compares with a subject of this type and unit. A typed value stays as it is.

    Raises ValueError saying what to write instead.
    """
    return _READ[type_](raw, unit)


def _text(raw: Any, unit: str) -> Scalar:
    if isinstance(raw, str):
        return raw
    raise ValueError(f"{_shown(raw)} is compared with a text: write it between quotes")


def _boolean(raw: Any, unit: str) -> Scalar:
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"{_shown(raw)} is compared with a yes or no: write true or false")


def _number(raw: Any, unit: str) -> Scalar:
    value = _measure(raw) if isinstance(raw, str) else raw
    if isinstance(value, bool) or not isinstance(value, int | float | Money | Share | Duration):
        raise ValueError(f"{_shown(raw)} is compared with a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{_shown(raw)} is not a number one can compare with")
    if unit == "money" and not isinstance(value, Money):
        raise ValueError(f"{_shown(raw)} is compared with money: write the currency too, for example '500 EUR'")
    if isinstance(value, Money) and unit not in ("", "money"):
        raise ValueError(f"{_shown(raw)} is money, compared with what is not")
    return value


def _measure(text: str) -> Scalar:
    """Reads money, a share or a length of time, whichever it is."""
    for kind in (Money, Duration, Share):
        try:
            return kind.parse(text)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is compared with a number: write 5, '500 EUR', '20 %' or '90 days'")


def _date(raw: Any, unit: str) -> Scalar:
    if isinstance(raw, Duration) or (isinstance(raw, date) and not isinstance(raw, datetime)):
        return raw
    return as_date(raw)


def _time(raw: Any, unit: str) -> Scalar:
    if isinstance(raw, Duration | date):
        return raw
    try:
        return datetime.fromisoformat(raw) if len(raw) > 10 else as_date(raw)
    except (TypeError, ValueError):
        raise ValueError(f"{_shown(raw)} is not a date or time: write for example 2026-01-31") from None


def _shown(raw: Any) -> str:
    return repr(raw) if isinstance(raw, str | int | float | bool) else str(raw)


_READ = {
    "text": _text, "boolean": _boolean, "integer": _number, "number": _number, "date": _date, "time": _time,
}  # fmt: skip
