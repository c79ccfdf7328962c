-- name: people
-- Every known customer with a number from 0, in the order of their ids.
SELECT person_id, row_number() OVER (ORDER BY person_id) - 1 AS number
FROM persons
WHERE known AND merged_into IS NULL

-- name: articles
-- Every article of the catalogue and every one that was sold, with a number from 0 in the order of their ids.
SELECT a.product_id, row_number() OVER (ORDER BY a.product_id) - 1 AS number, d.name, d.brand, d.category_1,
  d.category_2, d.category_3, d.category_path, d.properties, d.product_id IS NOT NULL AS listed, coalesce(d.active, TRUE) AS active
FROM (
  SELECT product_id FROM products WHERE product_id IS NOT NULL
  UNION
  SELECT product_id FROM order_lines
  WHERE product_id IS NOT NULL AND status = 'completed' AND kind = 'sale' AND order_date <= :as_of
) AS a
LEFT JOIN products AS d ON d.product_id = a.product_id
ORDER BY number

-- name: bought
-- Which customer bought which article on which day (from 1970), by their numbers, sorted.
SELECT p.number AS person, a.number AS product, days_between(DATE '1970-01-01', l.order_date) AS day
FROM order_lines AS l
JOIN record_persons AS r ON r.record_id = l.record_id
JOIN world_shown_people AS p ON p.person_id = r.person_id
JOIN world_shown_articles AS a ON a.product_id = l.product_id
WHERE l.status = 'completed' AND l.kind = 'sale' AND l.quantity > 0 AND l.order_date <= :as_of
GROUP BY p.number, a.number, l.order_date
ORDER BY person, product, day

-- name: returned
-- Which articles customers brought back and have not bought since, by their numbers.
SELECT p.number AS person, a.number AS product
FROM order_lines AS l
JOIN record_persons AS r ON r.record_id = l.record_id
JOIN world_shown_people AS p ON p.person_id = r.person_id
JOIN world_shown_articles AS a ON a.product_id = l.product_id
WHERE l.status = 'completed' AND l.order_date <= :as_of AND l.kind IN ('sale', 'return')
GROUP BY p.number, a.number
HAVING max(CASE WHEN l.quantity < 0 THEN l.order_date END) IS NOT NULL
  AND max(CASE WHEN l.quantity < 0 THEN l.order_date END)
    >= coalesce(max(CASE WHEN l.quantity > 0 THEN l.order_date END), DATE '1970-01-01')
ORDER BY person, product

-- name: stores_of_people
-- The store each customer buys at most, of the last year.
SELECT number, store_id
FROM (
  SELECT p.number, o.store_id,
    row_number() OVER (PARTITION BY p.number ORDER BY count(*) DESC, max(o.order_date) DESC, o.store_id) AS turn
  FROM orders AS o
  JOIN record_persons AS r ON r.record_id = o.record_id
  JOIN world_shown_people AS p ON p.person_id = r.person_id
  WHERE o.is_purchase AND o.store_id IS NOT NULL AND o.order_date <= :as_of AND o.order_date > add_days(:as_of, -365)
  GROUP BY p.number, o.store_id
) AS counted
WHERE turn = 1
ORDER BY number

-- name: stock
-- What each store held of each article when it was last counted; no store is what is sent from a warehouse.
SELECT a.number AS product, coalesce(s.store_id, '') AS store, sum(s.quantity) AS quantity
FROM stock AS s
JOIN world_shown_articles AS a ON a.product_id = s.product_id
JOIN (
  SELECT product_id, coalesce(store_id, '') AS store, max(coalesce(as_of, DATE '1970-01-01')) AS as_of
  FROM stock
  WHERE coalesce(as_of, DATE '1970-01-01') <= :as_of
  GROUP BY product_id, coalesce(store_id, '')
) AS n ON n.product_id = s.product_id AND n.store = coalesce(s.store_id, '')
  AND n.as_of = coalesce(s.as_of, DATE '1970-01-01')
GROUP BY a.number, coalesce(s.store_id, '')
ORDER BY store, product

-- name: viewed
-- Which visitor looked at which article on which day, by their numbers; visitors nobody knows too.
SELECT v.visitor, a.number AS product
FROM (
  SELECT coalesce(session_id, row_id) AS visitor, product_id
  FROM events
  WHERE name IN ('product_viewed', 'product_added') AND product_id IS NOT NULL AND event_date <= :as_of
    AND event_date > add_days(:as_of, -365)
) AS v
JOIN world_shown_articles AS a ON a.product_id = v.product_id
GROUP BY v.visitor, a.number
ORDER BY visitor, product

-- name: baskets
-- Which articles were paid together, by number of the basket; those of customers nobody knows too.
SELECT hash63(l.source || ' ' || l.order_id) AS basket, a.number AS product
FROM order_lines AS l
JOIN world_shown_articles AS a ON a.product_id = l.product_id
WHERE l.status = 'completed' AND l.kind = 'sale' AND l.quantity > 0 AND l.order_date <= :as_of
  AND l.order_date > add_days(:as_of, -365) AND hash63(l.source || ' ' || l.order_id) % :one_in = 0
GROUP BY hash63(l.source || ' ' || l.order_id), a.number
ORDER BY basket, product

-- name: first_sold
-- The day (from 1970) each article was first sold, to anybody.
SELECT a.number AS product, days_between(DATE '1970-01-01', min(l.order_date)) AS day
FROM order_lines AS l
JOIN world_shown_articles AS a ON a.product_id = l.product_id
WHERE l.status = 'completed' AND l.kind = 'sale' AND l.order_date <= :as_of
GROUP BY a.number
ORDER BY product

-- name: orders
-- How many baskets there were in the last year.
SELECT count(*) AS found
FROM orders
WHERE is_purchase AND order_date <= :as_of AND order_date > add_days(:as_of, -365)
