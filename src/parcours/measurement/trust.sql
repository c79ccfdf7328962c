-- name: people
-- How many people there are, known and only seen, and how many records speak of those we know.
SELECT count(*) FILTER (WHERE known) AS known, count(*) FILTER (WHERE NOT known) AS visitors,
       CAST(coalesce(sum(records) FILTER (WHERE known), 0) AS BIGINT) AS records
FROM persons
WHERE merged_into IS NULL

-- name: joined
-- What evidence joined the records of people who have several: identifiers by their kind, the rest by method.
SELECT code, count(*) AS links
FROM (SELECT DISTINCT l.record_id, CASE WHEN l.by = 'deterministic' THEN l.kind ELSE l.by END AS code
      FROM links AS l
      JOIN persons AS p ON p.person_id = l.person_id
      WHERE p.records > 1 AND p.known AND p.merged_into IS NULL) AS evidence
GROUP BY code
ORDER BY links DESC, code

-- name: refused
-- Which guards kept shared identifiers from joining people.
SELECT rule AS code, count(*) AS identifiers
FROM refused_links
GROUP BY rule
ORDER BY identifiers DESC, code

-- name: waiting
-- How many pairs wait for a human.
SELECT count(*) AS pairs FROM review_pairs

-- name: deliveries
-- What each source delivered in all, and the newest business time in it.
SELECT source, CAST(sum(received) AS BIGINT) AS received, CAST(sum(landed) AS BIGINT) AS landed,
       CAST(sum(rejected) AS BIGINT) AS rejected, CAST(sum(set_aside) AS BIGINT) AS set_aside,
       max(watermark) AS watermark
FROM deliveries
GROUP BY source

-- name: reasons
-- Why rows were rejected, source by source, commonest first.
SELECT source, rule AS code, count(*) AS rows
FROM rejected
GROUP BY source, rule
ORDER BY source, rows DESC, code

-- name: disagreements
-- What does not agree between tables, most rows first.
SELECT table_name, source, rule, CAST(sum(rows) AS BIGINT) AS rows
FROM faults
GROUP BY table_name, source, rule
ORDER BY rows DESC, table_name, source, rule
