"""Recommendations: what to show each customer, what goes with an article, in which order the catalogue reads."""
