-- name: edges
-- What joins groups besides identifiers: decisions by hand and likeness.
SELECT l.group_id AS left_node, r.group_id AS right_node
FROM pairs AS p
JOIN record_groups AS l ON l.record_id = p.left_record
JOIN record_groups AS r ON r.record_id = p.right_record
WHERE p.joins = 1

-- name: relabelled
-- The groups after joining.
SELECT g.record_id, coalesce(j.component, g.group_id) AS group_id
FROM record_groups AS g
LEFT JOIN joined AS j ON j.node = g.group_id

-- name: crowded
-- Groups with more customer records than any person has.
SELECT g.group_id
FROM record_groups AS g
JOIN records AS r ON r.record_id = g.record_id
GROUP BY g.group_id
HAVING sum(r.described) > :largest

-- name: groups_of
-- The groups of some records.
SELECT g.record_id, g.group_id FROM record_groups AS g JOIN wanted AS w ON w.record_id = g.record_id

-- name: members
-- The records of the groups that hold two people.
SELECT g.group_id, g.record_id, r.described
FROM record_groups AS g
JOIN mixed AS m ON m.group_id = g.group_id
JOIN records AS r ON r.record_id = g.record_id
ORDER BY g.group_id, g.record_id

-- name: ties
-- The links of the groups that hold two people.
SELECT g.group_id, l.record_id, l.kind, l.value, l.rank
FROM all_links AS l
JOIN record_groups AS g ON g.record_id = l.record_id
JOIN mixed AS m ON m.group_id = g.group_id
ORDER BY g.group_id, l.rank, l.kind, l.value, l.record_id

-- name: all_links
-- Every link, by its method, strongest first by rank.
SELECT l.record_id, l.kind, l.value, 'deterministic' AS by, k.rank - l.verified * 0.5 AS rank,
  CASE WHEN l.verified = 1 THEN 30.0 ELSE 20.0 END AS weight,
  CASE WHEN l.verified = 1 THEN '{"verified": true}' ELSE '{"verified": false}' END AS evidence,
  l.first_seen AS since
FROM deterministic_links AS l
JOIN kind_ranks AS k ON k.kind = l.kind
UNION ALL
SELECT p.left_record AS record_id, 'record' AS kind, CAST(p.right_record AS VARCHAR) AS value, p.by,
  CASE WHEN p.by = 'forced' THEN -1 ELSE 1001 - p.probability END AS rank,
  p.weight, p.evidence, CAST(NULL AS TIMESTAMP) AS since
FROM pairs AS p
WHERE p.joins = 1

-- name: split
-- The groups after those that held two people were cut.
SELECT g.record_id, coalesce(c.group_id, g.group_id) AS group_id
FROM record_groups AS g
LEFT JOIN cut AS c ON c.record_id = g.record_id

-- name: kept_links
-- The links that still join at least two records of one group.
SELECT l.record_id, l.kind, l.value, l.by, l.weight, l.evidence, l.since
FROM (
  SELECT a.record_id, a.kind, a.value, a.by, a.weight, a.evidence, a.since,
    count(*) OVER (PARTITION BY a.kind, a.value, g.group_id) AS together
  FROM all_links AS a
  JOIN record_groups AS g ON g.record_id = a.record_id
  LEFT JOIN refused_ties AS t ON t.record_id = a.record_id AND t.kind = a.kind AND t.value = a.value
  WHERE t.record_id IS NULL
) AS l
WHERE l.together > 1 OR l.kind = 'record'

-- name: groups
-- Which records are of one customer, and whether that customer is known by more than a browser.
SELECT g.record_id, g.group_id, r.described, f.known
FROM record_groups AS g
JOIN records AS r ON r.record_id = g.record_id
JOIN (
  SELECT w.group_id, max(CASE WHEN q.described = 1 OR q.best < :known_below THEN 1 ELSE 0 END) = 1 AS known
  FROM record_groups AS w
  JOIN records AS q ON q.record_id = w.record_id
  GROUP BY w.group_id
) AS f ON f.group_id = g.group_id

-- name: refused
-- Every value that was not allowed to join, and by which guard.
SELECT kind, value, max(records) AS records, min(rule) AS rule, max(detail) AS detail
FROM (
  SELECT kind, value, records, rule, CAST(NULL AS VARCHAR) AS detail FROM refused
  UNION ALL SELECT kind, value, records, rule, detail FROM refused_by_guard
  UNION ALL SELECT kind, value, count(*) AS records, rule, max(detail) AS detail
    FROM refused_ties WHERE kind <> 'record' GROUP BY kind, value, rule
) AS each
GROUP BY kind, value

-- name: review
-- Pairs that may be one customer, are not joined already and were not decided by hand.
SELECT p.left_record, p.right_record, p.probability, p.evidence
FROM pairs AS p
JOIN identity_groups AS l ON l.record_id = p.left_record
JOIN identity_groups AS r ON r.record_id = p.right_record
LEFT JOIN forbidden AS f ON f.left_record = p.left_record AND f.right_record = p.right_record
WHERE p.by = 'probabilistic' AND l.group_id <> r.group_id AND f.left_record IS NULL
