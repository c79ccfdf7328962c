-- name: repeated_in_delivery
-- Positions that share their key with another of the same delivery.
SELECT pos, row_id, delivery FROM (
    SELECT pos, row_id, delivery, count(*) OVER (PARTITION BY delivery, row_id) AS times
    FROM rows_of
    WHERE row_id IN (SELECT row_id FROM rows_of GROUP BY row_id, delivery HAVING count(*) > 1)
) AS counted
WHERE times > 1

-- name: newest_of_many
-- Of keys that came more than once: the position that counts, the last one.
SELECT row_id, max(pos) AS pos FROM rows_of GROUP BY row_id HAVING count(*) > 1

-- name: newest_by_column
-- Of keys that came more than once: the position that counts, by what the rows say of their age.
SELECT row_id, pos FROM (
    SELECT row_id, pos,
           row_number() OVER (PARTITION BY row_id ORDER BY newest DESC NULLS LAST, delivery DESC, pos DESC) AS turn
    FROM rows_of
    WHERE row_id IN (SELECT row_id FROM rows_of GROUP BY row_id HAVING count(*) > 1)
) AS turned
WHERE turn = 1

-- name: first_of_many
-- Of keys that came more than once: the position that counts, the first of the newest delivery.
SELECT row_id, pos FROM (
    SELECT row_id, pos,
           row_number() OVER (PARTITION BY row_id ORDER BY newest DESC NULLS LAST, delivery DESC, pos) AS turn
    FROM rows_of
    WHERE row_id IN (SELECT row_id FROM rows_of GROUP BY row_id HAVING count(*) > 1)
) AS turned
WHERE turn = 1

-- name: restated_in_batch
-- What several deliveries of the batch state, with the last of them: the others no longer count for it.
SELECT restated, max(delivery) AS delivery
FROM rows_of
GROUP BY restated
HAVING max(delivery) > min(delivery)

-- name: known
-- Landed rows that share their key with a row of the batch, the newest of each, unless voided since.
SELECT row_id, max(seq) AS seq
FROM landed
WHERE row_id IN (SELECT row_id FROM kept)
GROUP BY row_id

-- name: restated_before
-- Landed rows that belong to what the batch states anew, and are not in it any more.
SELECT l.row_id, l.month, l.seq
FROM landed AS l
WHERE l.restated IN (SELECT restated FROM kept WHERE restated IS NOT NULL)
  AND l.row_id NOT IN (SELECT row_id FROM kept)

-- name: outcome
-- Of known keys: where the landed row lies, and whether the new one says the same (or is older).
SELECT g.row_id, g.pos, o.month, o.seq, o.content = g.content OR coalesce(o.newest > g.newest, FALSE) AS same
FROM given AS g
JOIN known AS k ON k.row_id = g.row_id
JOIN held AS o ON o.row_id = g.row_id AND o.seq = k.seq

-- name: changed
-- Landed rows that a row of the batch corrects.
SELECT row_id, month, seq FROM outcome WHERE NOT same

-- name: correcting
-- Rows of the batch that correct a landed one.
SELECT pos FROM outcome WHERE NOT same

-- name: fate_with_known
-- Which position counts for a key; none (-1) where the landed row stays.
SELECT row_id, pos FROM fate WHERE row_id NOT IN (SELECT row_id FROM outcome WHERE same)
UNION ALL
SELECT row_id, -1 AS pos FROM outcome WHERE same

-- name: records_touched
-- Records of which a row corrects a landed one.
SELECT DISTINCT _record FROM good WHERE _pos IN (SELECT pos FROM correcting)

-- name: corrected_records
-- How many records of each piece correct something and bring nothing new.
SELECT _number, count(*) AS records
FROM (
    SELECT _number, _record, max(CAST(fresh AS INTEGER)) AS fresh FROM settled GROUP BY _number, _record
) AS by_record
WHERE fresh = 0
GROUP BY _number
