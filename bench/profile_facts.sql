-- Facts of a made-up retailer, in the shape of the canonical tables: read by bench/profiles.py.
-- Variables: people (how many customers), first_day, days (length of history), month (YYYY-MM, for the fact tables).
-- Sizes at 1,000,000 customers: 6M orders, 20M lines, 50M events, 15M message events. Chance is a hash: repeatable.

-- name: products
SELECT 'P' || lpad(CAST(i AS VARCHAR), 6, '0') AS product_id, 'shop' AS source, 'Article ' || i AS name,
       'Brand ' || CAST(hash(i) % 800 AS VARCHAR) AS brand,
       'Department ' || CAST(i % 150 % 12 AS VARCHAR) AS category_1,
       'Aisle ' || CAST(i % 150 AS VARCHAR) AS category_2,
       NULL::VARCHAR AS category_3, NULL::VARCHAR AS category_path,
       CAST(200 + hash(i, 1) % 9000 AS BIGINT) AS list_price, NULL::BIGINT AS cost, 'EUR' AS currency,
       NULL::VARCHAR AS gtin, NULL::VARCHAR AS size, NULL::VARCHAR AS color, true AS active, NULL::VARCHAR AS properties
FROM range(20000) t(i) ORDER BY product_id

-- name: stores
SELECT 'S' || lpad(CAST(i AS VARCHAR), 3, '0') AS store_id, 'till' AS source, 'Shop ' || i AS name, 'shop' AS kind,
       NULL::VARCHAR AS street, NULL::VARCHAR AS postcode, 'City ' || CAST(i % 70 AS VARCHAR) AS city, 'FR' AS country,
       NULL::DOUBLE AS latitude, NULL::DOUBLE AS longitude, NULL::DATE AS opened_on
FROM range(120) t(i) ORDER BY store_id

-- name: persons
SELECT CAST(i + 1 AS BIGINT) AS person_id, NULL::BIGINT AS household_id, i < getvariable('people') AS known,
       CAST(3 AS BIGINT) AS records, NULL::TIMESTAMP AS first_seen, NULL::TIMESTAMP AS last_seen,
       NULL::BIGINT AS merged_into
FROM range(CAST(getvariable('people') * 1.5 AS BIGINT)) t(i) ORDER BY person_id

-- name: record_persons
-- A person has a till record, a web record and a cookie; a visitor nobody knows has a cookie.
SELECT CAST(hash(i, 7) >> 1 AS BIGINT) AS record_id,
       CAST(CASE WHEN i < getvariable('people') * 3 THEN i % getvariable('people')
                 ELSE i - getvariable('people') * 2 END + 1 AS BIGINT) AS person_id, NULL::BIGINT AS household_id
FROM range(CAST(getvariable('people') * 3.5 AS BIGINT)) t(i) ORDER BY record_id

