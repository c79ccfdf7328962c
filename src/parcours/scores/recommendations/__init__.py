"""Recommendations: what to show each customer next, what goes with an article, and in which order the catalogue reads."""
