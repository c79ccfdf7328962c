-- name: learn
-- Keeps how events are built, as far as it was not known.
INSERT INTO collected_shapes (source, event, property, type, since, change)
SELECT * FROM unnest(%(sources)s::text[], %(events)s::text[], %(properties)s::text[], %(types)s::text[],
  %(times)s::timestamptz[], %(changes)s::boolean[])
ON CONFLICT (source, event, property, type) DO NOTHING

-- name: known
-- How events are built, as far as it is known.
SELECT source, event, property, type, since, change FROM collected_shapes

-- name: changes
-- The latest changes in how events are built.
SELECT source, event, property, type, since FROM collected_shapes WHERE change ORDER BY since DESC LIMIT 20
