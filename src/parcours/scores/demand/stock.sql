-- name: counted
-- The newest count of each article in each store, up to the day spoken of.
SELECT product_id, store_id, as_of AS counted_on, quantity AS counted
FROM (
  SELECT product_id, store_id, as_of, quantity, row_number() OVER (
    PARTITION BY product_id, store_id ORDER BY coalesce(as_of, :as_of) DESC, source) AS place
  FROM stock
  WHERE coalesce(as_of, :as_of) <= :as_of AND quantity IS NOT NULL
) AS counts
WHERE place = 1

-- name: stocked
-- Each count with what was sold since, what is expected, and what was sold and foreseen in the days held back; a count without a store is held against all stores.
WITH since AS (
  SELECT c.product_id, coalesce(c.store_id, '') AS store, CAST(sum(w.thousandths) AS BIGINT) AS thousandths
  FROM stock_counted AS c
  JOIN world_sold AS w ON w.product_id = c.product_id AND (c.store_id IS NULL OR w.place = c.store_id)
    AND w.day > coalesce(c.counted_on, :as_of)
  GROUP BY c.product_id, coalesce(c.store_id, '')
), foreseen AS (
  SELECT c.product_id, coalesce(c.store_id, '') AS store, count(*) AS series, sum(s.expected) AS expected,
    sum(s.usual) AS usual, sum(s.held) AS held, sum(s.held_expected) AS held_expected, sum(s.held_usual) AS held_usual
  FROM stock_counted AS c
  JOIN stock_series AS s ON s.product_id = c.product_id AND (c.store_id IS NULL OR s.place = c.store_id)
  GROUP BY c.product_id, coalesce(c.store_id, '')
)
SELECT c.product_id, c.store_id, c.counted_on, CAST(c.counted AS DOUBLE) AS counted,
  CAST(c.counted AS DOUBLE) - coalesce(n.thousandths, 0) / 1000.0 AS left_over,
  coalesce(f.series, 0) AS series, coalesce(f.expected, 0.0) AS expected, coalesce(f.usual, 0.0) AS usual,
  coalesce(f.held, 0.0) AS held, coalesce(f.held_expected, 0.0) AS held_expected,
  coalesce(f.held_usual, 0.0) AS held_usual,
  CASE WHEN c.counted < 0 THEN 'negative_stock' WHEN f.series IS NULL THEN 'never_sold'
    WHEN days_between(coalesce(c.counted_on, :as_of), :as_of) > :old THEN 'old_count' END AS note
FROM stock_counted AS c
LEFT JOIN since AS n ON n.product_id = c.product_id AND n.store = coalesce(c.store_id, '')
LEFT JOIN foreseen AS f ON f.product_id = c.product_id AND f.store = coalesce(c.store_id, '')
ORDER BY c.product_id, c.store_id
