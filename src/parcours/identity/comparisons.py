"""How alike two customer records are, column by column: the levels of agreement that are told apart.

Each column gets a few levels, from "same" to "different"; what a level is worth is learned from the retailer's own
records (`training.py`), never written here. Columns that say the same thing twice (postcode and city) are judged
together, else their agreement would count double.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from splink import ColumnExpression
from splink.comparison_level_library import (
    And,
    ColumnsReversedLevel,
    CustomLevel,
    DamerauLevenshteinLevel,
    ElseLevel,
    ExactMatchLevel,
    JaroLevel,
    JaroWinklerLevel,
    NullLevel,
    Or,
)
from splink.comparison_library import CustomComparison
from splink.internals.comparison_level_creator import ComparisonLevelCreator as Level

from parcours.project.definitions import Compare

Columns = Collection[str]

FIRST, LAST, PLACE = "first_name", "last_name", "place"
SAME, CROSSED, TYPING, ALIKE, DIFFERENT = "same", "names crossed", "typing error", "alike", "different"


def comparisons(filled: Columns, compare: Mapping[str, Compare] | None = None) -> list[CustomComparison]:
    """The comparisons for the columns that are filled; the retailer's choice of them when there is one.

    `filled` are the columns of the prepared records that hold enough values. `compare` names columns and how to
    compare each; empty, every filled column that we know is compared in its usual way.
    """
    chosen = [column for column in (compare or _USUAL) if column in filled]
    made = [_of(column, filled, (compare or {}).get(column)) for column in chosen if column not in _PLACES]
    places = [column for column in _PLACES if column in chosen]
    return made + _place(places)


def named(comparison: CustomComparison) -> str:
    """The name a comparison carries in the evidence."""
    return str(comparison.create_output_column_name())


def _of(column: str, filled: Columns, asked: Compare | None) -> CustomComparison:
    if column == FIRST and LAST in filled:
        levels = _first_name()
    elif column == LAST and FIRST in filled:
        levels = _last_name()
    else:
        levels = _WAYS[asked.how if asked else _USUAL[column]](column)
    if asked and not asked.frequency:
        levels = [_plain(level) for level in levels]
    return _comparison(column, levels)


def _comparison(name: str, levels: list[Level]) -> CustomComparison:
    return CustomComparison(output_column_name=name, comparison_levels=[*levels, _say(ElseLevel(), DIFFERENT)])


def _say(level: Level, label: str) -> Level:
    return level.configure(label_for_charts=label)


def _same(column: str) -> Level:
    """Equal values, a rare value (Zsofia) weighing more than a common one (Marie)."""
    return _say(ExactMatchLevel(column, term_frequency_adjustments=True), SAME)


def _plain(level: Level) -> Level:
    """A level that weighs the same for rare and common values."""
    return level.configure(tf_adjustment_column=None, tf_adjustment_weight=None)


def _empty(column: str) -> Level:
    return _say(NullLevel(column), "missing")


def _near(column: str) -> Level:
    """A letter more, less, changed or swapped."""
    return Or(JaroWinklerLevel(column, 0.92), _edits(column, 1))


def _edits(column: str, most: int, *, least: float = 0.8) -> Level:
    """So many letters differ. Jaro, which costs a tenth, first: what is far below `least` needs no counting."""
    return And(JaroLevel(column, least), DamerauLevenshteinLevel(column, most))


# --- names: the first and the last name may stand in each other's place ---------------------------------------------


def _crossed() -> Level:
    return ColumnsReversedLevel(FIRST, LAST, symmetrical=True)


def _first_name() -> list[Level]:
    """Rob and Robert, Zoe and Zoé, Martin Paul and Paul Martin."""
    short = CustomLevel("starts_with(first_name_l, first_name_r) or starts_with(first_name_r, first_name_l)")
    one_crossed = CustomLevel("first_name_l = last_name_r or last_name_l = first_name_r")
    return [
        _empty(FIRST),
        _same(FIRST),
        _say(_crossed(), CROSSED),
        _say(_near(FIRST), TYPING),
        _say(Or(short, JaroWinklerLevel(FIRST, 0.8)), ALIKE),
        _say(one_crossed, "one name crossed"),
    ]


def _last_name() -> list[Level]:
    """As the first name; a pair with crossed names has already been weighed there, and is not weighed twice."""
    return [
        _say(Or(NullLevel(LAST), _crossed()), "missing").configure(is_null_level=True),
        _same(LAST),
        _say(_near(LAST), TYPING),
        _say(JaroWinklerLevel(LAST, 0.8), ALIKE),
    ]


def _name(column: str) -> list[Level]:
    return [_empty(column), _same(column), _say(_near(column), TYPING), _say(JaroWinklerLevel(column, 0.8), ALIKE)]


# --- the other columns ----------------------------------------------------------------------------------------------


def _text(column: str) -> list[Level]:
    steps = [(0.94, TYPING), (0.85, ALIKE), (0.75, "partly alike")]
    return [_empty(column), _same(column), *(_say(JaroWinklerLevel(column, least), label) for least, label in steps)]


def _code(column: str) -> list[Level]:
    return [_empty(column), _same(column), _say(_edits(column, 1, least=0.66), TYPING)]


def _exact(column: str) -> list[Level]:
    return [_empty(column), _same(column)]


def _date(column: str) -> list[Level]:
    """Dates as eight digits, year first."""
    year = ExactMatchLevel(ColumnExpression(column).substr(1, 4))
    return [
        _empty(column),
        _say(ExactMatchLevel(column), SAME),
        _say(_edits(column, 1, least=0.9), "one digit differs"),
        _say(_edits(column, 2), "two digits differ"),
        _say(year, "same year"),
    ]


def _email(column: str) -> list[Level]:
    """Only what nearly equals: addresses made of the same first name are alike without being one person's."""
    return [
        _empty(column),
        _same(column),
        _say(_edits(column, 2, least=0.9), TYPING),
        _say(ExactMatchLevel("email_name"), "same before the @"),
    ]


