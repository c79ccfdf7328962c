"""A rule is data with three readers: over a table, for one person, and in words (English, French)."""

from __future__ import annotations

from parcours.rules.activity_table import activities_sql, activity_sql, tables_read
from parcours.rules.fit import fit
from parcours.rules.for_person import for_person
from parcours.rules.moment import Moment
from parcours.rules.over_table import over_table
from parcours.rules.parsing import RESERVED, parse
from parcours.rules.reasons import Reason, reasons, why
from parcours.rules.rule import Rule, activities, attributes_used, segment_column, segments_used
from parcours.rules.subject import Subject, columns_of
from parcours.rules.words import in_words

__all__ = [
    "RESERVED",
    "Moment",
    "Reason",
    "Rule",
    "Subject",
    "activities",
    "activities_sql",
    "activity_sql",
    "attributes_used",
    "columns_of",
    "fit",
    "for_person",
    "in_words",
    "over_table",
    "parse",
    "reasons",
    "segment_column",
    "segments_used",
    "tables_read",
    "why",
]
