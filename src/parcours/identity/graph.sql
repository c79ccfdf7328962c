-- name: shared
-- Values of one kind that several groups of records hold: which group declares it, and which is a known customer.
SELECT h.value, h.group_id, h.declared,
  CASE WHEN f.described = 1 OR f.best < :known_below THEN 1 ELSE 0 END AS known
FROM (
  SELECT u.value, g.group_id, max(u.declared) AS declared, count(*) OVER (PARTITION BY u.value) AS holders
  FROM usable AS u
  JOIN record_groups AS g ON g.record_id = u.record_id
  WHERE u.kind = :kind
  GROUP BY u.value, g.group_id
) AS h
JOIN group_facts AS f ON f.group_id = h.group_id
WHERE h.holders > 1

-- name: conflicts
-- Values held by two groups that speak of different people: other first names, or another last name and birth date.
SELECT DISTINCT value
FROM (
  SELECT l.value, l.birth_date = r.birth_date AS same_day,
    strpos(coalesce(r.last_name, ''), l.first_name) = 0 AND strpos(coalesce(l.last_name, ''), r.first_name) = 0
      AND strpos(l.first_name, r.first_name) = 0 AND strpos(r.first_name, l.first_name) = 0
      AND levenshtein(l.first_name, r.first_name)
        > CASE WHEN least(length(l.first_name), length(r.first_name)) >= 6 THEN 2 ELSE 1 END AS first_names_differ,
    strpos(coalesce(r.first_name, ''), l.last_name) = 0 AND strpos(coalesce(l.first_name, ''), r.last_name) = 0
      AND strpos(l.last_name, r.last_name) = 0 AND strpos(r.last_name, l.last_name) = 0
      AND levenshtein(l.last_name, r.last_name)
        > CASE WHEN least(length(l.last_name), length(r.last_name)) >= 6 THEN 2 ELSE 1 END AS last_names_differ
  FROM described AS l
  JOIN described AS r ON r.value = l.value AND l.group_id < r.group_id
) AS pairs
WHERE (first_names_differ AND NOT coalesce(same_day, FALSE)) OR (last_names_differ AND NOT coalesce(same_day, TRUE))

-- name: crowd
-- The known customers' groups that hold a value which more of them hold than may; of no browser, which is one browser.
SELECT s.value, s.group_id
FROM shared AS s
JOIN (SELECT value FROM shared GROUP BY value HAVING sum(known) > :limit) AS many ON many.value = s.value
WHERE s.known = 1 AND NOT :anonymous

-- name: crowd_identifiers
-- The identifiers of these groups' records.
SELECT i.*
FROM identifiers AS i
JOIN record_groups AS g ON g.record_id = i.record_id
JOIN (SELECT DISTINCT group_id FROM crowd) AS c ON c.group_id = g.group_id

-- name: marks
-- What tells these groups' customers apart: their identifiers, but for browsers and appliances, and their names.
SELECT g.group_id, concat(j.kind, '=', j.value) AS mark
FROM crowd_judged AS j
JOIN record_groups AS g ON g.record_id = j.record_id
WHERE j.why_not IS NULL AND NOT :anonymous
UNION
SELECT d.group_id, concat('name=', coalesce(d.first_name, ''), ' ', coalesce(d.last_name, '')) AS mark
FROM group_descriptions AS d
JOIN (SELECT DISTINCT group_id FROM crowd) AS c ON c.group_id = d.group_id

-- name: faces
-- One group of each customer who holds such a value: those that nothing else tells apart than a browser are one.
SELECT value, min(group_id) AS group_id
FROM (
  SELECT c.value, c.group_id, coalesce(string_agg(m.mark, ' ' ORDER BY m.mark), '') AS told
  FROM crowd AS c
  LEFT JOIN marks AS m ON m.group_id = c.group_id AND m.mark <> concat(:kind, '=', c.value)
  GROUP BY c.value, c.group_id
) AS each
GROUP BY value, told

-- name: customers
-- How many customers hold each shared value.
SELECT s.value, coalesce(f.customers, s.people) AS customers
FROM (SELECT value, CAST(sum(known) AS BIGINT) AS people FROM shared GROUP BY value) AS s
LEFT JOIN (SELECT value, count(*) AS customers FROM faces GROUP BY value) AS f ON f.value = s.value

-- name: described
-- What is said of the groups that share a value, where few enough customers share it to compare them.
SELECT DISTINCT s.value, s.group_id, d.first_name, d.last_name, d.birth_date
FROM (
  SELECT s.value, s.group_id
  FROM shared AS s
  LEFT JOIN (SELECT DISTINCT value FROM crowd) AS c ON c.value = s.value
  WHERE s.known = 1 AND c.value IS NULL
  UNION ALL SELECT value, group_id FROM faces
) AS s
JOIN customers AS few ON few.value = s.value AND few.customers BETWEEN 2 AND :limit
JOIN group_descriptions AS d ON d.group_id = s.group_id

