"""What may not be shown: one kind of filter, one file.

A kind has `why_not(candidate, person, slot, shop)`, which gives the code of why a candidate is removed, or None. Codes
are told by `explain decision` in words (`project/decided.py`).
"""
