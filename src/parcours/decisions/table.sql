-- name: people
-- Those who are decided for: known people, or of them those in a segment, in the order of their ids.
SELECT p.person_id
FROM persons AS p
WHERE p.known AND p.merged_into IS NULL AND (:segment = '' OR p.person_id IN (
  SELECT m.person_id FROM memberships AS m WHERE m.segment = :segment))
