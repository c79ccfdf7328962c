-- name: items
-- What a basket is told of, and the wider categories that hold it.
SELECT item, min(above_1) AS above_1, min(above_2) AS above_2
FROM (
  SELECT :item AS item, CAST(:above_1 AS VARCHAR) AS above_1, CAST(:above_2 AS VARCHAR) AS above_2
  FROM world_lines
  WHERE bought > 0
) AS named
WHERE item IS NOT NULL
GROUP BY item
ORDER BY item

-- name: categories
-- How many different categories are bought from, on each level.
SELECT count(DISTINCT category_2) AS category_2, count(DISTINCT category_3) AS category_3
FROM world_lines
WHERE bought > 0

-- name: extent
-- The first and the last day of all purchases, and how many customers bought.
SELECT min(day) AS first_day, max(day) AS last_day, count(DISTINCT person_id) AS people
FROM world_lines
WHERE bought > 0

-- name: bought
-- What customers bought, by day: units, products, and whether one was cheaper than usual. Item -1 stands for what has no item.
SELECT l.person_id, coalesce(i.code, -1) AS item, days_between(CAST('1970-01-01' AS DATE), l.day) AS day,
  CAST(sum(l.bought) AS DOUBLE) AS units, count(*) AS products,
  max(CASE WHEN l.discount_amount > 0 THEN 1 ELSE 0 END) AS discounted
FROM world_lines AS l
LEFT JOIN basket_items AS i ON i.item = :item
WHERE l.bought > 0
GROUP BY l.person_id, coalesce(i.code, -1), l.day

-- name: of_learners
-- The purchases of the customers to learn from: so many in a thousand, always the same.
SELECT * FROM basket_bought
WHERE hash_bucket(CAST(person_id AS VARCHAR), 1000) < :permille
ORDER BY person_id, item, day

-- name: of_everybody
-- All purchases, a customer after the other.
SELECT * FROM basket_bought
ORDER BY person_id, item, day
