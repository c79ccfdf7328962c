"""Articles as candidates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parcours.decisions.deciding.known import Candidate, Shop


def showing(found: Iterable[tuple[str, float, str]], shop: Shop) -> Iterator[Candidate]:
    """Candidates of articles (id, worth, why); one that the catalogue does not know has no article."""
    for product, worth, why in found:
        yield Candidate(product, "article", worth, article=shop.articles.get(product), why=why)
