"""The words of the house: frozen dataclasses, each also its table's contract. No I/O, nothing of ours imported."""

from parcours.model import (  # noqa: F401  (importing a noun registers its tables)
    allotment,
    basket,
    campaign,
    consent,
    customer_record,
    delivery,
    demand,
    discovery,
    event,
    identifier,
    message,
    order,
    person,
    product,
    recommendation,
    score,
    segment,
    stock,
    store,
    survey,
)
from parcours.model.table import CONTRACTS, Contract, columns

__all__ = ["CONTRACTS", "Contract", "columns"]
