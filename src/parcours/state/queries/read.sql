-- name: note
-- Writes down who read what of whom.
INSERT INTO reads (at, key_id, person_id, what)
SELECT * FROM unnest(%(times)s::timestamptz[], %(key_ids)s::text[], %(people)s::bigint[], %(whats)s::text[])

-- name: found
-- Remembers which value founded visitors of whom no publication tells.
INSERT INTO live_people (person_id, key) SELECT * FROM unnest(%(people)s::bigint[], %(keys)s::bigint[])
ON CONFLICT (person_id) DO NOTHING
