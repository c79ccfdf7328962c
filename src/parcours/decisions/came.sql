-- name: orders
-- The orders of a person in any channel since a day: who, the margin in minor units (null where the cost of less than
-- half of it is known), when. `key` is the one that a message about the same order has (decisions/heard.py).
SELECT md5(concat('order:', o.order_id)) AS key, r.person_id, c.margin, min(o.order_time) AS at
FROM came_orders AS o
JOIN record_persons AS r ON r.record_id = o.record_id
LEFT JOIN (
  SELECT source, order_id, CASE WHEN sum(known) > 0 AND sum(known) >= 0.5 * sum(money)
    THEN sum(money) * (sum(known) - sum(cost)) / sum(known) END AS margin
  FROM (
    SELECT l.source, l.order_id, CAST(coalesce(l.net_amount, 0) AS DOUBLE) AS money,
      CASE WHEN p.cost IS NOT NULL THEN CAST(coalesce(l.net_amount, 0) AS DOUBLE) ELSE 0 END AS known,
      coalesce(p.cost * l.quantity, 0) AS cost
    FROM came_lines AS l
    LEFT JOIN (SELECT product_id, max(cost) AS cost FROM products GROUP BY product_id) AS p ON p.product_id = l.product_id
    WHERE l.status = 'completed' AND l.kind = 'sale'
  ) AS lines
  GROUP BY source, order_id
) AS c ON c.source = o.source AND c.order_id = o.order_id
WHERE o.is_purchase AND o.order_time IS NOT NULL AND o.order_date >= :since
GROUP BY o.order_id, r.person_id, c.margin
