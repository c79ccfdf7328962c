-- name: keys
-- Each value that recognises somebody, hashed: who it leads to, and whether several people hold it (it then joins nobody).
SELECT k.key, coalesce(b.person_id, CASE WHEN k.first_person = k.last_person THEN k.first_person END) AS person_id,
  k.kind, k.first_person <> k.last_person AS shared
FROM (
  SELECT hash63(concat(j.kind, '=', j.value)) AS key, min(j.kind) AS kind,
    min(r.person_id) AS first_person, max(r.person_id) AS last_person, max(CASE WHEN o.known OR :anonymous THEN 1 ELSE 0 END) AS told
  FROM joining AS j
  JOIN record_persons AS r ON r.record_id = j.record_id
  JOIN persons AS o ON o.person_id = r.person_id
  WHERE j.why_not IS NULL
  GROUP BY hash63(concat(j.kind, '=', j.value))
) AS k
LEFT JOIN record_persons AS b ON b.record_id = k.key
WHERE k.told = 1

-- name: identifiers
-- The values by which people are found, as they are sent.
SELECT CAST(:publication AS BIGINT) AS publication, key, person_id, kind, shared FROM published_keys

-- name: addresses
-- Where people are reached: their identifiers of the kinds that channels write to.
SELECT CAST(:publication AS BIGINT) AS publication, r.person_id, i.kind, i.value,
  min(hash63(concat(i.kind, '=', i.value))) AS key, max(i.last_seen) AS last_seen
FROM identifiers AS i
JOIN record_persons AS r ON r.record_id = i.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE p.known AND i.value <> '' AND :reached
GROUP BY r.person_id, i.kind, i.value

-- name: delivered_consents
-- What sources say that people agreed to, with their proof.
SELECT CAST(:publication AS BIGINT) AS publication, r.person_id, c.row_id, c.purpose, c.channel, c.granted, c.at,
  c.text_version, c.source, c.evidence
FROM consents AS c
JOIN record_persons AS r ON r.record_id = c.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE p.known AND c.at IS NOT NULL

-- name: owners
-- Who is told of: known people, those who turned out to be somebody else and, where they have a profile, visitors.
SELECT person_id, known, household_id, first_seen, last_seen, merged_into, coalesce(household_id, person_id) AS household
FROM persons
WHERE (known OR merged_into IS NOT NULL OR :anonymous) AND person_id > :above AND person_id <= :up_to

-- name: records
-- The records that speak of those who are told of.
SELECT r.record_id, r.person_id
FROM record_persons AS r
JOIN owners AS o ON o.person_id = r.person_id

-- name: people
-- One row a person, with all that is known of them by the second.
SELECT CAST(:publication AS BIGINT) AS publication, o.person_id, o.merged_into, o.known, o.household_id, o.first_seen, o.last_seen,
  concat('{', coalesce(k.told, ''), '}') AS keys, concat('{', coalesce(w.told, ''), '}') AS merged, s.bought_at, concat('[', coalesce(p.told, ''), ']') AS profile,
  concat('[', coalesce(m.told, ''), ']') AS segments,
  concat('[[', coalesce(v.told, ''), '],[', coalesce(c.told, ''), ']]') AS scores,
  concat('[', coalesce(t.told, ''), ']') AS tastes, concat('[', coalesce(r.told, ''), ']') AS recommendations,
  concat('[', coalesce(a.told, ''), ']') AS coupons, concat('[', coalesce(n.told, ''), ']') AS consents,
  concat('[', coalesce(b.told, ''), ']') AS orders
FROM owners AS o
LEFT JOIN of_keys AS k ON k.person_id = o.person_id
LEFT JOIN of_merged AS w ON w.person_id = o.person_id
LEFT JOIN of_sales AS s ON s.person_id = o.person_id
LEFT JOIN of_profiles AS p ON p.person_id = o.person_id
LEFT JOIN of_memberships AS m ON m.person_id = o.person_id
LEFT JOIN of_values AS v ON v.person_id = o.person_id
LEFT JOIN of_propensities AS c ON c.person_id = o.person_id
LEFT JOIN of_tastes AS t ON t.person_id = o.person_id
LEFT JOIN of_recommendations AS r ON r.person_id = o.person_id
LEFT JOIN of_coupons AS a ON a.household_id = o.household
LEFT JOIN of_consents AS n ON n.person_id = o.person_id
LEFT JOIN of_orders AS b ON b.person_id = o.person_id

