-- name: own_ids
-- The person id that each record would give to a person it founds.
SELECT record_id, group_id, known, hash63(concat('person ', CAST(record_id AS VARCHAR))) AS own_id FROM identity_groups

-- name: record_times
-- When each record was first and last heard of.
SELECT record_id, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM (
  SELECT record_id, first_seen, last_seen FROM identifiers
  UNION ALL SELECT record_id, created_at AS first_seen, coalesce(updated_at, created_at) AS last_seen FROM customer_records
) AS t
GROUP BY record_id

-- name: claims
-- Which earlier persons each group may be: a person goes where its founding record is, else where most of its records are.
SELECT p.person_id, coalesce(h.group_id, v.group_id) AS group_id,
  CASE WHEN p.merged_into IS NULL THEN 1 ELSE 0 END AS living, CASE WHEN p.known THEN 1 ELSE 0 END AS known,
  p.first_seen, p.merged_into
FROM persons_before AS p
LEFT JOIN own_ids AS h ON h.own_id = p.person_id
LEFT JOIN (
  SELECT person_id, group_id
  FROM (
    SELECT b.person_id, g.group_id, row_number() OVER (PARTITION BY b.person_id ORDER BY count(*) DESC, g.group_id) AS place
    FROM record_persons_before AS b
    JOIN own_ids AS g ON g.record_id = b.record_id
    GROUP BY b.person_id, g.group_id
  ) AS votes
  WHERE place = 1
) AS v ON v.person_id = p.person_id
WHERE h.group_id IS NOT NULL OR v.group_id IS NOT NULL

-- name: group_persons
-- The person that each group is: the earlier one, known customers before visitors, that was seen first; else a new one
-- founded by its first record.
SELECT f.group_id, coalesce(c.person_id, f.own_id) AS person_id
FROM (
  SELECT group_id, own_id FROM (
    SELECT o.group_id, o.own_id,
      row_number() OVER (PARTITION BY o.group_id ORDER BY CASE WHEN t.first_seen IS NULL THEN 1 ELSE 0 END, t.first_seen,
        o.record_id) AS place
    FROM own_ids AS o
    LEFT JOIN record_times AS t ON t.record_id = o.record_id
  ) AS founders
  WHERE place = 1
) AS f
LEFT JOIN (
  SELECT group_id, person_id FROM (
    SELECT group_id, person_id,
      row_number() OVER (PARTITION BY group_id ORDER BY living DESC, known DESC,
        CASE WHEN first_seen IS NULL THEN 1 ELSE 0 END, first_seen, person_id) AS place
    FROM claims
  ) AS claimed
  WHERE place = 1
) AS c ON c.group_id = f.group_id

-- name: record_persons
-- Which person each record speaks of.
SELECT o.record_id, g.person_id, coalesce(h.household_id, g.person_id) AS household_id
FROM own_ids AS o
JOIN group_persons AS g ON g.group_id = o.group_id
LEFT JOIN households AS h ON h.person_id = g.person_id

-- name: persons
-- Everybody there is, and everybody who turned out to be somebody else.
SELECT r.person_id, min(r.household_id) AS household_id, max(CASE WHEN o.known THEN 1 ELSE 0 END) = 1 AS known,
  count(*) AS records, min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen,
  CAST(NULL AS BIGINT) AS merged_into
FROM record_persons AS r
JOIN own_ids AS o ON o.record_id = r.record_id
LEFT JOIN record_times AS t ON t.record_id = r.record_id
GROUP BY r.person_id
UNION ALL
SELECT c.person_id, CAST(NULL AS BIGINT) AS household_id, FALSE AS known, 0 AS records, p.first_seen, p.last_seen,
  g.person_id AS merged_into
FROM claims AS c
JOIN group_persons AS g ON g.group_id = c.group_id AND g.person_id <> c.person_id
JOIN persons_before AS p ON p.person_id = c.person_id

-- name: changes
-- Who is new, who turned out to be somebody known, who turned out to be two.
SELECT p.person_id, 'new' AS change, CAST(NULL AS BIGINT) AS other_person_id, :now AS at
FROM persons AS p
LEFT JOIN persons_before AS b ON b.person_id = p.person_id
LEFT JOIN left_from AS f ON f.person_id = p.person_id
WHERE b.person_id IS NULL AND f.person_id IS NULL
UNION ALL
SELECT p.person_id, 'merged' AS change, p.merged_into AS other_person_id, :now AS at
FROM persons AS p
JOIN persons_before AS b ON b.person_id = p.person_id
WHERE p.merged_into IS NOT NULL AND b.merged_into IS NULL
UNION ALL
SELECT f.person_id, 'split' AS change, f.other_person_id, :now AS at
FROM left_from AS f

-- name: left_from
-- Persons that were part of another before: separated again, or found to be two.
SELECT r.person_id, min(b.person_id) AS other_person_id
FROM record_persons AS r
JOIN record_persons_before AS b ON b.record_id = r.record_id AND b.person_id <> r.person_id
JOIN persons AS a ON a.person_id = b.person_id AND a.merged_into IS NULL
LEFT JOIN persons_before AS own ON own.person_id = r.person_id AND own.merged_into IS NULL
WHERE own.person_id IS NULL
GROUP BY r.person_id

-- name: links
-- Why each record is of its person.
SELECT r.person_id, l.record_id, l.kind, l.value, l.by, l.weight, l.evidence,
  coalesce(l.since, t.first_seen) AS since
FROM identity_links AS l
JOIN record_persons AS r ON r.record_id = l.record_id
LEFT JOIN record_times AS t ON t.record_id = l.record_id

-- name: addresses
-- Where each person lives, as their newest record says.
SELECT person_id, home
FROM (
  SELECT g.person_id, :home AS home,
    row_number() OVER (PARTITION BY g.person_id ORDER BY
      CASE WHEN coalesce(c.updated_at, c.created_at) IS NULL THEN 1 ELSE 0 END,
      coalesce(c.updated_at, c.created_at) DESC, c.record_id) AS place
  FROM customer_records AS c
  JOIN own_ids AS o ON o.record_id = c.record_id
  JOIN group_persons AS g ON g.group_id = o.group_id
  WHERE :complete
) AS newest
WHERE place = 1

-- name: households
-- The household of each person: named by the smallest person id in it; a building is no household.
SELECT a.person_id, h.household_id
FROM addresses AS a
JOIN (
  SELECT home, min(person_id) AS household_id FROM addresses GROUP BY home HAVING count(*) BETWEEN 2 AND :limit
) AS h ON h.home = a.home

-- name: no_households
-- Nobody lives with anybody.
SELECT CAST(NULL AS BIGINT) AS person_id, CAST(NULL AS BIGINT) AS household_id WHERE FALSE

-- name: plain
-- Letters and digits only, without accents.
SELECT translate(lower(x), 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ -''.,/', 'aaaaaaceeeeiiiinooooouuuuyy') AS plain
