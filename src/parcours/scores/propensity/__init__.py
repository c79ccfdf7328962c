"""Propensities: features of any day, a model of what follows, and probabilities that hold what they promise."""
