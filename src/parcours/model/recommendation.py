"""What to show: to each customer, beside an article, and in which order the whole catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.model.table import table


@table("recommendations", key=("score", "person_id", "product_id"))
@dataclass(frozen=True)
class Recommendation:
    """An article to show a customer, at which place of their list, and why.

    `worth` lies between 0 and 1: how probable a purchase is where the model is kept. `reason` is JSON: {"code":
    "bought_often", "times": 7}, {"code": "goes_with", "product_id": "A1"}, {"code": "new_in", "category": "Tea"}.
    """

    score: str
    person_id: int
    product_id: str
    place: int
    worth: float
    reason: str


@table("similar_products", key=("score", "product_id", "other_id"))
@dataclass(frozen=True)
class SimilarProduct:
    """An article that is near another one, at which place, and by what: bought or viewed together, or in its words."""

    score: str
    product_id: str
    other_id: str
    place: int
    closeness: float
    by: str


@table("catalogue_order", key=("score", "product_id"))
@dataclass(frozen=True)
class CatalogueOrder:
    """The place of an article in the order for everybody: what sells, what is new, and no category all at once."""

    score: str
    product_id: str
    place: int
    worth: float
    reason: str
