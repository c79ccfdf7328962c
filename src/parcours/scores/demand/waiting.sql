-- name: out
-- The articles of which nothing was left at the newest count: the store ('' without one), their categories, whether no other count has any.
SELECT c.product_id, coalesce(c.store_id, '') AS store, d.name, d.category_2, d.category_3,
  CASE WHEN m.most > 0 THEN 0 ELSE 1 END AS everywhere
FROM waiting_counted AS c
JOIN (SELECT product_id, max(counted) AS most FROM waiting_counted GROUP BY product_id) AS m ON m.product_id = c.product_id
LEFT JOIN products AS d ON d.product_id = c.product_id
WHERE c.counted <= 0

-- name: articles
-- Each of these articles once, with the words by which it is searched for.
SELECT product_id, min(category_3) AS category_3, max(everywhere) AS everywhere,
  min(lower(strip_accents(trim(name)))) AS name, min(lower(strip_accents(trim(category_2)))) AS word_2,
  min(lower(strip_accents(trim(category_3)))) AS word_3
FROM waiting_out
GROUP BY product_id

-- name: signs
-- When each customer last put one of these articles into the cart, viewed it, or searched for it or its category.
WITH seen AS (
  SELECT r.person_id, e.event_date AS day, e.name, e.product_id, lower(strip_accents(trim(e.query))) AS query
  FROM events AS e
  JOIN record_persons AS r ON r.record_id = e.record_id
  JOIN persons AS p ON p.person_id = r.person_id
  WHERE e.name IN ('product_added', 'product_viewed', 'products_searched') AND e.event_date <= :as_of
    AND days_between(e.event_date, :as_of) <= :days AND p.known AND p.merged_into IS NULL
), words AS (
  SELECT product_id, name AS word FROM waiting_articles WHERE name IS NOT NULL
  UNION SELECT product_id, word_2 AS word FROM waiting_articles WHERE word_2 IS NOT NULL
  UNION SELECT product_id, word_3 AS word FROM waiting_articles WHERE word_3 IS NOT NULL
)
SELECT person_id, product_id, code, max(day) AS day
FROM (
  SELECT s.person_id, a.product_id, CASE WHEN s.name = 'product_added' THEN 'cart' ELSE 'viewed' END AS code, s.day
  FROM seen AS s
  JOIN waiting_articles AS a ON a.product_id = s.product_id
  WHERE s.name <> 'products_searched'
  UNION ALL
  SELECT s.person_id, w.product_id, 'searched' AS code, s.day
  FROM seen AS s
  JOIN words AS w ON w.word = s.query
  WHERE s.name = 'products_searched'
) AS every
GROUP BY person_id, product_id, code

-- name: bought
-- When each customer last bought one of these articles, or the like: another of its finest category.
SELECT person_id, product_id, max(day) AS day
FROM (
  SELECT l.person_id, l.product_id, l.day
  FROM world_lines AS l
  JOIN waiting_articles AS a ON a.product_id = l.product_id
  WHERE l.bought > 0
  UNION ALL
  SELECT l.person_id, a.product_id, l.day
  FROM world_lines AS l
  JOIN waiting_articles AS a ON a.category_3 = l.category_3
  WHERE l.bought > 0
) AS every
GROUP BY person_id, product_id

-- name: rhythms
-- Who bought one of these articles on several days, and is due by their own mean pause: when they last did, and the pause.
SELECT person_id, product_id, last_day AS day, days_between(first_day, last_day) / (times - 1.0) AS pause
FROM (
  SELECT l.person_id, l.product_id, count(DISTINCT l.day) AS times, min(l.day) AS first_day, max(l.day) AS last_day
  FROM world_lines AS l
  JOIN waiting_articles AS a ON a.product_id = l.product_id
  WHERE l.bought > 0
  GROUP BY l.person_id, l.product_id
) AS known
WHERE times >= :fewest AND days_between(last_day, :as_of) >= 0.75 * days_between(first_day, last_day) / (times - 1.0)
  AND days_between(last_day, :as_of) <= 2.0 * days_between(first_day, last_day) / (times - 1.0)

-- name: homes
-- The store in which each customer bought last.
SELECT person_id, store_id
FROM (
  SELECT r.person_id, o.store_id, row_number() OVER (PARTITION BY r.person_id ORDER BY o.order_date DESC, o.store_id) AS turn
  FROM orders AS o
  JOIN record_persons AS r ON r.record_id = o.record_id
  WHERE o.is_purchase AND o.order_date <= :as_of AND o.store_id IS NOT NULL
) AS counted
WHERE turn = 1

-- name: waiting
-- Who probably waits for which article in which store, with the strongest sign and what all signs are worth together.
WITH signs AS (
  SELECT s.person_id, s.product_id, s.code, days_between(s.day, :as_of) AS ago,
    CASE s.code WHEN 'cart' THEN 1.0 WHEN 'viewed' THEN 0.5 ELSE 0.25 END
      * power(0.5, days_between(s.day, :as_of) / CAST(:half AS DOUBLE)) AS worth
  FROM waiting_signs AS s
  LEFT JOIN waiting_bought AS b ON b.person_id = s.person_id AND b.product_id = s.product_id AND b.day >= s.day
  WHERE b.person_id IS NULL
  UNION ALL
  SELECT r.person_id, r.product_id, 'due' AS code, days_between(r.day, :as_of) AS ago, 1.0 AS worth
  FROM waiting_rhythms AS r
  LEFT JOIN waiting_bought AS b ON b.person_id = r.person_id AND b.product_id = r.product_id AND b.day > r.day
  WHERE b.person_id IS NULL
), ranked AS (
  SELECT person_id, product_id, code, ago, worth,
    row_number() OVER (PARTITION BY person_id, product_id ORDER BY worth DESC, code) AS turn
  FROM signs
), whole AS (
  SELECT person_id, product_id, max(CASE WHEN turn = 1 THEN code END) AS code, max(CASE WHEN turn = 1 THEN ago END) AS ago,
    CAST(sum(CAST(round(1000000 * worth) AS BIGINT)) AS BIGINT) / 1000000.0 AS worth
  FROM ranked
  GROUP BY person_id, product_id
), placed AS (
  SELECT w.person_id, w.product_id, w.code, w.ago, w.worth, nullif(coalesce(o.store, ''), '') AS store_id
  FROM whole AS w
  JOIN waiting_articles AS a ON a.product_id = w.product_id
  LEFT JOIN waiting_homes AS h ON h.person_id = w.person_id
  LEFT JOIN waiting_out AS o ON o.product_id = w.product_id AND o.store = h.store_id
  WHERE o.store IS NOT NULL OR a.everywhere = 1
)
SELECT product_id, store_id, person_id, place, worth, reason
FROM (
  SELECT product_id, store_id, person_id, worth,
    '{"code": "' || code || '", "days": ' || CAST(ago AS VARCHAR) || '}' AS reason,
    CAST(row_number() OVER (PARTITION BY product_id, store_id ORDER BY worth DESC, person_id) AS BIGINT) AS place
  FROM placed
) AS counted
WHERE place <= :at_most
ORDER BY product_id, coalesce(store_id, ''), place
