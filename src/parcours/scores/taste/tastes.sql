-- name: price_bands
-- The price band of each product: which fifth of the units sold in its finest category, from the cheapest to the dearest, it lies in; none in a category with one product.
WITH sold AS (
  SELECT product_id, min(coalesce(category_3, category_2, category_1)) AS category,
    CAST(sum(net_amount) AS DOUBLE) / sum(bought) AS price, CAST(ceil(sum(bought)) AS BIGINT) AS units
  FROM world_lines
  WHERE bought > 0 AND returned = 0 AND net_amount > 0
  GROUP BY product_id
), placed AS (
  SELECT product_id,
    CAST(sum(units) OVER (PARTITION BY category ORDER BY price, product_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS up_to_here,
    units, CAST(sum(units) OVER (PARTITION BY category) AS BIGINT) AS in_all,
    count(*) OVER (PARTITION BY category) AS products
  FROM sold
  WHERE category IS NOT NULL
)
SELECT product_id, 'price_' || CAST(1 + CAST(floor(5 * (up_to_here - units / 2.0) / in_all) AS BIGINT) AS VARCHAR) AS item
FROM placed
WHERE products > 1

-- name: bought_by_price
-- What each customer bought on each day by price band: one row an article.
SELECT l.person_id, l.day, b.item
FROM world_lines AS l
JOIN taste_bands AS b ON b.product_id = l.product_id
WHERE l.bought > 0

-- name: bought
-- What each customer bought on each day by item (a category, a brand): one row an article.
SELECT person_id, day, :item AS item
FROM world_lines
WHERE bought > 0 AND :item IS NOT NULL

-- name: extent
-- How much there is to learn from: customers, items, and the first day.
SELECT p.people, i.items, i.first_day
FROM (SELECT count(*) AS people FROM (SELECT DISTINCT person_id FROM taste_bought) AS persons) AS p
CROSS JOIN (
  SELECT count(*) AS items, min(first_day) AS first_day
  FROM (SELECT item, min(day) AS first_day FROM taste_bought GROUP BY item) AS by_item
) AS i

-- name: learners
-- The customers to learn from: one in so many, and always the same.
SELECT person_id
FROM (SELECT DISTINCT person_id FROM taste_bought) AS everybody
WHERE hash_bucket(CAST(person_id AS VARCHAR), :one_in) = 0

-- name: bought_by_learners
-- What the customers to learn from bought.
SELECT b.person_id, b.day, b.item
FROM taste_bought AS b
JOIN taste_learners AS p ON p.person_id = b.person_id

-- name: weights
-- How much each customer bought of each item up to a day, in millionths of an article bought that day: the older, the less.
SELECT person_id, item,
  CAST(sum(CAST(round(1000000 * exp(-(:rate * days_between(day, :cut)))) AS BIGINT)) AS BIGINT) AS weight
FROM taste_history
WHERE day <= :cut
GROUP BY person_id, item

-- name: base
-- Each item's share of what everybody bought.
SELECT item, CAST(weight AS DOUBLE) / CAST(sum(weight) OVER () AS DOUBLE) AS share
FROM (SELECT item, CAST(sum(weight) AS BIGINT) AS weight FROM taste_weights GROUP BY item) AS of_all
WHERE weight > 0

-- name: errors
-- The squared error of the shares foreseen at a day, in millionths, by the weight of the base (in articles): per customer who bought before and in the held-back days, summed over the items.
-- With w weights, b base, q what then happened, a the weight of the base: sum((w + ab)/(W + a) - q)^2, written out.
WITH happened AS (
  SELECT person_id, item, count(*) AS times
  FROM taste_history WHERE day > :cut AND day <= :until
  GROUP BY person_id, item
), happened_in_all AS (
  SELECT person_id, CAST(sum(times) AS BIGINT) AS times FROM happened GROUP BY person_id
), after AS (
  SELECT h.person_id, sum(power(CAST(h.times AS DOUBLE) / a.times, 2)) AS q2,
    sum(CAST(h.times AS DOUBLE) / a.times * coalesce(b.share, 0)) AS bq,
    sum(CAST(h.times AS DOUBLE) / a.times * coalesce(w.weight, 0) / 1000000.0) AS wq
  FROM happened AS h
  JOIN happened_in_all AS a ON a.person_id = h.person_id
  LEFT JOIN taste_base AS b ON b.item = h.item
  LEFT JOIN taste_weights AS w ON w.person_id = h.person_id AND w.item = h.item
  GROUP BY h.person_id
), before AS (
  SELECT w.person_id, CAST(sum(w.weight) AS DOUBLE) / 1000000.0 AS w1,
    sum(power(w.weight / 1000000.0, 2)) AS w2, sum(w.weight / 1000000.0 * coalesce(b.share, 0)) AS bw
  FROM taste_weights AS w
  LEFT JOIN taste_base AS b ON b.item = w.item
  GROUP BY w.person_id
  HAVING sum(w.weight) > 0
), whole AS (
  SELECT sum(power(share, 2)) AS b2 FROM taste_base
)
SELECT t.weight AS prior, count(*) AS people,
  CAST(sum(CAST(round(1000000 * (
    (f.w2 + 2 * t.weight * f.bw + t.weight * t.weight * whole.b2) / power(f.w1 + t.weight, 2)
    - 2 * (a.wq + t.weight * a.bq) / (f.w1 + t.weight) + a.q2)) AS BIGINT)) AS BIGINT) AS error
FROM before AS f
JOIN after AS a ON a.person_id = f.person_id
CROSS JOIN whole
CROSS JOIN taste_priors AS t
GROUP BY t.weight
ORDER BY t.weight

-- name: shares
-- The strongest tastes of each customer: shares drawn to the base's where little is known.
WITH own AS (
  SELECT w.person_id, w.item, w.weight / 1000000.0 AS weight, b.share AS base_share,
    CAST(sum(w.weight) OVER (PARTITION BY w.person_id) AS DOUBLE) / 1000000.0 AS in_all
  FROM taste_weights AS w
  JOIN taste_base AS b ON b.item = w.item
  WHERE w.weight > 0
), drawn AS (
  SELECT person_id, item, (weight + :prior * base_share) / (in_all + :prior) AS share, base_share
  FROM own
), placed AS (
  SELECT person_id, item, share, base_share,
    row_number() OVER (PARTITION BY person_id ORDER BY share DESC, item) AS place
  FROM drawn
)
SELECT person_id, item, share, base_share, place
FROM placed
WHERE place <= :top
ORDER BY person_id, place
