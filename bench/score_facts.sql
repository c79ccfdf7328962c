-- Facts of a made-up retailer that forecasts can be learned from, in the shape of the canonical tables: read by bench/scores.py.
-- Columns that are not told here are null. Persons and their records are those of profile_facts.sql.
-- Variables: people (how many customers), first_day, days (length of history), month (YYYY-MM, for the tables of facts).
-- Sizes at 1,000,000 customers: 6M orders, 21M lines, 50M events, 15M message events, .5M redemptions. Chance is a hash: repeatable.

-- name: products
SELECT 'P' || lpad(CAST(i AS VARCHAR), 6, '0') AS product_id, 'shop' AS source, 'Article ' || i AS name,
       'Brand ' || CAST(hash(i) % 800 AS VARCHAR) AS brand,
       'Department ' || CAST(i % 150 % 12 AS VARCHAR) AS category_1, 'Aisle ' || CAST(i % 150 AS VARCHAR) AS category_2,
       CAST(200 + hash(i, 1) % 9000 AS BIGINT) AS list_price, CAST(100 + hash(i, 1) % 4000 AS BIGINT) AS cost,
       'EUR' AS currency, true AS active
FROM range(20000) t(i) ORDER BY product_id

-- name: orders_all
-- Everybody has a pace, a first day and a stay of their own; December is half as busy again as the rest of the year.
SELECT person, i, CAST(time AS DATE) AS day, time, hash(i, 47) % 3 = 0 AS on_web, strftime(time, '%Y-%m') AS month,
       CAST(hash(person + CASE WHEN hash(i, 47) % 3 = 0 THEN getvariable('people') ELSE 0 END, 7) >> 1 AS BIGINT) AS record_id
FROM (SELECT person, person * 80 + n AS i,
             getvariable('first_day') + INTERVAL (CAST(86400 * (start + pace * (n + .7 * hash(person, n, 3) / 18446744073709551616.0)) AS BIGINT)) SECOND AS time
      FROM (SELECT person, pace, start,
                   unnest(range(CAST(least(80, ceil(least(stay, getvariable('days') - start) / pace)) AS BIGINT))) AS n
            FROM (SELECT i AS person, 14 + 260 * pow(hash(i, 40) / 18446744073709551616.0, 1.2) AS pace,
                         .8 * getvariable('days') * pow(hash(i, 41) / 18446744073709551616.0, 2) AS start,
                         60 + 1600 * (hash(i, 42) / 18446744073709551616.0) AS stay
                  FROM range(CAST(getvariable('people') AS BIGINT)) t(i))))
WHERE time < getvariable('first_day') + INTERVAL (getvariable('days')) DAY
  AND hash(i, 44) % 100 < CASE WHEN month(time) = 12 THEN 99 ELSE 66 END

