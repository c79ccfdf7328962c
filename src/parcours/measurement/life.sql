-- name: stages
-- How many customers are at each stage of life, and what they spent over the last twelve months.
SELECT s.life_cycle AS stage, count(*) AS people, CAST(coalesce(sum(c.revenue_now), 0) AS BIGINT) AS revenue
FROM stages AS s
LEFT JOIN customers AS c ON c.person_id = s.person_id
GROUP BY s.life_cycle

-- name: cells
-- Customers and all they ever spent, by recency score and frequency score.
SELECT s.rfm_r AS recency, s.rfm_f AS frequency, count(*) AS customers,
       CAST(coalesce(sum(c.revenue), 0) AS BIGINT) AS revenue
FROM stages AS s
LEFT JOIN customers AS c ON c.person_id = s.person_id
GROUP BY s.rfm_r, s.rfm_f
ORDER BY s.rfm_r, s.rfm_f

-- name: bounds
-- From which value on each score begins, and the rhythm of the median customer.
SELECT measure, score, at_least
FROM stage_bounds
ORDER BY measure, score
