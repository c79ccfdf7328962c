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

-- name: answered
-- Who the visitors are who were answered under an id that no publication tells of: whoever has the value that founded them.
SELECT a.person_id, k.person_id AS merged_into
FROM visitors_answered AS a
JOIN published_keys AS k ON k.key = a.key AND NOT k.shared AND k.person_id <> a.person_id
LEFT JOIN persons AS p ON p.person_id = a.person_id
WHERE p.person_id IS NULL

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
SELECT person_id, merged_into, known, household_id, first_seen, last_seen, coalesce(household_id, person_id) AS household
FROM persons
WHERE (known OR merged_into IS NOT NULL OR :anonymous) AND person_id > :above AND person_id <= :up_to
UNION ALL
SELECT person_id, merged_into, FALSE AS known, CAST(NULL AS BIGINT) AS household_id, CAST(NULL AS TIMESTAMP) AS first_seen,
  CAST(NULL AS TIMESTAMP) AS last_seen, person_id AS household
FROM answered
WHERE person_id > :above AND person_id <= :up_to
ORDER BY person_id

-- name: keys_of
-- The hashed values of each person that are theirs alone.
SELECT person_id AS owner, key AS told
FROM published_keys
WHERE NOT shared AND person_id > :above AND person_id <= :up_to

-- name: merged
-- Who turned out to be each person.
SELECT merged_into AS owner, person_id AS told
FROM persons
WHERE merged_into > :above AND merged_into <= :up_to
UNION ALL
SELECT merged_into AS owner, person_id AS told
FROM answered
WHERE merged_into > :above AND merged_into <= :up_to

-- name: no_profiles
-- What is known of each person where no attributes were made: nothing.
SELECT person_id AS owner, '' AS told FROM persons WHERE FALSE

-- name: segments
-- The segments each person is in, and since when.
SELECT person_id AS owner, segment, concat('[', json_quoted(segment), ',"', CAST(since AS VARCHAR), '"]') AS told
FROM memberships
WHERE person_id > :above AND person_id <= :up_to

-- name: values
-- What each person is expected to be worth.
SELECT person_id AS owner, score, days, concat('[', json_quoted(score), ',', CAST(days AS VARCHAR), ',',
  CAST(orders AS VARCHAR), ',', CAST(money AS VARCHAR), ',', CAST(money_low AS VARCHAR), ',',
  CAST(money_high AS VARCHAR), ']') AS told
FROM person_values
WHERE person_id > :above AND person_id <= :up_to

-- name: propensities
-- What each person will probably do.
SELECT person_id AS owner, score, concat('[', json_quoted(score), ',', CAST(probability AS VARCHAR), ',',
  CAST(decile AS VARCHAR), ']') AS told
FROM propensities
WHERE person_id > :above AND person_id <= :up_to

-- name: tastes
-- What each person likes best.
SELECT person_id AS owner, score, place, concat('[', json_quoted(score), ',', json_quoted(item), ',',
  CAST(share AS VARCHAR), ']') AS told
FROM tastes
WHERE place <= :most AND person_id > :above AND person_id <= :up_to

-- name: recommendations
-- What to show each person, the best first.
SELECT person_id AS owner, score, place, concat('[', json_quoted(score), ',', json_quoted(product_id), ',',
  CAST(worth AS VARCHAR), ']') AS told
FROM recommendations
WHERE place <= :most AND person_id > :above AND person_id <= :up_to

-- name: coupons
-- The offers of each household's newest allotments.
SELECT a.household_id AS owner, a.allotment, a.place, concat('[', json_quoted(a.allotment), ',"',
  CAST(a.starts AS VARCHAR), '",', json_quoted(a.offer_id), ',', json_quoted(a.code), ']') AS told
FROM allotments AS a
JOIN (SELECT allotment, max(starts) AS starts FROM allotments GROUP BY allotment) AS newest
  ON newest.allotment = a.allotment AND newest.starts = a.starts
JOIN (
  SELECT DISTINCT coalesce(household_id, person_id) AS household FROM persons
  WHERE person_id > :above AND person_id <= :up_to
) AS o ON o.household = a.household_id
WHERE a.given

-- name: consents
-- What each person last said, by purpose and channel.
SELECT person_id AS owner, purpose, channel, concat('[', json_quoted(purpose), ',',
  coalesce(json_quoted(channel), 'null'), ',', CASE WHEN granted THEN 'true' ELSE 'false' END, ',"',
  CAST(at AS VARCHAR), '"]') AS told
FROM (
  SELECT r.person_id, c.purpose, c.channel, c.granted, c.at, row_number() OVER (
    PARTITION BY r.person_id, c.purpose, c.channel ORDER BY c.at DESC, c.row_id DESC) AS turn
  FROM consents AS c
  JOIN record_persons AS r ON r.record_id = c.record_id
  WHERE r.person_id > :above AND r.person_id <= :up_to
) AS said
WHERE turn = 1

-- name: orders
-- The orders of each person, in any channel.
SELECT r.person_id AS owner, b.order_time, b.row_id, concat('[', json_quoted(b.order_id), ',"', CAST(b.order_time AS VARCHAR),
  '",', coalesce(json_quoted(b.channel), 'null'), ',', coalesce(json_quoted(b.store_id), 'null'), ',', json_quoted(b.status), ',',
  coalesce(CAST(b.net_amount AS VARCHAR), 'null'), ',', CAST(b.units AS VARCHAR), ',', CAST(b.is_purchase AS VARCHAR), ']') AS told
FROM orders AS b
JOIN record_persons AS r ON r.record_id = b.record_id
WHERE b.order_time IS NOT NULL AND r.person_id > :above AND r.person_id <= :up_to

-- name: due
-- What each person will probably need again, and when; what is over will not come again.
SELECT person_id AS owner, score, item, CAST(due_on AS TIMESTAMP) AS due_on, concat('[', json_quoted(score), ',',
  json_quoted(item), ',"', CAST(last_bought AS VARCHAR), '","', CAST(due_from AS VARCHAR), '","', CAST(due_on AS VARCHAR),
  '","', CAST(due_until AS VARCHAR), '"]') AS told
FROM due_dates
WHERE due_until >= :as_of AND person_id > :above AND person_id <= :up_to

-- name: articles_bought
-- Each article that somebody bought since a day, in any channel, and the last day; what was given back does not count.
SELECT r.person_id, l.product_id, max(l.order_date) AS day
FROM lately AS l
JOIN record_persons AS r ON r.record_id = l.record_id
WHERE l.order_date >= :since AND l.product_id IS NOT NULL AND l.quantity > 0 AND l.kind = 'sale' AND l.status = 'completed'
GROUP BY r.person_id, l.product_id

-- name: bought
-- What each person bought of late.
SELECT person_id AS owner, product_id, CAST(day AS TIMESTAMP) AS day, concat('[', json_quoted(product_id), ',"',
  CAST(day AS VARCHAR), '"]') AS told
FROM published_articles
WHERE person_id > :above AND person_id <= :up_to
