-- Attributes on which the hand-written SQL does not decide between equals: of each, how much speaks for each value, for
-- the people in `differing`. bench/profiles.py checks that where the room and the hand differ, as much speaks for both.

-- name: preferred_channel
SELECT person_id, channel AS value, count(*) AS amount FROM orders JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE is_purchase AND order_date <= getvariable('today') GROUP BY ALL
-- name: favourite_store
SELECT person_id, store_id AS value, count(*) AS amount FROM orders JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE is_purchase AND order_date <= getvariable('today') GROUP BY ALL
-- name: preferred_hour
SELECT person_id, hour(timezone('Europe/Paris', timezone('UTC', order_time))) AS value, count(*) AS amount
FROM orders JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE is_purchase AND order_date <= getvariable('today') GROUP BY ALL
-- name: preferred_weekday
SELECT person_id, isodow(order_date) AS value, count(*) AS amount
FROM orders JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE is_purchase AND order_date <= getvariable('today') GROUP BY ALL
-- name: first_channel
SELECT person_id, channel AS value, min(order_time) AS amount FROM orders JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE is_purchase AND order_date <= getvariable('today') GROUP BY ALL
-- name: favourite_category
SELECT person_id, category_1 AS value, sum(net_amount) AS amount
FROM order_lines JOIN people USING (record_id) SEMI JOIN differing USING (person_id) JOIN products USING (product_id)
WHERE status = 'completed' AND order_date <= getvariable('today') GROUP BY ALL
-- name: favourite_subcategory
SELECT person_id, category_2 AS value, sum(net_amount) AS amount
FROM order_lines JOIN people USING (record_id) SEMI JOIN differing USING (person_id) JOIN products USING (product_id)
WHERE status = 'completed' AND order_date <= getvariable('today') GROUP BY ALL
-- name: favourite_brand
SELECT person_id, brand AS value, sum(net_amount) AS amount
FROM order_lines JOIN people USING (record_id) SEMI JOIN differing USING (person_id) JOIN products USING (product_id)
WHERE status = 'completed' AND order_date <= getvariable('today') GROUP BY ALL
-- name: last_product
SELECT person_id, product_id AS value, max(order_time) AS amount
FROM order_lines JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE status = 'completed' AND kind = 'sale' AND quantity > 0 AND order_date <= getvariable('today') GROUP BY ALL
-- name: last_viewed_product
SELECT person_id, product_id AS value, max(event_time) AS amount FROM events JOIN people USING (record_id) SEMI JOIN differing USING (person_id)
WHERE name = 'product_viewed' AND event_date <= getvariable('today') GROUP BY ALL
-- name: last_viewed_category
SELECT person_id, category_1 AS value, max(event_time) AS amount
FROM events JOIN people USING (record_id) SEMI JOIN differing USING (person_id) JOIN (SELECT product_id, category_1 FROM products) USING (product_id)
WHERE name = 'product_viewed' AND event_date <= getvariable('today') GROUP BY ALL
-- name: browsed_category
SELECT person_id, category_1 AS value, count(*) AS amount
FROM events JOIN people USING (record_id) SEMI JOIN differing USING (person_id) JOIN (SELECT product_id, category_1 FROM products) USING (product_id)
WHERE name = 'product_viewed' AND event_date <= getvariable('today') AND event_date > getvariable('today') - 90 GROUP BY ALL
