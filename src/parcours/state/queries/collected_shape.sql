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

-- name: misfit
-- Keeps which events do not fit what is declared, in what, and when they came first and last.
INSERT INTO collected_misfits (source, event, property, code, since, latest, refused)
SELECT source, event, property, code, at, at, refused
FROM unnest(%(sources)s::text[], %(events)s::text[], %(properties)s::text[], %(codes)s::text[],
  %(times)s::timestamptz[], %(refused)s::boolean[]) AS told (source, event, property, code, at, refused)
ON CONFLICT (source, event, property, code) DO UPDATE
SET latest = greatest(collected_misfits.latest, excluded.latest), refused = excluded.refused

-- name: misfits
-- Which events do not fit what is declared, the latest first.
SELECT source, event, property, code, since, latest, refused FROM collected_misfits
ORDER BY latest DESC, source, event, property, code LIMIT 20
