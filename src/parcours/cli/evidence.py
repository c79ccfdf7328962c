"""Why records were taken for one person, in words: the identifier they share, or how alike they are."""

from __future__ import annotations

import json
from math import floor

from parcours.cli.words import Words

# What people call each kind of identifier; a kind of the retailer's own is shown as it is written.
IDENTIFIERS = {
    "email": "e-mail", "phone": "phone", "loyalty_card": "loyalty card", "crm_id": "CRM number", "login": "log-in",
    "cookie": "cookie", "device": "device", "external_id": "external number",
}  # fmt: skip
COLUMNS = {
    "first_name": "first name", "last_name": "last name", "birth_date": "birth date", "email": "e-mail",
    "phone": "phone", "street": "street", "street_number": "street number", "postcode": "postcode", "city": "city",
    "state": "state", "country": "country",
}  # fmt: skip
# How alike two values are, said of the column ...
LEVELS = {
    "same": "equal", "typing error": "with a typing error", "alike": "alike", "partly alike": "partly alike",
    "different": "different", "one digit differs": "one digit apart", "two digits differ": "two digits apart",
    "same year": "of the same year", "same before the @": "equal before the @",
}  # fmt: skip
# ... or of itself, where it speaks of two columns at once.
WHOLE = {
    "place same": "postcode and city equal", "place different": "postcode and city different",
    "names crossed": "first and last name swapped", "one name crossed": "one name in the place of the other",
    "same postcode, city alike": "postcode equal, city alike",
    "same city, postcode alike": "city equal, postcode alike",
    "same postcode": "postcode equal, city different", "same city": "city equal, postcode different",
    "city alike": "city alike, postcode different", "postcode alike": "postcode alike, city different",
}  # fmt: skip
# Who else would agree as much, where that was weighed against one person.
OTHERS = {
    "one household": "allowing for two people of one household",
    "one street": "allowing for two people of one street",
    "one family": "allowing for two people of one family",
}
CHANCE, OTHERWISE = "chance", "otherwise"
SUREST = 0.9999  # likeness is no certainty: it never says 100 %


def identifier(kind: str, words: Words) -> str:
    """What people call a kind of identifier."""
    return words.term(IDENTIFIERS.get(kind, kind))


def probability(weight: float) -> float:
    """The probability that log2 of the odds says."""
    return 1 / (1 + 2.0**-weight)


def likeness(evidence: str | None, share: float, words: Words) -> str:
    """How alike two records are, from the JSON of each comparison's level, and how probably they are one person."""
    levels = {column: part["level"] for column, part in json.loads(evidence or "{}").items()}
    other = levels.pop(OTHERWISE, None)
    told = ", ".join(_told(column, level, words) for column, level in levels.items() if column != CHANCE)
    sure = words.percent(floor(min(share, SUREST) * 10_000) / 10_000, 2)
    weighed = f" ({words.term(OTHERS.get(other, other))})" if other else ""
    return words.say("{name}: {value}", name=told, value=sure) + weighed


def _told(column: str, level: str, words: Words) -> str:
    whole = WHOLE.get(level) or WHOLE.get(f"{column} {level}")
    if whole:
        return words.term(whole)
    name = words.term(COLUMNS.get(column, column.replace("_", " ")))
    return words.say("{column} {likeness}", column=name, likeness=words.term(LEVELS.get(level, level)))
