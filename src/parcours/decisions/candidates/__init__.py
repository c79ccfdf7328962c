"""What may stand in a slot: one kind of candidates, one file.

A kind has `of(person, slot, shop)`, which gives Candidates, the best first. It may have `of_scores` and
`of_allotments`: the names it needs the project to have.
"""
