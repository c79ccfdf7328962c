"""Publication: what the batch side made of everybody, sent to PostgreSQL for the side that answers by the second."""

from __future__ import annotations

from parcours.publication.publish import Published, publish
from parcours.publication.sending import Underway

__all__ = ["Published", "Underway", "publish"]
