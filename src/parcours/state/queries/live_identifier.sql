-- name: say
-- Keeps by which values senders were recognised together.
INSERT INTO live_identifiers (record, key, kind, verified, described, source, at)
SELECT * FROM unnest(%(records)s::bigint[], %(keys)s::bigint[], %(kinds)s::text[], %(verified)s::boolean[],
  %(described)s::boolean[], %(sources)s::text[], %(times)s::timestamptz[])
ON CONFLICT (record, key) DO NOTHING

-- name: decide
-- Writes down what a publication decided about each set of values that it knows, and forgets these sets.
WITH known AS (
  SELECT l.record FROM live_identifiers AS l
  JOIN publication_horizons AS h ON h.publication = %(publication)s AND h.source = l.source AND l.written < h.horizon
  GROUP BY l.record
), gone AS (
  DELETE FROM live_identifiers AS l USING known AS k WHERE k.record = l.record RETURNING l.record, l.key, l.at
)
INSERT INTO link_decisions (publication, record, keys, decision, persons, since)
SELECT %(publication)s, g.record, array_agg(g.key ORDER BY g.key),
  CASE WHEN count(i.key) < count(*) THEN 'unknown'
    WHEN bool_or(i.person_id IS NULL) OR count(DISTINCT i.person_id) > 1 THEN 'apart' ELSE 'joined' END,
  coalesce(array_agg(DISTINCT i.person_id) FILTER (WHERE i.person_id IS NOT NULL), '{}'), min(g.at)
FROM gone AS g
LEFT JOIN identifiers AS i ON i.publication = %(publication)s AND i.key = g.key
GROUP BY g.record
