-- name: people
-- How many living persons are known, and how many only visited.
SELECT count(*) FILTER (WHERE known) AS known, count(*) FILTER (WHERE NOT known) AS visitors
FROM persons WHERE merged_into IS NULL

-- name: people_before
-- How many living persons were known, and how many only visited.
SELECT count(*) FILTER (WHERE known) AS known, count(*) FILTER (WHERE NOT known) AS visitors
FROM persons_before WHERE merged_into IS NULL
