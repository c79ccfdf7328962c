-- name: now
-- All that may be one person with who is asked for: what was sent together, whom values lead to, what was published of
-- these people, and their newest messages. One statement, so that it sees one moment.
WITH RECURSIVE shown AS MATERIALIZED (
  SELECT publication, as_of, attributes FROM publications WHERE current
), asked AS MATERIALIZED (
  SELECT coalesce(p.merged_into, p.person_id) AS person_id
  FROM people AS p WHERE p.publication = (SELECT publication FROM shown) AND p.person_id = %(person_id)s
), start (key) AS MATERIALIZED (
  SELECT %(key)s::bigint WHERE %(key)s::bigint IS NOT NULL
  UNION
  SELECT unnest(p.keys) FROM asked AS a
  JOIN people AS p ON p.publication = (SELECT publication FROM shown) AND p.person_id = a.person_id
  UNION
  SELECT l.key FROM live_people AS l WHERE l.person_id = %(person_id)s AND NOT EXISTS (SELECT FROM asked)
), reach (key) AS (
  SELECT key FROM start
  UNION
  SELECT n.key
  FROM reach AS r
  LEFT JOIN identifiers AS s ON s.publication = (SELECT publication FROM shown) AND s.key = r.key
  CROSS JOIN LATERAL (
    (SELECT o.key FROM live_identifiers AS h JOIN live_identifiers AS o ON o.record = h.record WHERE h.key = r.key LIMIT 400)
    UNION ALL
    SELECT unnest(p.keys) FROM people AS p
    WHERE p.publication = (SELECT publication FROM shown) AND p.person_id = s.person_id
  ) AS n
  WHERE s.shared IS NOT TRUE
), reached AS MATERIALIZED (
  SELECT key FROM reach LIMIT 2000
), led AS MATERIALIZED (
  SELECT r.key, i.person_id, i.kind, i.shared FROM reached AS r
  LEFT JOIN identifiers AS i ON i.publication = (SELECT publication FROM shown) AND i.key = r.key
)
SELECT n.publication, n.as_of, n.attributes, (SELECT person_id FROM asked) AS asked,
  (SELECT array_agg(key) FROM start) AS start,
  (SELECT json_agg(json_build_array(l.record, l.key, l.kind, l.verified, l.described, extract(epoch FROM l.at)))
    FROM reached AS r JOIN live_identifiers AS l ON l.key = r.key) AS said,
  (SELECT json_agg(json_build_array(key, person_id, kind, shared)) FROM led WHERE kind IS NOT NULL) AS led,
  (SELECT json_agg(row_to_json(p)) FROM (SELECT person_id FROM led UNION SELECT person_id FROM asked) AS d
    JOIN people AS p ON p.publication = n.publication AND p.person_id = d.person_id) AS people,
  (SELECT json_agg(json_build_array(m.key, m.kind, m.name, m.source, m.subject, m.event_time, m.written, m.body))
    FROM (SELECT c.* FROM led AS l CROSS JOIN LATERAL (
      SELECT * FROM collected AS c WHERE c.subject = l.key AND c.event_time >= CASE WHEN l.person_id IS NULL
        THEN '-infinity' ELSE least(%(since)s::timestamptz, n.as_of - interval '8 days') END
      ORDER BY c.event_time DESC LIMIT %(most)s
    ) AS c ORDER BY c.event_time DESC, c.key DESC LIMIT %(most)s) AS m) AS messages,
  (SELECT json_object_agg(source, horizon) FROM publication_horizons AS h WHERE h.publication = n.publication) AS horizons
FROM (SELECT 1) AS one
LEFT JOIN shown AS n ON true

-- name: page
-- What some senders did before a moment (and, at that moment, before a key), the newest first.
SELECT key, kind, name, source, subject, event_time, written, body FROM collected
WHERE subject = ANY(%(subjects)s::bigint[]) AND (event_time, key) < (%(before)s, %(before_key)s)
ORDER BY event_time DESC, key DESC LIMIT %(most)s
