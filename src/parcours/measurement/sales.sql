-- name: people
-- How many people there are, known and only seen, and how many records speak of those we know.
SELECT count(*) FILTER (WHERE known) AS known, count(*) FILTER (WHERE NOT known) AS visitors,
       CAST(coalesce(sum(records) FILTER (WHERE known), 0) AS BIGINT) AS records
FROM persons
WHERE merged_into IS NULL

-- name: sales
-- Sales of the last twelve months and of the twelve before, known customers or not, and since when we know.
SELECT min(first_day) AS first_day,
       CAST(coalesce(sum(orders_now), 0) AS BIGINT) AS orders,
       CAST(coalesce(sum(revenue_now), 0) AS BIGINT) AS revenue,
       CAST(coalesce(sum(CASE WHEN person_id <> 0 THEN revenue_now END), 0) AS BIGINT) AS identified,
       CAST(coalesce(sum(orders_before), 0) AS BIGINT) AS orders_before,
       CAST(coalesce(sum(revenue_before), 0) AS BIGINT) AS revenue_before,
       CAST(coalesce(sum(CASE WHEN person_id <> 0 THEN revenue_before END), 0) AS BIGINT) AS identified_before
FROM presence

-- name: activity
-- How many customers there are, were active, and used two channels or more, now and a year earlier.
SELECT count(*) AS customers,
       count(*) FILTER (WHERE orders_now > 0) AS active,
       count(*) FILTER (WHERE one_channel <> other_channel) AS omnichannel,
       count(*) FILTER (WHERE orders_before > 0) AS active_before,
       count(*) FILTER (WHERE one_channel_before <> other_channel_before) AS omnichannel_before
FROM customers

-- name: pulse
-- Sales, orders and customers who bought, month by month.
SELECT month, CAST(sum(revenue) AS BIGINT) AS revenue, CAST(sum(orders) AS BIGINT) AS orders,
       count(DISTINCT CASE WHEN orders > 0 AND person_id <> 0 THEN person_id END) AS buyers
FROM presence
WHERE month BETWEEN :first_month AND :last_month
GROUP BY month
ORDER BY month

-- name: newcomers
-- Customers by the month of their first order.
SELECT first_month AS month, count(*) AS customers
FROM customers
WHERE first_month BETWEEN :first_month AND :last_month
GROUP BY first_month
ORDER BY first_month

-- name: monthly
-- Sales of each month through each channel.
SELECT month, channel, CAST(sum(revenue) AS BIGINT) AS revenue
FROM presence
WHERE month BETWEEN :first_month AND :last_month
GROUP BY month, channel
ORDER BY month, channel

-- name: channels
-- Customers, orders and sales of each channel over the last twelve months.
SELECT channel AS name, count(DISTINCT CASE WHEN orders_now > 0 AND person_id <> 0 THEN person_id END) AS customers,
       CAST(sum(orders_now) AS BIGINT) AS orders, CAST(sum(revenue_now) AS BIGINT) AS revenue
FROM presence
WHERE orders_now > 0 OR revenue_now <> 0
GROUP BY channel
ORDER BY revenue DESC, channel

-- name: reach
-- Customers of one channel, by channel, and of several, over the last twelve months.
SELECT CASE WHEN one_channel <> other_channel THEN 'omnichannel' ELSE one_channel END AS name,
       count(*) AS customers, CAST(sum(orders_now) AS BIGINT) AS orders, CAST(sum(revenue_now) AS BIGINT) AS revenue
FROM customers
WHERE orders_now > 0
GROUP BY CASE WHEN one_channel <> other_channel THEN 'omnichannel' ELSE one_channel END
ORDER BY CASE WHEN min(one_channel) <> max(other_channel) THEN 0 ELSE 1 END, revenue DESC, name
