-- name: people
-- Every known customer: person_id, and when they were first heard of.
SELECT p.person_id, CAST(p.first_seen AS DATE) AS first_seen
FROM persons AS p
WHERE p.known AND p.merged_into IS NULL

-- name: buying_days
-- What each customer bought on each day they bought: orders, units, net amount (minor units, returns of the day deducted).
SELECT r.person_id, o.order_date AS day, count(*) AS orders, sum(o.units) AS units,
  CAST(sum(o.net_amount) AS BIGINT) AS net_amount, CAST(sum(o.discount_amount) AS BIGINT) AS discount_amount,
  max(CASE WHEN o.channel = 'store' THEN 1 ELSE 0 END) AS in_store,
  max(CASE WHEN o.channel <> 'store' THEN 1 ELSE 0 END) AS online
FROM orders AS o
JOIN record_persons AS r ON r.record_id = o.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE o.is_purchase AND o.order_date <= :as_of AND p.known AND p.merged_into IS NULL
GROUP BY r.person_id, o.order_date

-- name: lines
-- What each customer bought or returned: one row a person, day and product. cost is in minor units a unit, null if unknown.
SELECT s.person_id, s.day, s.product_id, d.category_1, d.category_2, d.category_3, d.brand, d.cost,
  s.bought, s.returned, s.net_amount, s.discount_amount
FROM (
  SELECT r.person_id, l.order_date AS day, l.product_id,
    sum(CASE WHEN l.quantity > 0 THEN l.quantity ELSE 0 END) AS bought,
    sum(CASE WHEN l.quantity < 0 THEN -l.quantity ELSE 0 END) AS returned,
    CAST(sum(l.net_amount) AS BIGINT) AS net_amount, CAST(sum(l.discount_amount) AS BIGINT) AS discount_amount
  FROM order_lines AS l
  JOIN record_persons AS r ON r.record_id = l.record_id
  JOIN persons AS p ON p.person_id = r.person_id
  WHERE l.status = 'completed' AND l.kind IN ('sale', 'return') AND l.order_date <= :as_of
    AND p.known AND p.merged_into IS NULL
  GROUP BY r.person_id, l.order_date, l.product_id
) AS s
LEFT JOIN (
  SELECT product_id, min(category_1) AS category_1, min(category_2) AS category_2, min(category_3) AS category_3,
    min(brand) AS brand, min(cost) AS cost
  FROM products
  GROUP BY product_id
) AS d ON d.product_id = s.product_id

-- name: return_days
-- The days on which a customer brought something back, and how many units.
SELECT r.person_id, l.order_date AS day, sum(-l.quantity) AS returned
FROM order_lines AS l
JOIN record_persons AS r ON r.record_id = l.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE l.quantity < 0 AND l.status = 'completed' AND l.kind IN ('sale', 'return') AND l.order_date <= :as_of
  AND p.known AND p.merged_into IS NULL
GROUP BY r.person_id, l.order_date

-- name: sold
-- What was sold, whoever bought it: thousandths of units by product, day and place (the store, else the channel).
SELECT l.order_date AS day, l.product_id, coalesce(l.store_id, l.channel, 'unknown') AS place,
  CAST(sum(CAST(round(1000 * l.quantity) AS BIGINT)) AS BIGINT) AS thousandths
FROM order_lines AS l
WHERE l.status = 'completed' AND l.kind = 'sale' AND l.quantity > 0 AND l.product_id IS NOT NULL AND l.order_date <= :as_of
GROUP BY l.order_date, l.product_id, coalesce(l.store_id, l.channel, 'unknown')

-- name: visit_days
-- What each customer did on the web each day: events, views, adds to cart.
SELECT r.person_id, e.event_date AS day, count(*) AS events,
  count(CASE WHEN e.name = 'product_viewed' THEN 1 END) AS views,
  count(CASE WHEN e.name = 'product_added' THEN 1 END) AS adds
FROM events AS e
JOIN record_persons AS r ON r.record_id = e.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE e.event_date <= :as_of AND p.known AND p.merged_into IS NULL
GROUP BY r.person_id, e.event_date

-- name: message_days
-- What messages each customer got each day and what became of them.
SELECT r.person_id, m.event_date AS day, count(CASE WHEN m.event = 'sent' THEN 1 END) AS sent,
  count(CASE WHEN m.event = 'opened' THEN 1 END) AS opened, count(CASE WHEN m.event = 'clicked' THEN 1 END) AS clicked
FROM message_events AS m
JOIN record_persons AS r ON r.record_id = m.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE m.event_date <= :as_of AND p.known AND p.merged_into IS NULL
GROUP BY r.person_id, m.event_date

-- name: redemption_days
-- How many coupons each customer redeemed each day.
SELECT r.person_id, x.event_date AS day, count(*) AS redeemed
FROM redemptions AS x
JOIN record_persons AS r ON r.record_id = x.record_id
JOIN persons AS p ON p.person_id = r.person_id
WHERE x.event_date <= :as_of AND p.known AND p.merged_into IS NULL
GROUP BY r.person_id, x.event_date
