-- name: own
-- The lists of a customer by score, each article by its name.
SELECT r.score, r.product_id, d.name, r.place, r.worth, r.reason
FROM recommendations AS r
LEFT JOIN products AS d ON d.product_id = r.product_id
WHERE r.person_id = :person
ORDER BY r.score, r.place

-- name: feed
-- The page of a feed: the customer's own places, then the catalogue without them and without what is not for them.
WITH away AS (
  SELECT l.product_id
  FROM order_lines AS l
  JOIN record_persons AS p ON p.record_id = l.record_id
  WHERE p.person_id = :person AND l.status = 'completed' AND l.kind IN ('sale', 'return') AND l.product_id IS NOT NULL
  GROUP BY l.product_id
  HAVING max(CASE WHEN l.quantity < 0 THEN l.order_date END)
    >= coalesce(max(CASE WHEN l.quantity > 0 THEN l.order_date END), DATE '1970-01-01')
),
places AS (
  SELECT o.store_id
  FROM orders AS o
  JOIN record_persons AS p ON p.record_id = o.record_id
  WHERE p.person_id = :person AND o.is_purchase AND o.store_id IS NOT NULL AND o.order_date > add_days(:as_of, -365)
  GROUP BY o.store_id
  ORDER BY count(*) DESC, max(o.order_date) DESC, o.store_id
  LIMIT 1
),
counted AS (
  SELECT s.product_id, s.quantity, row_number() OVER (PARTITION BY s.product_id ORDER BY s.as_of DESC, s.quantity) AS turn
  FROM stock AS s
  WHERE s.store_id IN (SELECT store_id FROM places)
),
gone AS (SELECT product_id FROM counted WHERE turn = 1 AND quantity <= 0),
own AS (SELECT product_id, place, worth, reason FROM recommendations WHERE score = :score AND person_id = :person),
general AS (
  SELECT c.product_id, c.place + 1000000 AS place, c.worth, c.reason
  FROM catalogue_order AS c
  LEFT JOIN own AS o ON o.product_id = c.product_id
  LEFT JOIN away AS a ON a.product_id = c.product_id
  LEFT JOIN gone AS g ON g.product_id = c.product_id
  WHERE c.score = :score AND o.product_id IS NULL AND a.product_id IS NULL AND g.product_id IS NULL
),
whole AS (
  SELECT u.product_id, u.worth, u.reason, row_number() OVER (ORDER BY u.place, u.product_id) AS place,
    count(*) OVER () AS articles
  FROM (SELECT * FROM own UNION ALL SELECT * FROM general) AS u
)
SELECT w.product_id, d.name, w.place, w.worth, w.reason, w.articles
FROM whole AS w
LEFT JOIN products AS d ON d.product_id = w.product_id
ORDER BY w.place

-- name: names
-- What some articles are called.
SELECT product_id, name FROM products WHERE :named

-- name: similar
-- What is near an article, by score.
SELECT s.score, s.other_id AS product_id, d.name, s.place, s.closeness, s.by
FROM similar_products AS s
LEFT JOIN products AS d ON d.product_id = s.other_id
WHERE s.product_id = :product
ORDER BY s.score, s.place
