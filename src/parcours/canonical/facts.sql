-- name: events
-- What visitors did, with the local day and the session: a new one after 30 minutes of silence and at local midnight.
WITH marked AS (
    SELECT row_id, visitor, event_time, local_date(event_time, :zone) AS day,
           lag(event_time) OVER (PARTITION BY visitor, local_date(event_time, :zone) ORDER BY event_time, row_id)
               AS before
    FROM moments
    WHERE visitor IS NOT NULL
),
begun AS (
    SELECT row_id, visitor,
           max(CASE WHEN before IS NULL OR event_time > add_seconds(before, :silence) THEN event_time END)
               OVER (PARTITION BY visitor, day ORDER BY event_time, row_id
                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS began
    FROM marked
)
SELECT g.row_id, g.source, g.record_id,
       b.visitor % 2147483648 * 4294967296 + seconds_between(TIMESTAMP '1970-01-01 00:00:00', b.began) AS session_id,
       g.name, g.event_time, local_date(g.event_time, :zone) AS event_date, coalesce(g.channel, 'web') AS channel,
       g.product_id, g.category, g.brand, g.order_id, g.value, g.quantity, g.query, g.page_url, g.page_path,
       g.referrer, g.utm_source, g.utm_medium, g.utm_campaign, g.traffic_source, g.device, g.country, g.store_id,
       g.consent_marketing, g.properties
FROM given AS g
LEFT JOIN begun AS b ON b.row_id = g.row_id

-- name: message_events
-- What became of each message, with the local day.
SELECT row_id, source, record_id, message_id, campaign_id, coalesce(channel, 'email') AS channel, event, event_time,
       local_date(event_time, :zone) AS event_date, url, reason
FROM given

-- name: redemptions
-- Coupons used, with the local day.
SELECT row_id, source, record_id, coupon_id, campaign_id, order_id, redeemed_at,
       coalesce(event_date, local_date(redeemed_at, :zone)) AS event_date, amount
FROM given

-- name: as_given
-- A table whose columns are just what its sources give.
SELECT * FROM given

-- name: first_source
-- A table of things known by one name to all sources: of two sources that describe the same, the first one counts.
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY :key ORDER BY source, :tie) AS turn FROM given
) AS turned
WHERE turn = 1

-- name: products
-- The catalogue: category levels and the path of the category completed from one another.
SELECT product_id, source, name, brand,
       coalesce(category_1, nullif(trim(split_part(category_path, '>', 1)), '')) AS category_1,
       coalesce(category_2, nullif(trim(split_part(category_path, '>', 2)), '')) AS category_2,
       coalesce(category_3, nullif(trim(split_part(category_path, '>', 3)), '')) AS category_3,
       coalesce(category_path, category_1 || coalesce(' > ' || category_2, '') || coalesce(' > ' || category_3, ''))
           AS category_path,
       list_price, cost, coalesce(currency, :currency) AS currency, gtin, size, color, coalesce(active, TRUE) AS active,
       properties
FROM named
