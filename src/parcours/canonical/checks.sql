-- name: lines_without_order
-- Order lines whose order nobody delivered.
SELECT 'order_lines' AS table_name, l.source, 'no_order' AS rule, CAST(NULL AS VARCHAR) AS detail, count(*) AS rows
FROM order_lines AS l
LEFT JOIN orders AS o ON o.source = l.source AND o.order_id = l.order_id
WHERE o.order_id IS NULL
GROUP BY l.source

-- name: lines_of_unknown_product
-- Order lines of a product that is not in the catalogue.
SELECT 'order_lines' AS table_name, l.source, 'unknown_product' AS rule, l.product_id AS detail, count(*) AS rows
FROM order_lines AS l
LEFT JOIN products AS p ON p.product_id = l.product_id
WHERE p.product_id IS NULL AND l.product_id IS NOT NULL
GROUP BY l.source, l.product_id

-- name: orders_of_unknown_store
-- Orders of a store that is not in the list of stores.
SELECT 'orders' AS table_name, o.source, 'unknown_store' AS rule, o.store_id AS detail, count(*) AS rows
FROM orders AS o
LEFT JOIN stores AS s ON s.store_id = o.store_id
WHERE s.store_id IS NULL AND o.store_id IS NOT NULL
GROUP BY o.source, o.store_id

-- name: orders_without_rate
-- Orders in a currency for which the project declares no exchange rate: their money is unknown.
SELECT 'orders' AS table_name, o.source, 'no_exchange_rate' AS rule, o.currency AS detail, count(*) AS rows
FROM orders AS o
WHERE o.net_amount IS NULL AND o.original_net_amount IS NOT NULL
GROUP BY o.source, o.currency

-- name: orders_unlike_their_lines
-- Orders whose own total differs from the sum of their lines by more than a minor unit a line.
SELECT 'orders' AS table_name, o.source, 'total_differs_from_lines' AS rule, CAST(NULL AS VARCHAR) AS detail,
       count(*) AS rows
FROM orders AS o
JOIN (SELECT source, order_id, CAST(sum(net_amount) AS BIGINT) AS net, count(*) AS n
      FROM order_lines WHERE kind <> 'fee' GROUP BY source, order_id) AS l
  ON l.source = o.source AND l.order_id = o.order_id
WHERE abs(o.net_amount - l.net) > l.n
GROUP BY o.source

-- name: orders_in_the_future
-- Orders dated after the run.
SELECT 'orders' AS table_name, o.source, 'in_the_future' AS rule, CAST(NULL AS VARCHAR) AS detail, count(*) AS rows
FROM orders AS o
WHERE o.order_time > :now
GROUP BY o.source

-- name: events_of_unknown_product
-- Events about a product that is not in the catalogue.
SELECT 'events' AS table_name, e.source, 'unknown_product' AS rule, e.product_id AS detail, count(*) AS rows
FROM events AS e
LEFT JOIN products AS p ON p.product_id = e.product_id
WHERE p.product_id IS NULL AND e.product_id IS NOT NULL
GROUP BY e.source, e.product_id

-- name: redemptions_of_unknown_coupon
-- Redemptions of a coupon that is in no campaign.
SELECT 'redemptions' AS table_name, r.source, 'unknown_coupon' AS rule, r.coupon_id AS detail, count(*) AS rows
FROM redemptions AS r
LEFT JOIN (SELECT DISTINCT coupon_id FROM coupons) AS c ON c.coupon_id = r.coupon_id
WHERE c.coupon_id IS NULL
GROUP BY r.source, r.coupon_id

-- name: worst
-- Of each rule, the commonest details; the rest are one row.
SELECT table_name, source, rule, CASE WHEN turn <= :keep THEN detail ELSE '...' END AS detail,
       CAST(sum(rows) AS BIGINT) AS rows
FROM (SELECT *, row_number() OVER (PARTITION BY table_name, source, rule ORDER BY rows DESC, detail) AS turn
      FROM given) AS ranked
GROUP BY table_name, source, rule, CASE WHEN turn <= :keep THEN detail ELSE '...' END
