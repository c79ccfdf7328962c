-- name: members
-- Who is in each segment, and everybody once more under an empty name: the base that segments are compared with.
SELECT segment, person_id FROM discovered_members
UNION ALL
SELECT '' AS segment, person_id FROM discovered_members

-- name: buyers
-- What each member bought in the last twelve months and in the twelve before: orders and net money.
SELECT k.person_id, count(*) FILTER (WHERE o.is_purchase AND o.order_date >= :year_start) AS orders_now,
       CAST(coalesce(sum(o.net_amount) FILTER (WHERE o.order_date >= :year_start), 0) AS BIGINT) AS revenue_now,
       count(*) FILTER (WHERE o.is_purchase AND o.order_date >= :before_start AND o.order_date < :year_start)
           AS orders_before,
       CAST(coalesce(sum(o.net_amount) FILTER (WHERE o.order_date >= :before_start AND o.order_date < :year_start), 0)
            AS BIGINT) AS revenue_before,
       min(o.order_date) AS first_day
FROM orders AS o
JOIN record_persons AS k ON k.record_id = o.record_id
JOIN discovered_members AS m ON m.person_id = k.person_id
WHERE o.status = 'completed' AND o.order_date <= :as_of
GROUP BY k.person_id

-- name: sizes
-- How many people are in each segment, what they bought, how many bought at all and more than once in twelve months.
SELECT m.segment, count(*) AS people, CAST(coalesce(sum(b.revenue_now), 0) AS BIGINT) AS revenue,
       CAST(coalesce(sum(b.revenue_before), 0) AS BIGINT) AS revenue_before,
       CAST(coalesce(sum(b.orders_now), 0) AS BIGINT) AS orders,
       count(*) FILTER (WHERE b.orders_now > 0) AS active,
       count(*) FILTER (WHERE b.orders_now > 1) AS repeated,
       count(*) FILTER (WHERE b.orders_before > 0) AS active_before,
       count(*) FILTER (WHERE b.orders_before > 0 AND b.orders_now > 0) AS stayed,
       min(b.first_day) AS first_day
FROM sheet_members AS m
LEFT JOIN sheet_buyers AS b ON b.person_id = m.person_id
GROUP BY m.segment

-- name: months
-- What each segment bought in each month through each channel; a month is twelve times the year plus months since January.
SELECT m.segment, CAST(year(o.order_date) * 12 + month(o.order_date) - 1 AS BIGINT) AS month,
       coalesce(o.channel, 'unknown') AS channel, count(*) FILTER (WHERE o.is_purchase) AS orders,
       CAST(coalesce(sum(o.net_amount), 0) AS BIGINT) AS revenue
FROM orders AS o
JOIN record_persons AS k ON k.record_id = o.record_id
JOIN sheet_members AS m ON m.person_id = k.person_id
WHERE o.status = 'completed' AND o.order_date <= :as_of AND o.order_date >= :before_start
GROUP BY m.segment, year(o.order_date) * 12 + month(o.order_date) - 1, coalesce(o.channel, 'unknown')

-- name: channels
-- What each segment bought through each channel in the last twelve months.
SELECT m.segment, coalesce(o.channel, 'unknown') AS code, count(*) FILTER (WHERE o.is_purchase) AS count
FROM orders AS o
JOIN record_persons AS k ON k.record_id = o.record_id
JOIN sheet_members AS m ON m.person_id = k.person_id
WHERE o.status = 'completed' AND o.order_date <= :as_of AND o.order_date >= :year_start
GROUP BY m.segment, coalesce(o.channel, 'unknown')

-- name: tastes
-- What each segment spent on each category in the last twelve months.
SELECT m.segment, d.category_1 AS code, CAST(sum(l.net_amount) AS BIGINT) AS count
FROM order_lines AS l
JOIN products AS d ON d.product_id = l.product_id
JOIN record_persons AS k ON k.record_id = l.record_id
JOIN sheet_members AS m ON m.person_id = k.person_id
WHERE l.status = 'completed' AND l.kind IN ('sale', 'return') AND l.order_date <= :as_of
  AND l.order_date >= :year_start AND d.category_1 IS NOT NULL
GROUP BY m.segment, d.category_1
HAVING sum(l.net_amount) > 0

-- name: life
-- How many of each segment are at each stage of life, and what those bought in twelve months.
SELECT m.segment, s.life_cycle AS code, count(*) AS count, CAST(coalesce(sum(b.revenue_now), 0) AS BIGINT) AS revenue
FROM sheet_members AS m
JOIN stages AS s ON s.person_id = m.person_id
LEFT JOIN sheet_buyers AS b ON b.person_id = m.person_id
GROUP BY m.segment, s.life_cycle

-- name: conversion
-- Of each segment: who visited in the last ninety days, and how many of those bought in that time.
WITH visitors AS (
  SELECT DISTINCT k.person_id FROM events AS e JOIN record_persons AS k ON k.record_id = e.record_id
  WHERE e.event_date <= :as_of AND e.event_date > :quarter_start
), lately AS (
  SELECT DISTINCT k.person_id FROM orders AS o JOIN record_persons AS k ON k.record_id = o.record_id
  WHERE o.is_purchase AND o.order_date <= :as_of AND o.order_date > :quarter_start
)
SELECT m.segment, count(*) AS visited, count(b.person_id) AS bought
FROM sheet_members AS m
JOIN visitors AS v ON v.person_id = m.person_id
LEFT JOIN lately AS b ON b.person_id = m.person_id
GROUP BY m.segment

-- name: recommend
-- Answers from 0 to 10 on recommending us, each person's last: how many there are, promoters (9, 10), detractors (to 6).
WITH answers AS (
  SELECT k.person_id, arg_max(a.score, a.row_id) AS score
  FROM survey_answers AS a
  JOIN record_persons AS k ON k.record_id = a.record_id
  WHERE a.score BETWEEN 0 AND 10 AND a.at < :after
    AND (lower(a.survey_id) LIKE '%nps%' OR lower(a.question) LIKE '%nps%' OR lower(a.question) LIKE '%recom%')
  GROUP BY k.person_id
)
SELECT m.segment, count(*) AS answers, count(*) FILTER (WHERE a.score >= 9) AS promoters,
       count(*) FILTER (WHERE a.score <= 6) AS detractors
FROM sheet_members AS m
JOIN answers AS a ON a.person_id = m.person_id
GROUP BY m.segment

-- name: foreseen
-- What each segment is expected to buy in the next year, where a score of value says so.
SELECT m.segment, CAST(sum(v.money) AS BIGINT) AS money, avg(v.alive) AS alive
FROM sheet_members AS m
JOIN person_values AS v ON v.person_id = m.person_id
WHERE v.days = 365 AND v.score = (SELECT min(score) FROM person_values)
GROUP BY m.segment

-- name: segments
-- The segments found, with their titles and rules.
SELECT segment, at, born, title, rule, rule_people, caught, "right" AS right_, centre FROM discovered_segments

-- name: moves
-- Who went from one segment to another since the run before.
SELECT before, after, people, redrawn, since FROM discovered_moves
