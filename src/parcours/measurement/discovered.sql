-- name: choices
-- The numbers of segments that were tried, and why each was taken or not; 0 segments says what is missing.
SELECT segments, stability, stability_low, silhouette, smallest, largest, chosen, why, needed, found
FROM discovered_choices
ORDER BY segments

-- name: variables
-- What segments are made of, what counts most first, and what teams asked for.
SELECT variable, used, why, weight, pull, asked_by, because, separation
FROM discovered_variables
WHERE used OR asked_by IS NOT NULL
ORDER BY used DESC, pull DESC, variable

-- name: moves
-- Who went from one segment to another since the run before, and who stayed.
SELECT before, after, people, redrawn, since
FROM discovered_moves
ORDER BY before, after

-- name: agreement
-- For which share of the customers the rules say what was found.
SELECT avg(CASE WHEN segment = by_rule THEN 1e0 ELSE 0e0 END) AS agrees FROM discovered_members
