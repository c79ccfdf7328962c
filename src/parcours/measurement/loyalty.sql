-- name: early_orders
-- The first two orders of those who came back.
SELECT person_id, place, order_date, net_amount
FROM (SELECT k.person_id, o.order_date, o.net_amount,
             row_number() OVER (PARTITION BY k.person_id ORDER BY o.order_date, o.order_time, o.row_id) AS place
      FROM orders AS o
      JOIN known_records AS k ON k.record_id = o.record_id
      JOIN customers AS c ON c.person_id = k.person_id
      WHERE c.orders > 1 AND o.is_purchase AND o.status = 'completed' AND o.order_date <= :as_of) AS placed
WHERE place <= 2

-- name: repeat
-- How many customers bought once, and how many of these so lately that they had little time to come back.
SELECT count(*) AS customers, count(*) FILTER (WHERE orders = 1) AS one_time,
       count(*) FILTER (WHERE orders = 1 AND days_between(first_day, :as_of) < 90) AS recent,
       count(*) FILTER (WHERE orders > 1) AS came_back,
       CAST(coalesce(sum(revenue) FILTER (WHERE orders > 1), 0) AS BIGINT) AS their_revenue
FROM customers

-- name: early_money
-- What those who came back spent on their first order, and on their second.
SELECT CAST(coalesce(sum(net_amount) FILTER (WHERE place = 1), 0) AS BIGINT) AS firsts,
       avg(net_amount) FILTER (WHERE place = 2) AS second_order
FROM early_orders

-- name: waits
-- How long those who came back took: within a week, a month, and so on.
SELECT code, count(*) AS customers
FROM (SELECT CASE WHEN days <= 7 THEN '7' WHEN days <= 30 THEN '30' WHEN days <= 60 THEN '60' WHEN days <= 90 THEN '90'
                  WHEN days <= 180 THEN '180' WHEN days <= 365 THEN '365' ELSE 'more' END AS code
      FROM (SELECT days_between(c.first_day, e.order_date) AS days
            FROM early_orders AS e
            JOIN customers AS c ON c.person_id = e.person_id
            WHERE e.place = 2) AS waited) AS coded
GROUP BY code

-- name: ladder
-- How many customers placed at least two, three, five and ten orders.
SELECT count(*) AS step_1, count(*) FILTER (WHERE orders >= 2) AS step_2, count(*) FILTER (WHERE orders >= 3) AS step_3,
       count(*) FILTER (WHERE orders >= 5) AS step_5, count(*) FILTER (WHERE orders >= 10) AS step_10
FROM customers

-- name: sizes
-- Customers by the month of their first order.
SELECT first_month AS month, count(*) AS customers
FROM customers
WHERE first_month BETWEEN :first_month AND :last_month
GROUP BY first_month
ORDER BY first_month

-- name: returning
-- Of the customers of each first month, how many bought in each later month.
SELECT c.first_month, p.month - c.first_month AS later, count(DISTINCT c.person_id) AS customers
FROM customers AS c
JOIN presence AS p ON p.person_id = c.person_id
WHERE c.first_month BETWEEN :first_month AND :last_month AND p.month BETWEEN c.first_month + 1 AND :last_month
  AND p.orders > 0
GROUP BY c.first_month, p.month - c.first_month
