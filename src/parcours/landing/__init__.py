"""Landing: what the sources deliver becomes typed rows, each row once, and every row is accounted for.

What this room gives, and what the rooms after it may rely on:

`landing_<source>`, a partition a month and batch, named `<month>/<batch>` (`2026-01/000003`; the month is the local
one of the row's business time, `undated` without any). For each table T that the source feeds, columns `T__<column>`
(typed as in T's contract), `T__row_id` (null when the row does not feed T), `T__record_id` (null when nobody is known),
`T__id__<kind>` (the identifier in its one form; null when it is not a valid e-mail or phone), `T__raw__<kind>` (e-mails
and phones as they came), `T__verified__<kind>`, and sometimes `T__newest`, `T__restated`, which are landing's own.
Amounts are in minor units of the row's own currency (the project's where none is mapped); times are UTC. `_seq` is
the number of the batch, `_file` and `_line` say where the row came from (`_line` leaves blank lines and records of
several lines before it out of account), `_rule` is null (rejected rows never come here).

**Each key stands once.** Among the rows of a landing table that are not void, a `T__row_id` is found at most once: rows
that repeat what is known are not stored again, and of rows of one key within a batch only the one that counts keeps its
`T__row_id`. A reader needs no grouping and no window, only to leave out what is void.

`superseded` (source, table_name, row_id, partition, seq), a partition `<month>/<source>/<batch>`: rows of that row_id
in that month of `landing_<source>` whose `_seq` is at most `seq` are void for T, because a later delivery corrected
them, or restated the order (the day ...) they belonged to without them. A corrected row may lie in another month than
the one it makes void: only the months named need to be worked out again.

`deliveries`, a partition a source: every file or pull with its account. `rejected`, a partition `<source>/<batch>`:
every row that could not land, with rule, reason and original.

received = landed + rejected, and landed = new + corrected + repeated + set aside, for each file; a batch whose account
does not add up raises LostRows and nothing is published.
"""

from __future__ import annotations

from parcours.landing.account import LostRows, RefusedFile, SourceCount
from parcours.landing.deliveries import FileGone
from parcours.landing.landing import land
from parcours.landing.replay import replay

__all__ = ["FileGone", "LostRows", "RefusedFile", "SourceCount", "land", "replay"]
