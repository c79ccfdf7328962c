-- name: known_records
-- The records that speak of people we know: they live (no other took their place) and are more than a cookie.
SELECT r.record_id, r.person_id
FROM record_persons AS r
JOIN persons AS p ON p.person_id = r.person_id
WHERE p.merged_into IS NULL AND p.known

-- name: presence
-- What each person bought in each month through each channel; person 0 is everybody we do not know.
-- A month is a number: twelve times the year, plus the months since January.
SELECT coalesce(k.person_id, 0) AS person_id, coalesce(o.channel, 'unknown') AS channel,
       CAST(year(o.order_date) * 12 + month(o.order_date) - 1 AS BIGINT) AS month,
       count(*) FILTER (WHERE o.is_purchase) AS orders,
       CAST(coalesce(sum(o.net_amount), 0) AS BIGINT) AS revenue,
       min(o.order_date) FILTER (WHERE o.is_purchase) AS first_day,
       max(o.order_date) FILTER (WHERE o.is_purchase) AS last_day,
       count(*) FILTER (WHERE o.is_purchase AND o.order_date >= :year_start) AS orders_now,
       CAST(coalesce(sum(o.net_amount) FILTER (WHERE o.order_date >= :year_start), 0) AS BIGINT) AS revenue_now,
       count(*) FILTER (WHERE o.is_purchase AND o.order_date >= :before_start AND o.order_date < :year_start)
           AS orders_before,
       CAST(coalesce(sum(o.net_amount) FILTER (WHERE o.order_date >= :before_start AND o.order_date < :year_start), 0)
            AS BIGINT) AS revenue_before
FROM orders AS o
LEFT JOIN known_records AS k ON k.record_id = o.record_id
WHERE o.status = 'completed' AND o.order_date <= :as_of
GROUP BY coalesce(k.person_id, 0), coalesce(o.channel, 'unknown'), year(o.order_date) * 12 + month(o.order_date) - 1

-- name: customers
-- Each known person who ever bought: how often, how much, since when, until when, and through which channels.
SELECT person_id, CAST(sum(orders) AS BIGINT) AS orders, CAST(sum(revenue) AS BIGINT) AS revenue,
       min(first_day) AS first_day, max(last_day) AS last_day,
       CAST(year(min(first_day)) * 12 + month(min(first_day)) - 1 AS BIGINT) AS first_month,
       CAST(sum(orders_now) AS BIGINT) AS orders_now, CAST(sum(revenue_now) AS BIGINT) AS revenue_now,
       CAST(sum(orders_before) AS BIGINT) AS orders_before,
       min(channel) FILTER (WHERE orders_now > 0) AS one_channel,
       max(channel) FILTER (WHERE orders_now > 0) AS other_channel,
       min(channel) FILTER (WHERE orders_before > 0) AS one_channel_before,
       max(channel) FILTER (WHERE orders_before > 0) AS other_channel_before
FROM presence
WHERE person_id <> 0
GROUP BY person_id
HAVING sum(orders) > 0
