-- name: persons_of
-- The persons of some records.
SELECT r.record_id, r.person_id FROM record_persons AS r JOIN wanted AS w ON w.record_id = r.record_id
