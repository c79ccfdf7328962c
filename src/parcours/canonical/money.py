"""Amounts in other currencies, told in the project's: the rate of the day, whole minor units."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from parcours.engine.sql import literal
from parcours.model.value import minor_digits
from parcours.project import Project


def factor(project: Project, currency: str = "currency", day: str = "order_date") -> exp.Expression:
    """By what to multiply minor units of a row's currency; null where the project declares no rate for it.

    1 for the project's own currency; `rate x 10^(digits here - digits there)` else, by the last rate before the day.
    """
    code = exp.func("upper", exp.column(currency))
    case = exp.case().when(
        exp.or_(code.copy().eq(project.currency), exp.column(currency).is_(exp.null())), exp.Literal.number("1.0")
    )
    newest_first = sorted(project.exchange_rates, key=lambda rate: rate.since or date.min, reverse=True)
    for rate in newest_first:
        scale = 10 ** (minor_digits(project.currency) - minor_digits(rate.currency))
        applies = code.copy().eq(rate.currency.upper())
        if rate.since is not None:
            applies = exp.and_(applies, exp.column(day) >= literal(rate.since))
        case = case.when(applies, exp.Literal.number(repr(float(rate.rate * scale))))
    return exp.cast(case, "double")
