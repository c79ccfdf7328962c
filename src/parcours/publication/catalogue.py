"""The shop as a publication tells it: articles, in which order for everybody, and what is near to each."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from parcours.engine import Version, sql

READS = ("products", "stock", "catalogue_order", "similar_products")
MOST = 1_000  # articles of an order for everybody
_QUERIES = sql.load(__package__, "catalogue.sql")


def articles(version: Version, publication: int) -> Iterator[pa.RecordBatch]:
    """One row an article."""
    yield from version.engine.batches(_QUERIES["articles"].bind(publication=publication))


def lists(version: Version, publication: int) -> Iterator[pa.RecordBatch]:
    """One row an order of articles, or the neighbours of one."""
    yield from version.engine.batches(_QUERIES["orders"].bind(publication=publication, most=MOST))
    yield from version.engine.batches(_QUERIES["near"].bind(publication=publication))
