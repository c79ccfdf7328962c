-- name: extent
-- Whose baskets were told by a score: customers, places, and how many of them are for what was bought before.
SELECT count(DISTINCT person_id) AS people, count(*) AS places, count(CASE WHEN known THEN 1 END) AS known
FROM next_baskets
WHERE score = :score

-- name: wanted
-- The items that are in most baskets, and how many customers are expected to buy them.
SELECT item, count(*) AS people, CAST(sum(CAST(round(1000000 * chance) AS BIGINT)) AS DOUBLE) / 1000000 AS expected
FROM next_baskets
WHERE score = :score
GROUP BY item
ORDER BY people DESC, item
LIMIT :at_most

-- name: fullest
-- The customers of whose baskets most is expected to be bought.
SELECT person_id, sum(CAST(round(1000000 * chance) AS BIGINT)) AS expected
FROM next_baskets
WHERE score = :score
GROUP BY person_id
ORDER BY expected DESC, person_id
LIMIT :at_most

-- name: basket
-- The basket of a customer, place by place.
SELECT item, place, chance, known, reason
FROM next_baskets
WHERE score = :score AND person_id = :person_id
ORDER BY place

-- name: card
-- How the newest baskets of a score were learned.
SELECT kept, detail
FROM score_models
WHERE score = :score
ORDER BY as_of DESC
LIMIT 1
