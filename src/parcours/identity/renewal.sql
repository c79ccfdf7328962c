-- name: identifiers_changed
-- Records with an identifier that is new, gone or different; one that was only seen again regroups nobody.
SELECT record_id, max(regroups) AS regroups
FROM (
  SELECT coalesce(n.record_id, b.record_id) AS record_id,
    CASE WHEN n.record_id IS NULL OR b.record_id IS NULL OR n.raw IS DISTINCT FROM b.raw
      OR n.verified IS DISTINCT FROM b.verified OR n.usable IS DISTINCT FROM b.usable
      OR n.first_seen IS DISTINCT FROM b.first_seen THEN 1 ELSE 0 END AS regroups
  FROM identifiers_whole AS n
  FULL JOIN identifiers_before AS b ON b.record_id = n.record_id AND b.kind = n.kind AND b.value = n.value
  WHERE n.record_id IS NULL OR b.record_id IS NULL OR n.raw IS DISTINCT FROM b.raw
    OR n.verified IS DISTINCT FROM b.verified OR n.usable IS DISTINCT FROM b.usable
    OR n.first_seen IS DISTINCT FROM b.first_seen OR n.last_seen IS DISTINCT FROM b.last_seen
) AS each
GROUP BY record_id

-- name: descriptions_changed
-- Customer records that are new, gone or say something else; what only bears another date of change regroups nobody.
SELECT coalesce(n.record_id, b.record_id) AS record_id,
  CASE WHEN n.record_id IS NULL OR b.record_id IS NULL OR :differ THEN 1 ELSE 0 END AS regroups
FROM customer_records_whole AS n
FULL JOIN customer_records_before AS b ON b.record_id = n.record_id
WHERE n.record_id IS NULL OR b.record_id IS NULL OR :differ OR n.updated_at IS DISTINCT FROM b.updated_at

-- name: changed
-- Every record about which something changed, and whether it may be grouped otherwise for it.
SELECT record_id, max(regroups) AS regroups
FROM (
  SELECT record_id, regroups FROM identifiers_changed
  UNION ALL SELECT record_id, regroups FROM descriptions_changed
) AS each
GROUP BY record_id

-- name: anew
-- Customer records to compare with all others again.
SELECT record_id FROM descriptions_changed WHERE regroups = 1

-- name: pairs_kept
-- The pairs of the last version between records that are as they were.
SELECT p.left_record, p.right_record, p.by, p.probability, p.weight, p.evidence, p.joins
FROM pairs_before AS p
LEFT JOIN anew AS l ON l.record_id = p.left_record
LEFT JOIN anew AS r ON r.record_id = p.right_record
WHERE l.record_id IS NULL AND r.record_id IS NULL

-- name: pairs_changed
-- The records of pairs that are joined now and were not, or were and are not, or for another reason.
SELECT n.left_record, n.right_record
FROM pairs AS n
LEFT JOIN pairs_before AS b ON b.left_record = n.left_record AND b.right_record = n.right_record
  AND b.joins = n.joins AND b.evidence = n.evidence
WHERE n.joins = 1 AND n.by = 'probabilistic' AND b.left_record IS NULL
UNION ALL
SELECT b.left_record, b.right_record
FROM pairs_before AS b
LEFT JOIN pairs AS n ON b.left_record = n.left_record AND b.right_record = n.right_record
  AND b.joins = n.joins AND b.evidence = n.evidence
WHERE b.joins = 1 AND n.left_record IS NULL

-- name: seeds
-- The records that may be grouped otherwise: changed, in a pair that changed, or decided about by hand.
SELECT record_id FROM changed WHERE regroups = 1
UNION SELECT left_record AS record_id FROM pairs_changed
UNION SELECT right_record AS record_id FROM pairs_changed
UNION SELECT record_id FROM decided

-- name: rows_now
-- The identifiers of the frontier's records, now.
SELECT i.record_id, i.kind, i.value, i.raw, i.verified, i.first_seen, i.last_seen, i.usable, 1 AS now
FROM identifiers_whole AS i
JOIN frontier AS f ON f.record_id = i.record_id

-- name: rows_before
-- The identifiers of the frontier's records as the last version has them.
SELECT i.record_id, i.kind, i.value, i.raw, i.verified, i.first_seen, i.last_seen, i.usable, 0 AS now
FROM identifiers_before AS i
JOIN frontier AS f ON f.record_id = i.record_id

-- name: rows_within
-- The identifiers of the region, now.
SELECT record_id, kind, value, raw, verified, first_seen, last_seen, usable FROM region_rows WHERE now = 1

-- name: values_reached
-- The values by which these records may be joined to others, hubs and those followed already left out.
SELECT DISTINCT j.kind, j.value
FROM judged AS j
LEFT JOIN hubs AS h ON h.kind = j.kind AND h.value = j.value
LEFT JOIN values_followed AS s ON s.kind = j.kind AND s.value = j.value
WHERE j.why_not IS NULL AND h.value IS NULL AND s.value IS NULL

-- name: reached
-- The records that hold such a value or are paired with one of the frontier.
SELECT i.record_id
FROM identifiers_whole AS i
JOIN values_reached AS v ON v.kind = i.kind AND v.value = :joining
UNION
SELECT p.right_record AS record_id FROM pairs AS p JOIN frontier AS f ON f.record_id = p.left_record WHERE p.joins = 1
UNION
SELECT p.left_record AS record_id FROM pairs AS p JOIN frontier AS f ON f.record_id = p.right_record WHERE p.joins = 1

