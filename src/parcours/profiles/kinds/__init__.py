"""The kinds of attribute: one kind, one file, with its two readings (over a table, for one person)."""
