"""How one of what may be shown is chosen: one kind of choice, one file.

A kind has `scores(left, person, slot, learned)`, which gives Scored: the highest is shown first. `learns` says
whether it learns from what people do with what they are shown.
"""
