-- name: sources
-- What each source delivered so far, the newest business time in it, and what was rejected.
SELECT source, count(*) AS deliveries, CAST(sum(received) AS BIGINT) AS received, CAST(sum(landed) AS BIGINT) AS landed,
       CAST(sum(rejected) AS BIGINT) AS rejected, CAST(sum(set_aside) AS BIGINT) AS set_aside,
       CAST(sum(repeated) AS BIGINT) AS repeated, max(watermark) AS watermark, max(landed_at) AS landed_at
FROM deliveries
GROUP BY source
ORDER BY source

-- name: rejected
-- Why rows of a source were rejected, commonest first, and where to look for one of them.
SELECT rule, column_name, reason, count(*) AS rows, min(file) AS file,
       min(line) FILTER (WHERE line IS NOT NULL) AS line
FROM rejected
WHERE source = :source
GROUP BY rule, column_name, reason
ORDER BY rows DESC, rule, column_name, reason
LIMIT 20

-- name: faults
-- What does not agree between tables.
SELECT table_name, source, rule, detail, rows FROM faults
ORDER BY rows DESC, table_name, source, rule, detail
LIMIT 20
