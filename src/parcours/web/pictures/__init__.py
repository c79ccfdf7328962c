"""The charts of the customer report: one file per part of it, named like the part of `measurement` that counts it.

Each function takes the figures and the words, and gives markup, or nothing when there is nothing to draw.
"""
