-- name: events
-- What visitors did, with the local day, the session (a new one after 30 minutes of silence and at local midnight) and
-- by which way its first page was come to.
WITH marked AS (
    SELECT row_id, visitor, page, event_time, local_date(event_time, :zone) AS day,
           lag(event_time) OVER (PARTITION BY visitor, local_date(event_time, :zone) ORDER BY event_time, row_id)
               AS before
    FROM moments
    WHERE visitor IS NOT NULL
),
begun AS (
    SELECT row_id, visitor, page, event_time,
           max(CASE WHEN before IS NULL OR event_time > add_seconds(before, :silence) THEN event_time END)
               OVER (PARTITION BY visitor, day ORDER BY event_time, row_id
                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS began
    FROM marked
),
pages AS (
    SELECT row_id, visitor, began,
           row_number() OVER (PARTITION BY visitor, began ORDER BY event_time, row_id) AS turn
    FROM begun
    WHERE page
),
first_pages AS (
    SELECT p.visitor, p.began, coalesce(g.page_url, '') AS page_url,
           translate(coalesce(g.utm_source, ''), :capitals, :small) AS utm_source,
           translate(coalesce(g.utm_medium, ''), :capitals, :small) AS utm_medium,
           translate(coalesce(g.utm_campaign, ''), :capitals, :small) AS campaign,
           translate(regexp_extract(coalesce(g.page_url, ''), :host, 1), :capitals, :small) AS here,
           translate(regexp_extract(coalesce(g.referrer, ''), :host, 1), :capitals, :small) AS there
    FROM pages AS p
    JOIN given AS g ON g.row_id = p.row_id
    WHERE p.turn = 1
),
led AS (
    SELECT visitor, began, utm_source, utm_medium, campaign, :clicked AS clicked,
           CASE WHEN regexp_replace(here, '^www[.]', '') = regexp_replace(there, '^www[.]', '') OR :ours THEN ''
             ELSE there END AS host
    FROM first_pages
),
origins AS (
    SELECT visitor, began, campaign, coalesce(nullif(utm_source, ''), nullif(clicked, ''), host) AS source,
           CASE WHEN utm_medium <> '' THEN utm_medium WHEN clicked <> '' THEN 'cpc'
             WHEN utm_source = '' AND host <> '' THEN 'referral' ELSE '' END AS medium
    FROM led
),
came AS (
    SELECT visitor, began,
           CASE WHEN source = '' AND medium = '' AND campaign = '' THEN 'direct' ELSE :channel END AS acquisition
    FROM origins
)
SELECT g.row_id, g.source, g.record_id,
       b.visitor % 2147483648 * 4294967296 + seconds_between(TIMESTAMP '1970-01-01 00:00:00', b.began) AS session_id,
       g.name, g.event_time, local_date(g.event_time, :zone) AS event_date, coalesce(g.channel, 'web') AS channel,
       g.product_id, g.category, g.brand, g.order_id, g.value, g.quantity, g.query, g.page_url, g.page_path,
       g.referrer, g.utm_source, g.utm_medium, g.utm_campaign, g.traffic_source, c.acquisition, g.device, g.country, g.region,
       g.store_id,
       g.consent_marketing, g.properties
FROM given AS g
LEFT JOIN begun AS b ON b.row_id = g.row_id
LEFT JOIN came AS c ON c.visitor = b.visitor AND c.began = b.began

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
