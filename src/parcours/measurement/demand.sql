-- name: models
-- The newest card of each score of articles and stores.
SELECT m.score, m.kind, m.method, m.kept, m.value, m.plain, m.plain_value, m.refused, m.detail
FROM score_models AS m
JOIN (SELECT score, max(as_of) AS as_of FROM score_models GROUP BY score) AS n ON n.score = m.score AND n.as_of = m.as_of
WHERE m.kind IN ('demand', 'trend', 'stock_risk', 'back_in_stock')
ORDER BY m.score

-- name: whole
-- Everything together by period: what was sold, and what is expected with its range.
SELECT day, days, expected, low, high, sold
FROM demand_forecasts
WHERE score = :score AND level = 'all'
ORDER BY day

-- name: trends
-- What rises and falls most surely.
SELECT item, direction, before, now, change
FROM trends
WHERE score = :score AND place <= 12
ORDER BY place

-- name: risks
-- The stocks most probable to run out.
SELECT s.product_id, coalesce(p.name, s.product_id) AS product, coalesce(t.name, s.store_id) AS store, s.on_hand,
  s.cover_days, s.risk, s.days, s.note
FROM stock_risks AS s
LEFT JOIN products AS p ON p.product_id = s.product_id
LEFT JOIN stores AS t ON t.store_id = s.store_id
WHERE s.score = :score
ORDER BY s.risk DESC, s.product_id, s.store_id
LIMIT 12

-- name: waiting
-- The articles out of stock that most people probably wait for: how many do, how many have one in their cart, the commonest sign.
WITH signs AS (
  SELECT product_id, coalesce(store_id, '') AS place, json_text(reason, '$.code') AS code, count(*) AS people
  FROM back_in_stock
  WHERE score = :score
  GROUP BY product_id, coalesce(store_id, ''), json_text(reason, '$.code')
)
SELECT coalesce(max(p.name), s.product_id) AS product,
  CASE WHEN s.place = '' THEN NULL ELSE coalesce(max(t.name), s.place) END AS store,
  CAST(sum(s.people) AS BIGINT) AS people,
  CAST(sum(CASE WHEN s.code = 'cart' THEN s.people ELSE 0 END) AS BIGINT) AS carts, arg_max(s.code, s.people) AS sign
FROM signs AS s
LEFT JOIN products AS p ON p.product_id = s.product_id
LEFT JOIN stores AS t ON t.store_id = s.place
GROUP BY s.product_id, s.place
ORDER BY people DESC, s.product_id, s.place
LIMIT 12
