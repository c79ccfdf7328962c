-- name: together
-- Every identifier of every record, once, with the first and last time it was seen.
SELECT record_id, min(source) AS source, kind, value, min(raw) AS raw,
  max(CAST(verified AS INTEGER)) = 1 AS verified, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
  min(CAST(usable AS INTEGER)) = 1 AS usable, min(why_not) AS why_not
FROM identifiers_seen
GROUP BY record_id, kind, value

-- name: records_changed
-- The records of which a changed month says something that it did not, or no longer says something.
SELECT DISTINCT record_id
FROM (
  (SELECT * FROM seen_now EXCEPT SELECT * FROM seen_before)
  UNION ALL
  (SELECT * FROM seen_before EXCEPT SELECT * FROM seen_now)
) AS differences

-- name: seen_of_changed
-- What all months say of the records that changed.
SELECT s.*
FROM identifiers_seen AS s
JOIN records_changed AS c ON c.record_id = s.record_id

-- name: unchanged
-- The identifiers of all other records, as they were.
SELECT b.record_id, b.source, b.kind, b.value, b.raw, b.verified, b.first_seen, b.last_seen, b.usable, b.why_not
FROM identifiers_before AS b
LEFT JOIN records_changed AS c ON c.record_id = b.record_id
WHERE c.record_id IS NULL