-- name: customer_records
SELECT CAST(hash(i, 7) >> 1 AS BIGINT) AS record_id, CASE WHEN i < getvariable('people') THEN 'till' ELSE 'web' END AS source,
       CAST(i AS VARCHAR) AS record_key, 'Name' || CAST(i % 1000 AS VARCHAR) AS first_name, NULL::VARCHAR AS last_name,
       NULL::VARCHAR AS title, ['female', 'male', NULL][CAST(1 + hash(i, 20) % 3 AS BIGINT)] AS gender,
       CASE WHEN hash(i, 21) % 3 > 0 THEN DATE '1940-01-01' + CAST(hash(i, 22) % 25000 AS INTEGER) END AS birth_date,
       NULL::VARCHAR AS email, NULL::VARCHAR AS phone, NULL::VARCHAR AS street, NULL::VARCHAR AS street_number,
       lpad(CAST(hash(i, 23) % 95000 AS VARCHAR), 5, '0') AS postcode, 'City ' || CAST(hash(i, 24) % 500 AS VARCHAR) AS city,
       NULL::VARCHAR AS state, 'FR' AS country, 'fr' AS language,
       getvariable('first_day') + INTERVAL (CAST(hash(i, 25) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS created_at,
       getvariable('first_day') + INTERVAL (CAST(hash(i, 26) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS updated_at,
       NULL::VARCHAR AS properties
FROM range(CAST(getvariable('people') * 2 AS BIGINT)) t(i) ORDER BY record_id

-- name: consents
SELECT CAST(hash(i, 30) >> 1 AS BIGINT) AS row_id, 'web' AS source,
       CAST(hash(i % (2 * getvariable('people')), 7) >> 1 AS BIGINT) AS record_id, 'marketing' AS purpose,
       ['email', 'email', 'sms'][CAST(1 + hash(i, 31) % 3 AS BIGINT)] AS channel, hash(i, 32) % 3 > 0 AS granted,
       getvariable('first_day') + INTERVAL (CAST(hash(i, 33) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS "at",
       NULL::VARCHAR AS text_version, NULL::VARCHAR AS evidence
FROM range(CAST(getvariable('people') * 2 AS BIGINT)) t(i) ORDER BY row_id

-- name: orders_all
-- Who buys is skewed (a power of a uniform draw); a third of the orders is on the web.
SELECT i, CAST(hash(i, 40) >> 1 AS BIGINT) AS row_id, buyer, on_web,
       CAST(hash(buyer + CASE WHEN on_web THEN getvariable('people') ELSE 0 END, 7) >> 1 AS BIGINT) AS record_id,
       'O' || CAST(i AS VARCHAR) AS order_id, CASE WHEN on_web THEN 'web' ELSE 'store' END AS channel,
       time AS order_time, CAST(timezone('Europe/Paris', timezone('UTC', time)) AS DATE) AS order_date,
       CASE WHEN NOT on_web THEN 'S' || lpad(CAST((buyer * 7 + CASE WHEN hash(i, 42) % 4 = 0 THEN hash(i, 43) % 120 ELSE 0 END) % 120 AS VARCHAR), 3, '0') END AS store_id,
       CASE WHEN hash(i, 44) % 50 = 0 THEN 'cancelled' ELSE 'completed' END AS status,
       CASE WHEN hash(i, 45) % 6 = 0 THEN 'SAVE' END AS coupon,
       strftime(timezone('Europe/Paris', timezone('UTC', time)), '%Y-%m') AS month
FROM (SELECT i, CAST(floor(getvariable('people') * pow(hash(i, 46) / 18446744073709551616.0, 2)) AS BIGINT) AS buyer,
             hash(i, 47) % 3 = 0 AS on_web,
             getvariable('first_day') + INTERVAL (CAST(hash(i, 48) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS time
      FROM range(CAST(getvariable('people') * 6 AS BIGINT)) t(i))

-- name: visits_all
SELECT i, CAST(floor(getvariable('people') * pow(hash(i, 70) / 18446744073709551616.0, 2)) AS BIGINT) AS visitor, time,
       strftime(timezone('Europe/Paris', timezone('UTC', time)), '%Y-%m') AS month
FROM (SELECT i, getvariable('first_day') + INTERVAL (CAST(hash(i, 72) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS time
      FROM range(CAST(getvariable('people') * 8.33 AS BIGINT)) t(i))

-- name: mails_all
SELECT i, time, strftime(timezone('Europe/Paris', timezone('UTC', time)), '%Y-%m') AS month
FROM (SELECT i, getvariable('first_day') + INTERVAL (CAST(hash(i, 84) % (getvariable('days') * 86400) AS BIGINT)) SECOND AS time
      FROM range(CAST(getvariable('people') * 6.5 AS BIGINT)) t(i))

-- name: order_lines
SELECT CAST(hash(i, j, 50) >> 1 AS BIGINT) AS row_id, CASE WHEN on_web THEN 'web' ELSE 'till' END AS source, record_id,
       order_id, CAST(j AS VARCHAR) AS line_id, order_time, order_date, channel, store_id,
       'P' || lpad(CAST(CAST(floor(20000 * pow(hash(i, j, 51) / 18446744073709551616.0, 3)) AS BIGINT) AS VARCHAR), 6, '0') AS product_id,
       CAST(quantity AS DOUBLE) AS quantity, price AS unit_price, quantity * price AS gross_amount,
       quantity * discount AS discount_amount, NULL::BIGINT AS tax_amount, quantity * (price - discount) AS net_amount,
       'EUR' AS currency, quantity * (price - discount) AS original_net_amount,
       CASE WHEN quantity < 0 THEN 'return' ELSE 'sale' END AS kind, status
FROM (SELECT *, CAST(CASE WHEN hash(i, j, 52) % 30 = 0 THEN -1 ELSE 1 + hash(i, j, 53) % 3 % 2 END AS BIGINT) AS quantity,
             CAST(200 + hash(i, j, 54) % 5000 AS BIGINT) AS price,
             CAST(CASE WHEN hash(i, j, 55) % 4 = 0 THEN 100 ELSE 0 END AS BIGINT) AS discount
      FROM (SELECT *, unnest(range(CAST(1 + hash(i, 56) % 6 AS BIGINT))) AS j FROM orders_all
            WHERE month = getvariable('month')))
ORDER BY order_time, row_id

-- name: orders
SELECT o.row_id, CASE WHEN on_web THEN 'web' ELSE 'till' END AS source, o.record_id, o.order_id, o.channel, o.order_time,
       o.order_date, o.store_id, NULL::VARCHAR AS till_id, NULL::VARCHAR AS staff_id, NULL::VARCHAR AS tender, o.status,
       o.coupon, 'EUR' AS currency, l.lines, l.units, l.gross_amount, l.discount_amount, NULL::BIGINT AS tax_amount,
       NULL::BIGINT AS shipping_amount, l.net_amount, l.returned_amount, l.net_amount AS original_net_amount,
       o.status = 'completed' AND l.units > 0 AS is_purchase
FROM orders_all o
JOIN (SELECT order_id, count(*) AS lines, sum(quantity) AS units, CAST(sum(gross_amount) AS BIGINT) AS gross_amount,
             CAST(sum(discount_amount) AS BIGINT) AS discount_amount, CAST(sum(net_amount) AS BIGINT) AS net_amount,
             CAST(coalesce(-sum(net_amount) FILTER (WHERE kind = 'return'), 0) AS BIGINT) AS returned_amount
      FROM order_lines_of_month GROUP BY order_id) l ON l.order_id = o.order_id
ORDER BY o.order_time, o.row_id

-- name: events
-- Sessions of some six events; three in ten are visitors nobody knows.
SELECT CAST(hash(i, j, 60) >> 1 AS BIGINT) AS row_id, 'ga4' AS source,
       CAST(hash(CASE WHEN hash(i, 61) % 10 < 7 THEN 2 * getvariable('people') + visitor ELSE 3 * getvariable('people') + visitor // 2 END, 7) >> 1 AS BIGINT) AS record_id,
       CAST(hash(i, 62) >> 1 AS BIGINT) AS session_id, name,
       time + INTERVAL (j * 40) SECOND AS event_time,
       CAST(timezone('Europe/Paris', timezone('UTC', time + INTERVAL (j * 40) SECOND)) AS DATE) AS event_date,
       CASE WHEN hash(i, 63) % 4 = 0 THEN 'app' ELSE 'web' END AS channel,
       CASE WHEN name IN ('product_viewed', 'product_added')
            THEN 'P' || lpad(CAST(CAST(floor(20000 * pow(hash(i, j, 64) / 18446744073709551616.0, 3)) AS BIGINT) AS VARCHAR), 6, '0') END AS product_id,
       NULL::VARCHAR AS category, NULL::VARCHAR AS brand, NULL::VARCHAR AS order_id, NULL::BIGINT AS value,
       NULL::DOUBLE AS quantity, CASE WHEN name = 'products_searched' THEN 'word ' || CAST(hash(i, j, 65) % 500 AS VARCHAR) END AS query,
       NULL::VARCHAR AS page_url, '/page/' || CAST(hash(i, j, 66) % 3000 AS VARCHAR) AS page_path, NULL::VARCHAR AS referrer,
       NULL::VARCHAR AS utm_source, NULL::VARCHAR AS utm_medium, NULL::VARCHAR AS utm_campaign,
       ['organic', 'paid', 'direct', 'email'][CAST(1 + hash(i, 67) % 4 AS BIGINT)] AS traffic_source,
       ['mobile', 'desktop'][CAST(1 + hash(i, 68) % 2 AS BIGINT)] AS device, 'FR' AS country, NULL::VARCHAR AS store_id,
       true AS consent_marketing, NULL::VARCHAR AS properties
FROM (SELECT *, ['page', 'page', 'page', 'page', 'product_viewed', 'product_viewed', 'product_viewed', 'product_viewed',
                 'product_viewed', 'product_added', 'products_searched', 'products_searched', 'checkout_started',
                 'order_completed', 'product_list_viewed', 'cart_viewed'][CAST(1 + hash(i, j, 69) % 16 AS BIGINT)] AS name
      FROM (SELECT i, time, visitor, unnest(range(CAST(1 + hash(i, 71) % 11 AS BIGINT))) AS j
            FROM visits_all WHERE month = getvariable('month')))
ORDER BY event_time, row_id

-- name: message_events
SELECT CAST(hash(i, event, 80) >> 1 AS BIGINT) AS row_id, 'mail' AS source,
       CAST(hash(getvariable('people') + CAST(hash(i, 81) % getvariable('people') AS BIGINT), 7) >> 1 AS BIGINT) AS record_id,
       'M' || CAST(i AS VARCHAR) AS message_id, 'C' || CAST(hash(i, 82) % 60 AS VARCHAR) AS campaign_id, 'email' AS channel,
       event, time + INTERVAL (CASE event WHEN 'sent' THEN 0 WHEN 'delivered' THEN 5 WHEN 'opened' THEN 3600 ELSE 3700 END) SECOND AS event_time,
       CAST(timezone('Europe/Paris', timezone('UTC', time + INTERVAL (CASE event WHEN 'sent' THEN 0 WHEN 'delivered' THEN 5 WHEN 'opened' THEN 3600 ELSE 3700 END) SECOND)) AS DATE) AS event_date,
       NULL::VARCHAR AS url, NULL::VARCHAR AS reason
FROM (SELECT i, time, unnest(CASE WHEN hash(i, 83) % 20 = 0 THEN ['sent', 'delivered', 'opened', 'clicked']
                                  WHEN hash(i, 83) % 20 < 5 THEN ['sent', 'delivered', 'opened']
                                  ELSE ['sent', 'delivered'] END) AS event
      FROM mails_all WHERE month = getvariable('month'))
ORDER BY event_time, row_id
