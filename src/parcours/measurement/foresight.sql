-- name: models
-- The newest card of each score of customers.
SELECT m.score, m.kind, m.method, m.kept, m.people, m.measure, m.value, m.plain, m.plain_value, m.refused
FROM score_models AS m
JOIN (SELECT score, max(as_of) AS as_of FROM score_models GROUP BY score) AS n ON n.score = m.score AND n.as_of = m.as_of
WHERE m.kind NOT IN ('demand', 'trend', 'stock_risk', 'back_in_stock')
ORDER BY m.score

-- name: worth
-- What all customers together are expected to buy, by how many days ahead.
SELECT days, count(*) AS people, sum(orders) AS orders, CAST(sum(money) AS BIGINT) AS money
FROM person_values
GROUP BY days
ORDER BY days

-- name: checks
-- Whether the newest forecasts that are past came true, over all tenths.
SELECT c.score, c.made_on, CAST(sum(c.people) AS BIGINT) AS people, sum(c.people * c.predicted) AS predicted,
  sum(c.people * c.actual) AS actual
FROM score_checks AS c
JOIN (SELECT score, max(made_on) AS made_on FROM score_checks GROUP BY score) AS n
  ON n.score = c.score AND n.made_on = c.made_on
GROUP BY c.score, c.made_on
ORDER BY c.score
