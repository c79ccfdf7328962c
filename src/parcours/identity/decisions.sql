-- name: records_of
-- The records behind identifiers and record keys that people wrote down; customer records come first.
SELECT name, record_id
FROM (
  SELECT name, record_id, max(described) AS described
  FROM (
    SELECT a.name, i.record_id, CASE WHEN c.record_id IS NULL THEN 0 ELSE 1 END AS described
    FROM asked AS a
    JOIN identifiers AS i ON i.kind = a.what AND (i.value = a.value OR i.raw = a.value)
    LEFT JOIN customer_records AS c ON c.record_id = i.record_id
    UNION ALL
    SELECT a.name, c.record_id, 1 AS described
    FROM asked AS a
    JOIN customer_records AS c ON c.source = a.what AND c.record_key = a.value
  ) AS each
  GROUP BY name, record_id
) AS found
ORDER BY name, described DESC, record_id