-- name: of_keys
-- The hashed values of each person that are theirs alone.
SELECT person_id, string_agg(CAST(key AS VARCHAR), ',' ORDER BY key) AS told
FROM published_keys
WHERE NOT shared AND person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_merged
-- Who turned out to be each person.
SELECT merged_into AS person_id, string_agg(CAST(person_id AS VARCHAR), ',' ORDER BY person_id) AS told
FROM persons
WHERE merged_into > :above AND merged_into <= :up_to
GROUP BY merged_into

-- name: of_sales
-- When each person last bought.
SELECT r.person_id, max(b.order_time) AS bought_at
FROM orders AS b
JOIN told_records AS r ON r.record_id = b.record_id
GROUP BY r.person_id

-- name: of_memberships
-- The segments each person is in, and since when.
SELECT person_id, string_agg(concat('[', json_quoted(segment), ',"', CAST(since AS VARCHAR), '"]'), ','
  ORDER BY segment) AS told
FROM memberships
WHERE person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_values
-- What each person is expected to be worth.
SELECT person_id, string_agg(concat('[', json_quoted(score), ',', CAST(days AS VARCHAR), ',',
  CAST(orders AS VARCHAR), ',', CAST(money AS VARCHAR), ',', CAST(money_low AS VARCHAR), ',',
  CAST(money_high AS VARCHAR), ']'), ',' ORDER BY score, days) AS told
FROM person_values
WHERE person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_propensities
-- What each person will probably do.
SELECT person_id, string_agg(concat('[', json_quoted(score), ',', CAST(probability AS VARCHAR),
  ',', CAST(decile AS VARCHAR), ']'), ',' ORDER BY score) AS told
FROM propensities
WHERE person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_tastes
-- What each person likes best.
SELECT person_id, string_agg(concat('[', json_quoted(score), ',', json_quoted(item), ',',
  CAST(share AS VARCHAR), ']'), ',' ORDER BY score, place) AS told
FROM tastes
WHERE place <= :most AND person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_recommendations
-- What to show each person, the best first.
SELECT person_id, string_agg(concat('[', json_quoted(score), ',', json_quoted(product_id), ',',
  CAST(worth AS VARCHAR), ']'), ',' ORDER BY score, place) AS told
FROM recommendations
WHERE place <= :most AND person_id > :above AND person_id <= :up_to
GROUP BY person_id

-- name: of_coupons
-- The offers of each household's newest allotments.
SELECT a.household_id, string_agg(concat('[', json_quoted(a.allotment), ',"', CAST(a.starts AS VARCHAR), '",',
  json_quoted(a.offer_id), ',', json_quoted(a.code), ']'), ','
  ORDER BY a.allotment, a.place) AS told
FROM allotments AS a
JOIN (SELECT allotment, max(starts) AS starts FROM allotments GROUP BY allotment) AS newest
  ON newest.allotment = a.allotment AND newest.starts = a.starts
JOIN (SELECT DISTINCT household FROM owners) AS o ON o.household = a.household_id
WHERE a.given
GROUP BY a.household_id

-- name: of_consents
-- What each person last said, by purpose and channel.
SELECT person_id, string_agg(concat('[', json_quoted(purpose), ',',
  coalesce(json_quoted(channel), 'null'), ',', CASE WHEN granted THEN 'true' ELSE 'false' END, ',"',
  CAST(at AS VARCHAR), '"]'), ',' ORDER BY purpose, channel) AS told
FROM (
  SELECT r.person_id, c.purpose, c.channel, c.granted, c.at, row_number() OVER (
    PARTITION BY r.person_id, c.purpose, c.channel ORDER BY c.at DESC, c.row_id DESC) AS turn
  FROM consents AS c
  JOIN told_records AS r ON r.record_id = c.record_id
) AS said
WHERE turn = 1
GROUP BY person_id

-- name: of_orders
-- The newest orders of each person, in any channel.
SELECT person_id, string_agg(concat('[', json_quoted(order_id), ',"', CAST(order_time AS VARCHAR),
  '",', coalesce(json_quoted(channel), 'null'), ',', coalesce(json_quoted(store_id), 'null'), ',', json_quoted(status), ',',
  coalesce(CAST(net_amount AS VARCHAR), 'null'), ',', CAST(units AS VARCHAR), ',', CAST(is_purchase AS VARCHAR), ']'), ',' ORDER BY order_time DESC, row_id DESC) AS told
FROM (
  SELECT r.person_id, b.row_id, b.order_id, b.order_time, b.channel, b.store_id, b.status, b.net_amount, b.units, b.is_purchase,
    row_number() OVER (PARTITION BY r.person_id ORDER BY b.order_time DESC, b.row_id DESC) AS turn
  FROM orders AS b
  JOIN told_records AS r ON r.record_id = b.record_id
  WHERE b.order_time IS NOT NULL
) AS bought
WHERE turn <= :most
GROUP BY person_id
