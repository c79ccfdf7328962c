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

-- name: counted_before
-- The last earlier day that was counted.
SELECT max(at) AS day FROM segment_counts_before

-- name: moves
-- How many people went from one stage to another since then, most first. Who was merged was, before, who they are now.
WITH was AS (
  SELECT coalesce(p.merged_into, s.person_id) AS person_id,
         coalesce(min(CASE WHEN p.merged_into IS NULL THEN s.life_cycle END), min(s.life_cycle)) AS life_cycle
  FROM stages_before AS s
  LEFT JOIN persons AS p ON p.person_id = s.person_id
  GROUP BY coalesce(p.merged_into, s.person_id)
)
SELECT w.life_cycle AS before, n.life_cycle AS after, count(*) AS people
FROM was AS w
FULL JOIN stages AS n ON n.person_id = w.person_id
WHERE coalesce(w.life_cycle, '') <> coalesce(n.life_cycle, '')
GROUP BY w.life_cycle, n.life_cycle
ORDER BY people DESC, before, after
