-- name: due_on
-- Who is due for what on a day: the day lies in the window, the most probable first.
SELECT person_id, item, due_on, due_from, due_until, chance_14d
FROM due_dates
WHERE score = :score AND due_from <= :day AND due_until >= :day
ORDER BY chance_14d DESC, person_id, item

-- name: due_first
-- The most probable of those who are due on a day.
SELECT person_id, item, due_on, due_from, due_until, chance_14d
FROM due_dates
WHERE score = :score AND due_from <= :day AND due_until >= :day
ORDER BY chance_14d DESC, person_id, item
LIMIT :at_most

-- name: due_counts
-- How many customers are due for each item on a day, and how many purchases within 14 days are expected of them.
SELECT item, count(*) AS people, CAST(sum(CAST(round(1000000 * chance_14d) AS BIGINT)) AS DOUBLE) / 1000000 AS expected_14d
FROM due_dates
WHERE score = :score AND due_from <= :day AND due_until >= :day
GROUP BY item
ORDER BY people DESC, item

-- name: due_people
-- How many customers are due for anything on a day.
SELECT count(DISTINCT person_id) AS people
FROM due_dates
WHERE score = :score AND due_from <= :day AND due_until >= :day

-- name: basket
-- What a customer will probably want in the coming days: all that falls due in them or is already due, the most probable first.
SELECT item, due_on, due_from, due_until, last_bought, gap_days, chance_14d
FROM due_dates
WHERE score = :score AND person_id = :person_id AND due_from <= :until AND due_until > :as_of
ORDER BY chance_14d DESC, item
LIMIT :at_most

-- name: baskets
-- The baskets of the coming days of all customers who are due for something.
SELECT person_id, item, due_on, chance_14d, place
FROM (
  SELECT person_id, item, due_on, chance_14d,
    row_number() OVER (PARTITION BY person_id ORDER BY chance_14d DESC, item) AS place
  FROM due_dates
  WHERE score = :score AND due_from <= :until AND due_until > :as_of
) AS placed
WHERE place <= :at_most
ORDER BY person_id, place

-- name: fullest
-- The customers of whom most purchases are expected in the coming days, each with how many.
SELECT person_id, count(*) AS items, sum(CAST(round(1000000 * chance_14d) AS BIGINT)) AS weight
FROM due_dates
WHERE score = :score AND due_from <= :until AND due_until > :as_of
GROUP BY person_id
ORDER BY weight DESC, person_id
LIMIT :at_most
