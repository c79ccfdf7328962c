-- name: published
-- The publication that readers see, and one person's row in it: who took their place, and their keys.
SELECT n.publication, n.as_of, n.published_at, n.attributes, p.person_id, p.known, p.merged_into, p.keys
FROM publications AS n
LEFT JOIN people AS p ON p.publication = n.publication AND p.person_id = %(person_id)s
WHERE n.current

-- name: founder
-- The value that founded a visitor of whom no publication tells.
SELECT key FROM live_people WHERE person_id = %(person_id)s

-- name: around
-- All that may be one person with whoever holds some values: what was sent together, whom values lead to, and these people.
WITH RECURSIVE reach (key) AS (
  SELECT unnest(%(keys)s::bigint[])
  UNION
  SELECT n.key
  FROM reach AS r
  LEFT JOIN identifiers AS s ON s.publication = %(publication)s AND s.key = r.key
  CROSS JOIN LATERAL (
    (SELECT o.key FROM live_identifiers AS h JOIN live_identifiers AS o ON o.record = h.record WHERE h.key = r.key LIMIT 400)
    UNION ALL
    SELECT unnest(p.keys) FROM people AS p WHERE p.publication = %(publication)s AND p.person_id = s.person_id
  ) AS n
  WHERE s.shared IS NOT TRUE
), reached AS MATERIALIZED (
  SELECT key FROM reach LIMIT 2000
), led AS MATERIALIZED (
  SELECT i.key, i.person_id, i.kind, i.shared FROM reached AS r
  JOIN identifiers AS i ON i.publication = %(publication)s AND i.key = r.key
)
SELECT
  (SELECT json_agg(json_build_array(l.record, l.key, l.kind, l.verified, l.described, extract(epoch FROM l.at)))
    FROM reached AS r JOIN live_identifiers AS l ON l.key = r.key) AS said,
  (SELECT json_agg(json_build_array(key, person_id, kind, shared)) FROM led) AS led,
  (SELECT json_agg(json_build_array(p.person_id, p.known, extract(epoch FROM p.first_seen)))
    FROM (SELECT DISTINCT person_id FROM led) AS d
    JOIN people AS p ON p.publication = %(publication)s AND p.person_id = d.person_id) AS people,
  EXISTS (SELECT FROM collected WHERE subject = ANY(%(keys)s::bigint[])) AS heard_of

-- name: row
-- All that a publication tells of some people.
SELECT person_id, known, household_id, first_seen, last_seen, profile, segments, scores, tastes, recommendations,
  coupons, consents, orders
FROM people WHERE publication = %(publication)s AND person_id = ANY(%(people)s::bigint[])

-- name: horizons
-- Up to which transaction the publication knows what came from each source of keys.
SELECT source, horizon FROM publication_horizons WHERE publication = %(publication)s

-- name: happened
-- What some senders did from a moment on, the newest first.
SELECT key, kind, name, subject, source, event_time, written, body FROM collected
WHERE subject = ANY(%(subjects)s::bigint[]) AND event_time >= %(since)s
ORDER BY event_time DESC, key DESC LIMIT %(most)s

-- name: page
-- What some senders did before a moment (and, at that moment, before a key), the newest first.
SELECT key, kind, name, subject, source, event_time, written, body FROM collected
WHERE subject = ANY(%(subjects)s::bigint[]) AND (event_time, key) < (%(before)s, %(before_key)s)
ORDER BY event_time DESC, key DESC LIMIT %(most)s