_WAYS: dict[str, Callable[[str], list[Level]]] = {
    "name": _name,
    "text": _text,
    "date": _date,
    "email": _email,
    "phone": _code,
    "number": _code,
    "postcode": _code,
    "exact": _exact,
}

_USUAL = {
    FIRST: "name",
    LAST: "name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "street": "text",
    "street_number": "number",
    "postcode": "postcode",
    "city": "name",
    "state": "exact",
    "country": "exact",
}


# --- place: postcode, city, state and country tell each other, so they are one comparison --------------------------

_PLACES = ("postcode", "city", "state", "country")


def _place(columns: Columns) -> list[CustomComparison]:
    """One comparison for where they live: by postcode and city when these are known, else by what is."""
    if "postcode" in columns and "city" in columns:
        return [_comparison(PLACE, _postcode_and_city())]
    finest = next((column for column in _PLACES if column in columns), None)
    return [_comparison(finest, _WAYS[_USUAL[finest]](finest))] if finest else []


def _postcode_and_city() -> list[Level]:
    postcode, city = ExactMatchLevel("postcode"), ExactMatchLevel("city")
    one_digit, city_alike = _edits("postcode", 1), JaroWinklerLevel("city", 0.88)
    missing = And(NullLevel("postcode"), NullLevel("city"))
    return [
        _say(missing, "missing").configure(is_null_level=True),
        _rare(And(postcode, city), "postcode", SAME),
        _rare(And(postcode, city_alike), "postcode", "same postcode, city alike"),
        _rare(And(city, one_digit), "city", "same city, postcode alike"),
        _rare(postcode, "postcode", "same postcode"),
        _rare(city, "city", "same city"),
        _say(city_alike, "city alike"),
        _say(one_digit, "postcode alike"),
    ]


def _rare(level: Level, column: str, label: str) -> Level:
    """A level that weighs more in a hamlet than in a capital."""
    return _say(level, label).configure(
        tf_adjustment_column=column, tf_adjustment_weight=1.0, disable_tf_exact_match_detection=True
    )