-- name: visits_all
-- Half of the visits are in the ten days before an order.
SELECT row_number() OVER (ORDER BY i, far) AS i, visitor, time, strftime(time, '%Y-%m') AS month
FROM (SELECT i, 0 AS far, person AS visitor, time - INTERVAL (CAST(hash(i, 70) % 864000 AS BIGINT)) SECOND AS time
      FROM orders_all WHERE hash(i, 71) % 10 < 7
      UNION ALL
      SELECT i, 1 AS far, CAST(floor(getvariable('people') * pow(hash(i, 72) / 18446744073709551616.0, 2)) AS BIGINT) AS visitor,
             getvariable('first_day') + INTERVAL (CAST(hash(i, 73) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS time
      FROM range(CAST(getvariable('people') * 4.16 AS BIGINT)) t(i))

-- name: mails_all
SELECT i, time, strftime(time, '%Y-%m') AS month, CAST(hash(i, 81) % getvariable('people') AS BIGINT) AS reader
FROM (SELECT i, getvariable('first_day') + INTERVAL (CAST(hash(i, 84) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS time
      FROM range(CAST(getvariable('people') * 6.5 AS BIGINT)) t(i))

-- name: order_lines
-- Half of the articles are of three aisles that the customer keeps to; who brings something back does so often.
SELECT CAST(hash(i, j, 50) >> 1 AS BIGINT) AS row_id, CASE WHEN on_web THEN 'web' ELSE 'till' END AS source, record_id,
       'O' || CAST(i AS VARCHAR) AS order_id, CAST(j AS VARCHAR) AS line_id, time AS order_time, day AS order_date,
       CASE WHEN on_web THEN 'web' ELSE 'store' END AS channel, 'P' || lpad(CAST(product AS VARCHAR), 6, '0') AS product_id,
       CAST(quantity AS DOUBLE) AS quantity, price AS unit_price, quantity * price AS gross_amount,
       quantity * discount AS discount_amount, quantity * (price - discount) AS net_amount, 'EUR' AS currency,
       quantity * (price - discount) AS original_net_amount, CASE WHEN quantity < 0 THEN 'return' ELSE 'sale' END AS kind,
       CASE WHEN hash(i, 45) % 50 = 0 THEN 'cancelled' ELSE 'completed' END AS status
FROM (SELECT *, CAST(CASE WHEN hash(i, j, 52) % 100 < CASE WHEN hash(person, 4) % 6 = 0 THEN 12 ELSE 2 END THEN -1
                     ELSE 1 + hash(i, j, 53) % 3 % 2 END AS BIGINT) AS quantity,
             CAST(200 + hash(product, 1) % 9000 AS BIGINT) AS price,
             CAST(CASE WHEN hash(i, j, 55) % 4 = 0 THEN 100 ELSE 0 END AS BIGINT) AS discount
      FROM (SELECT *, CASE WHEN hash(i, j, 57) % 2 = 0
                           THEN CAST(hash(person, hash(i, j, 58) % 3) % 150 AS BIGINT) + 150 * CAST(floor(130 * pow(hash(i, j, 51) / 18446744073709551616.0, 3)) AS BIGINT)
                           ELSE CAST(floor(20000 * pow(hash(i, j, 51) / 18446744073709551616.0, 3)) AS BIGINT) END AS product
            FROM (SELECT *, unnest(range(CAST(1 + hash(i, 56) % 6 AS BIGINT))) AS j
                  FROM orders_all WHERE month = getvariable('month'))))
ORDER BY order_time, row_id

-- name: orders
SELECT CAST(hash(order_id, 40) >> 1 AS BIGINT) AS row_id, min(source) AS source, min(record_id) AS record_id, order_id,
       min(channel) AS channel, min(order_time) AS order_time, min(order_date) AS order_date, min(status) AS status,
       'EUR' AS currency, count(*) AS lines, sum(quantity) AS units, CAST(sum(gross_amount) AS BIGINT) AS gross_amount,
       CAST(sum(discount_amount) AS BIGINT) AS discount_amount, CAST(sum(net_amount) AS BIGINT) AS net_amount,
       CAST(coalesce(-sum(net_amount) FILTER (WHERE kind = 'return'), 0) AS BIGINT) AS returned_amount,
       CAST(sum(net_amount) AS BIGINT) AS original_net_amount, min(status) = 'completed' AND sum(quantity) > 0 AS is_purchase
FROM order_lines_of_month GROUP BY order_id ORDER BY order_time, row_id

-- name: events
-- Sessions of some six events; three in ten are visitors nobody knows.
SELECT CAST(hash(i, j, 60) >> 1 AS BIGINT) AS row_id, 'ga4' AS source,
       CAST(hash(CASE WHEN hash(i, 61) % 10 < 7 THEN 2 * getvariable('people') + visitor ELSE 3 * getvariable('people') + visitor // 2 END, 7) >> 1 AS BIGINT) AS record_id,
       CAST(hash(i, 62) >> 1 AS BIGINT) AS session_id, name, time + INTERVAL (j * 40) SECOND AS event_time,
       CAST(time AS DATE) AS event_date, 'web' AS channel,
       CASE WHEN name IN ('product_viewed', 'product_added')
            THEN 'P' || lpad(CAST(CAST(floor(20000 * pow(hash(i, j, 64) / 18446744073709551616.0, 3)) AS BIGINT) AS VARCHAR), 6, '0') END AS product_id
FROM (SELECT *, ['page', 'page', 'page', 'page', 'product_viewed', 'product_viewed', 'product_viewed', 'product_viewed',
                 'product_viewed', 'product_added', 'products_searched', 'products_searched', 'checkout_started',
                 'order_completed', 'product_list_viewed', 'cart_viewed'][CAST(1 + hash(i, j, 69) % 16 AS BIGINT)] AS name
      FROM (SELECT i, time, visitor, unnest(range(CAST(1 + hash(i, 74) % 11 AS BIGINT))) AS j
            FROM visits_all WHERE month = getvariable('month')))

-- name: message_events
-- One in three readers opens half of what they get.
SELECT CAST(hash(i, event, 80) >> 1 AS BIGINT) AS row_id, 'mail' AS source,
       CAST(hash(getvariable('people') + reader, 7) >> 1 AS BIGINT) AS record_id, 'M' || CAST(i AS VARCHAR) AS message_id,
       'C' || CAST(hash(i, 82) % 60 AS VARCHAR) AS campaign_id, 'email' AS channel, event, time AS event_time,
       CAST(time AS DATE) AS event_date
FROM (SELECT i, time, reader, unnest(CASE WHEN drawn < opens // 4 THEN ['sent', 'delivered', 'opened', 'clicked']
                                          WHEN drawn < opens THEN ['sent', 'delivered', 'opened']
                                          ELSE ['sent', 'delivered'] END) AS event
      FROM (SELECT *, hash(i, 83) % 100 AS drawn, CASE WHEN hash(reader, 5) % 3 = 0 THEN 52 ELSE 8 END AS opens
            FROM mails_all WHERE month = getvariable('month')))

-- name: redemptions
-- One customer in four uses coupons, on a third of their orders.
SELECT CAST(hash(i, 90) >> 1 AS BIGINT) AS row_id, 'till' AS source, record_id, 'SAVE' AS coupon_id,
       'O' || CAST(i AS VARCHAR) AS order_id, time AS redeemed_at, day AS event_date, CAST(500 AS BIGINT) AS amount
FROM orders_all
WHERE month = getvariable('month') AND hash(i, 91) % 100 < CASE WHEN hash(person, 6) % 4 = 0 THEN 33 ELSE 1 END
