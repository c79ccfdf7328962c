-- name: answers
-- Whether the database answers, and how large what was collected is on disk, in bytes.
SELECT 1 AS answers, pg_total_relation_size('collected') AS collected_bytes
