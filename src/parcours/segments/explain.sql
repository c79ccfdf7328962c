-- name: person
-- What is known of a person.
SELECT * FROM profiles WHERE person_id = :person

-- name: stage
-- Where a customer stands.
SELECT * FROM stages WHERE person_id = :person

-- name: memberships
-- The segments a person is in.
SELECT segment, since FROM memberships WHERE person_id = :person

-- name: changes
-- The last time a person entered or left each segment.
SELECT c.segment, c.change, c.at, c.reason
FROM membership_changes AS c
JOIN (SELECT segment, max(at) AS at FROM membership_changes WHERE person_id = :person GROUP BY segment) AS l
  ON l.segment = c.segment AND l.at = c.at
WHERE c.person_id = :person