-- name: beyond
-- The records reached and all who were in a group with one of them, the region left out.
SELECT n.record_id
FROM (
  SELECT record_id FROM reached
  UNION
  SELECT m.record_id
  FROM groups_before AS m
  JOIN (
    SELECT DISTINCT g.group_id FROM groups_before AS g JOIN reached AS f ON f.record_id = g.record_id
  ) AS own ON own.group_id = m.group_id
) AS n
LEFT JOIN region AS r ON r.record_id = n.record_id
WHERE r.record_id IS NULL

-- name: hubs_left
-- The hubs, and by how many customers outside the region they are still above their limit.
SELECT h.kind, h.value, h.spare - coalesce(w.within, 0) AS spare
FROM hubs AS h
LEFT JOIN (
  SELECT i.kind, :joining AS value, count(DISTINCT i.record_id) AS within FROM region_rows AS i GROUP BY i.kind, :joining
) AS w ON w.kind = h.kind AND w.value = h.value

-- name: hubs_asleep
-- The hubs that stay above their limit whatever the region becomes.
SELECT h.kind, h.value, h.spare
FROM hubs AS h
JOIN hubs_left AS l ON l.kind = h.kind AND l.value = h.value
WHERE l.spare >= 1

-- name: values_touched
-- The values that a record of the region holds or held.
SELECT DISTINCT i.kind, :joining AS value FROM region_rows AS i

-- name: identifiers_again
-- Every identifier of these values, whoever holds it.
SELECT i.record_id, i.kind, i.value, i.raw, i.verified, i.first_seen, i.last_seen, i.usable
FROM identifiers_whole AS i
JOIN values_touched AS v ON v.kind = i.kind AND v.value = :joining

-- name: refused_again
-- The guards' refusals within the region, with those of the hubs that the region touches.
SELECT kind, value, records, rule, detail FROM refused_by_guard
UNION ALL
SELECT h.kind, h.value, count(DISTINCT j.record_id) AS records, 'too_many' AS rule, CAST(NULL AS VARCHAR) AS detail
FROM hubs AS h
JOIN judged_again AS j ON j.kind = h.kind AND j.value = h.value
WHERE j.why_not IS NULL
GROUP BY h.kind, h.value

-- name: identifiers_within
-- The identifiers of the region.
SELECT i.* FROM identifiers_whole AS i JOIN region AS r ON r.record_id = i.record_id

-- name: customer_records_within
-- The customer records of the region.
SELECT c.* FROM customer_records_whole AS c JOIN region AS r ON r.record_id = c.record_id

-- name: groups_kept
-- The groups outside the region.
SELECT b.record_id, b.group_id, b.described, b.known
FROM groups_before AS b
LEFT JOIN region AS r ON r.record_id = b.record_id
WHERE r.record_id IS NULL

-- name: hubs_kept
-- The hubs that are still known to join nobody.
SELECT h.kind, h.value, h.spare FROM hubs AS h

-- name: refused_kept
-- The refusals of values that the region does not touch.
SELECT i.kind, i.value, i.records, i.rule, i.detail
FROM refused_before AS i
LEFT JOIN values_touched AS v ON v.kind = i.kind AND v.value = :joining
WHERE v.value IS NULL

-- name: people_region
-- The records of the persons about whom something changed.
SELECT record_id FROM region
UNION
SELECT m.record_id
FROM identity_groups_whole AS m
JOIN (
  SELECT DISTINCT g.group_id FROM identity_groups_whole AS g JOIN changed AS c ON c.record_id = g.record_id
) AS own ON own.group_id = m.group_id

-- name: identity_groups_within
-- The groups of those records.
SELECT g.* FROM identity_groups_whole AS g JOIN region AS r ON r.record_id = g.record_id

-- name: record_persons_before_within
-- The persons of those records as the last version has them.
SELECT b.* FROM record_persons_whole AS b JOIN region AS r ON r.record_id = b.record_id

-- name: persons_before_within
-- The earlier persons who have one of those records, or were founded by one.
SELECT p.*
FROM persons_whole AS p
JOIN (
  SELECT hash63(concat('person ', CAST(record_id AS VARCHAR))) AS person_id FROM region
  UNION SELECT person_id FROM record_persons_before
) AS own ON own.person_id = p.person_id

-- name: record_persons_kept
-- Which person each other record speaks of, as before.
SELECT b.record_id, b.person_id, b.household_id
FROM record_persons_whole AS b
LEFT JOIN people_region AS r ON r.record_id = b.record_id
WHERE r.record_id IS NULL

-- name: persons_kept
-- All other persons, as before.
SELECT p.person_id, p.household_id, p.known, p.records, p.first_seen, p.last_seen, p.merged_into
FROM persons_whole AS p
LEFT JOIN persons_before AS b ON b.person_id = p.person_id
WHERE b.person_id IS NULL

-- name: links_kept
-- The links of all other records, as before.
SELECT l.person_id, l.record_id, l.kind, l.value, l.by, l.weight, l.evidence, l.since
FROM links_whole AS l
LEFT JOIN region AS r ON r.record_id = l.record_id
WHERE r.record_id IS NULL