-- name: verdicts
-- What each shared value may do: join all who hold it, only those nobody else knows, or nobody.
SELECT value, holders, people, customers,
  CASE
    WHEN people <= 1 AND (:alone OR people = 1) THEN 'join'
    WHEN customers > :limit THEN 'too_many'
    WHEN conflict = 1 AND NOT :given_to_one THEN 'different_people'
    WHEN NOT :alone THEN 'not_alone'
    ELSE 'join'
  END AS verdict,
  CASE WHEN declarers = 1 AND customers <= :limit THEN 1 ELSE 0 END AS owned
FROM (
  SELECT s.value, count(*) AS holders, CAST(sum(s.known) AS BIGINT) AS people,
    CAST(sum(CASE WHEN s.known = 1 THEN s.declared ELSE 0 END) AS BIGINT) AS declarers,
    max(CASE WHEN c.value IS NULL THEN 0 ELSE 1 END) AS conflict, max(n.customers) AS customers
  FROM shared AS s
  JOIN customers AS n ON n.value = s.value
  LEFT JOIN conflicts AS c ON c.value = s.value
  GROUP BY s.value
) AS v

-- name: accepted
-- The groups that a value joins: all, or, when it is one customer's own, that one and those nobody else knows.
SELECT s.value, s.group_id
FROM shared AS s
JOIN verdicts AS v ON v.value = s.value
WHERE v.verdict = 'join' OR (v.owned = 1 AND (s.known = 0 OR s.declared = 1))

-- name: edges
-- One edge from each group to the first that holds the same value.
SELECT group_id AS left_node, min(group_id) OVER (PARTITION BY value) AS right_node FROM accepted

-- name: links
-- The records that a value joins.
SELECT u.record_id, u.kind, u.value, u.verified, u.first_seen
FROM usable AS u
JOIN record_groups AS g ON g.record_id = u.record_id
JOIN accepted AS a ON a.value = u.value AND a.group_id = g.group_id
WHERE u.kind = :kind

-- name: refused
-- The values that were not allowed to join all who hold them, and how many records do.
SELECT u.kind, u.value, count(*) AS records, v.verdict AS rule,
  CASE WHEN v.owned = 1 THEN 'kept for the customer who declares it' END AS detail
FROM usable AS u
JOIN verdicts AS v ON v.value = u.value
WHERE u.kind = :kind AND v.verdict <> 'join' AND v.people > 1
GROUP BY u.kind, u.value, v.verdict, v.owned

-- name: hubs
-- Values that so many customers hold that no day's changes could let them join: by how many more than may.
SELECT CAST(:kind AS VARCHAR) AS kind, value, customers - :limit AS spare
FROM verdicts WHERE verdict = 'too_many' AND customers - :limit >= :spare

-- name: relabelled
-- The groups after joining.
SELECT g.record_id, coalesce(j.component, g.group_id) AS group_id
FROM record_groups AS g
LEFT JOIN joined AS j ON j.node = g.group_id

-- name: group_facts
-- Whether a group has a customer record, and its best kind of identifier.
SELECT g.group_id, max(r.described) AS described, min(r.best) AS best
FROM record_groups AS g
JOIN records AS r ON r.record_id = g.record_id
GROUP BY g.group_id

-- name: group_descriptions
-- What sources say of each group's customer.
SELECT DISTINCT g.group_id, d.first_name, d.last_name, d.birth_date
FROM descriptions AS d
JOIN record_groups AS g ON g.record_id = d.record_id

-- name: weak
-- The records that hold a value which is not enough alone to join known customers.
SELECT u.record_id, u.kind, u.value, u.verified, u.first_seen
FROM usable AS u
JOIN verdicts AS v ON v.value = u.value
WHERE u.kind = :kind AND v.verdict = 'not_alone'

-- name: weak_groups
-- The groups that hold each such value.
SELECT DISTINCT w.kind, w.value, g.group_id FROM weak AS w JOIN record_groups AS g ON g.record_id = w.record_id

-- name: two_kinds
-- Groups that share two kinds of identifiers of which neither is enough alone.
SELECT left_node, right_node
FROM (
  SELECT DISTINCT l.kind, l.group_id AS left_node, r.group_id AS right_node
  FROM weak_groups AS l
  JOIN weak_groups AS r ON r.kind = l.kind AND r.value = l.value AND l.group_id < r.group_id
) AS pairs
GROUP BY left_node, right_node
HAVING count(*) > 1

-- name: weak_links
-- The records that two kinds of identifiers join together.
SELECT DISTINCT w.record_id, w.kind, w.value, w.verified, w.first_seen
FROM weak AS w
JOIN record_groups AS g ON g.record_id = w.record_id
JOIN weak_groups AS s ON s.kind = w.kind AND s.value = w.value
JOIN strong_pairs AS p ON (p.left_node = g.group_id AND p.right_node = s.group_id)
  OR (p.right_node = g.group_id AND p.left_node = s.group_id)
