"""The comparisons a rule may make, what each takes, and which types of attribute have it."""

from __future__ import annotations

from dataclasses import dataclass

_ORDERED = frozenset({"integer", "number", "date", "time"})
_DATED = frozenset({"date", "time"})
_EVERY = frozenset({"text", "integer", "number", "boolean", "date", "time"})
_DAY = frozenset({"date"})
_TEXT = frozenset({"text"})


@dataclass(frozen=True)
class Operator:
    """One word a retailer may write under an attribute.

    `takes` is "one" value, "many", "two" (lowest and highest), "length" (of time), "text" or "yes_no".
    """

    name: str
    takes: str
    types: frozenset[str]
    doc: str


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("is", "one", _EVERY, "The value is this one. Short form: `city: Lyon`."),
        Operator("is_not", "one", _EVERY, "The value is known and is another one."),
        Operator("in", "many", _EVERY - {"time"}, "The value is one of these. Short form: `city: [Lyon, Lille]`."),
        Operator("not_in", "many", _EVERY - {"time"}, "The value is known and is none of these."),
        Operator("at_least", "one", _ORDERED, "This much or more; this day or later."),
        Operator("more_than", "one", _ORDERED, "More than this; later than this day."),
        Operator("at_most", "one", _ORDERED, "This much or less; this day or earlier."),
        Operator("less_than", "one", _ORDERED, "Less than this; earlier than this day."),
        Operator("between", "two", _ORDERED, "From the first to the second, both included: `[10, 20]`."),
        Operator("contains", "text", _TEXT, "The text contains this, letter by letter."),
        Operator("starts_with", "text", _TEXT, "The text starts with this."),
        Operator("ends_with", "text", _TEXT, "The text ends with this."),
        Operator("known", "yes_no", _EVERY, "`true`: there is a value. `false`: there is none."),
        Operator("longer_ago_than", "length", _DATED, "The day lies before the last so many days."),
        Operator("within", "length", _DATED, "The day is one of the last so many days, today among them."),
        Operator("in_the_next", "length", _DATED, "The day is today or one of the next so many days."),
        Operator("before", "one", _DATED, "Earlier than this day."),
        Operator("after", "one", _DATED, "Later than this day."),
        Operator(
            "on_day_of_year_within",
            "length",
            _DAY,
            "Its anniversary is today or in the next so many days; that of 29 February is on the 28th in other years.",
        ),
    )
}
