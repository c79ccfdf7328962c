-- name: members
-- The people of a segment who may be used: living, and known by more than a cookie.
SELECT m.person_id
FROM memberships AS m
JOIN persons AS p ON p.person_id = m.person_id
WHERE m.segment = :segment AND p.known AND p.merged_into IS NULL

-- name: identifier
-- One identifier of a kind a person: the checked one, then the one seen last, then the first in the alphabet.
SELECT person_id, value
FROM (
  SELECT r.person_id, i.value,
         row_number() OVER (PARTITION BY r.person_id
                            ORDER BY i.verified DESC, i.last_seen DESC NULLS LAST, i.value) AS place
  FROM identifiers AS i
  JOIN record_persons AS r ON r.record_id = i.record_id
  JOIN audience_members AS m ON m.person_id = r.person_id
  WHERE i.kind = :kind AND i.usable
) AS ranked
WHERE place = 1

-- name: declared
-- What the customer records say of a person: the newest one that says anything.
SELECT person_id, value
FROM (
  SELECT r.person_id, :value AS value,
         row_number() OVER (PARTITION BY r.person_id
                            ORDER BY coalesce(c.updated_at, c.created_at) DESC NULLS LAST, c.record_id) AS place
  FROM customer_records AS c
  JOIN record_persons AS r ON r.record_id = c.record_id
  JOIN audience_members AS m ON m.person_id = r.person_id
  WHERE :value IS NOT NULL
) AS ranked
WHERE place = 1

-- name: segments
-- The segments a person is in, as words between spaces.
SELECT m.person_id, string_agg(m.segment, ' ' ORDER BY m.segment) AS value
FROM memberships AS m
JOIN audience_members AS a ON a.person_id = m.person_id
GROUP BY m.person_id
