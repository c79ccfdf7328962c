-- name: purchases
-- One row a customer: days with a purchase (ever, and since a day), money since that day, first and last day.
WITH days AS (
  SELECT r.person_id, o.order_date AS day,
         max(CASE WHEN o.is_purchase THEN 1 ELSE 0 END) AS bought,
         CAST(sum(coalesce(o.net_amount, 0)) AS BIGINT) AS net
  FROM orders AS o
  JOIN record_persons AS r ON r.record_id = o.record_id
  JOIN persons AS p ON p.person_id = r.person_id
  WHERE o.status = 'completed' AND o.order_date <= :day AND p.merged_into IS NULL AND (p.known OR :anonymous)
  GROUP BY r.person_id, o.order_date
)
SELECT person_id,
       CAST(sum(bought) AS BIGINT) AS purchases,
       CAST(sum(CASE WHEN day >= :since THEN bought ELSE 0 END) AS BIGINT) AS frequency,
       CAST(sum(CASE WHEN day >= :since THEN net ELSE 0 END) AS BIGINT) AS money,
       min(CASE WHEN bought = 1 THEN day END) AS first_day,
       max(CASE WHEN bought = 1 THEN day END) AS last_day
FROM days
GROUP BY person_id
HAVING sum(bought) > 0

-- name: bounds
-- From which value on each score: equal values share the score of the lowest of them. Recency is minus the days since.
WITH measured AS (
  SELECT 'recency' AS measure, CAST(-days_between(last_day, :day) AS BIGINT) AS value FROM stage_purchases
  UNION ALL SELECT 'frequency' AS measure, frequency AS value FROM stage_purchases
  UNION ALL SELECT 'money' AS measure, money AS value FROM stage_purchases
), counted AS (
  SELECT measure, value, count(*) AS people FROM measured GROUP BY measure, value
), ranked AS (
  SELECT measure, value,
         CAST(sum(people) OVER (PARTITION BY measure ORDER BY value
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS DOUBLE) - people AS below,
         CAST(sum(people) OVER (PARTITION BY measure) AS DOUBLE) AS everybody
  FROM counted
), scored AS (
  SELECT measure, CAST(1 + floor(5 * below / everybody) AS BIGINT) AS score, value FROM ranked
)
SELECT measure, score, min(value) AS at_least FROM scored GROUP BY measure, score
UNION ALL
SELECT 'rhythm' AS measure, 0 AS score, CAST(round(coalesce(percentile(gap, 0.5), :usual)) AS BIGINT) AS at_least
FROM (
  SELECT CAST(days_between(first_day, last_day) AS DOUBLE) / (purchases - 1) AS gap
  FROM stage_purchases WHERE purchases > 1
) AS gaps

-- name: stages
-- One row a customer: the three scores, the cell they make, and the stage of life by the customer's own rhythm.
WITH bounds AS (
  SELECT max(CASE WHEN measure = 'recency' AND score = 2 THEN at_least END) AS r2,
         max(CASE WHEN measure = 'recency' AND score = 3 THEN at_least END) AS r3,
         max(CASE WHEN measure = 'recency' AND score = 4 THEN at_least END) AS r4,
         max(CASE WHEN measure = 'recency' AND score = 5 THEN at_least END) AS r5,
         max(CASE WHEN measure = 'frequency' AND score = 2 THEN at_least END) AS f2,
         max(CASE WHEN measure = 'frequency' AND score = 3 THEN at_least END) AS f3,
         max(CASE WHEN measure = 'frequency' AND score = 4 THEN at_least END) AS f4,
         max(CASE WHEN measure = 'frequency' AND score = 5 THEN at_least END) AS f5,
         max(CASE WHEN measure = 'money' AND score = 2 THEN at_least END) AS m2,
         max(CASE WHEN measure = 'money' AND score = 3 THEN at_least END) AS m3,
         max(CASE WHEN measure = 'money' AND score = 4 THEN at_least END) AS m4,
         max(CASE WHEN measure = 'money' AND score = 5 THEN at_least END) AS m5,
         CAST(max(CASE WHEN measure = 'rhythm' THEN at_least END) AS DOUBLE) AS base
  FROM stage_bounds
), placed AS (
  SELECT p.person_id, p.purchases, p.frequency, p.money,
         CAST(days_between(p.last_day, :day) AS BIGINT) AS days_since,
         CAST(days_between(p.first_day, p.last_day) AS BIGINT) AS span,
         b.*
  FROM stage_purchases AS p CROSS JOIN bounds AS b
), scored AS (
  SELECT person_id, purchases, days_since,
         CASE WHEN -days_since >= r5 THEN 5 WHEN -days_since >= r4 THEN 4 WHEN -days_since >= r3 THEN 3
              WHEN -days_since >= r2 THEN 2 ELSE 1 END AS rfm_r,
         CASE WHEN frequency >= f5 THEN 5 WHEN frequency >= f4 THEN 4 WHEN frequency >= f3 THEN 3
              WHEN frequency >= f2 THEN 2 ELSE 1 END AS rfm_f,
         CASE WHEN money >= m5 THEN 5 WHEN money >= m4 THEN 4 WHEN money >= m3 THEN 3
              WHEN money >= m2 THEN 2 ELSE 1 END AS rfm_m,
         least(greatest((:weight * base + span) / nullif(:weight + purchases - 1, 0), :shortest), :longest)
           AS own_rhythm,
         least(greatest(base, :shortest), :longest) AS base_rhythm
  FROM placed
), paced AS (
  SELECT person_id, purchases, days_since, rfm_r, rfm_f, rfm_m, coalesce(own_rhythm, base_rhythm) AS rhythm_days
  FROM scored
)
SELECT person_id, rfm_r, rfm_f, rfm_m, :cell AS rfm_cell,
       CASE WHEN days_since > :lost * rhythm_days THEN 'lost'
            WHEN days_since > :sleeping * rhythm_days THEN 'sleeping'
            WHEN days_since > :cooling * rhythm_days THEN 'cooling'
            WHEN purchases >= :loyal THEN 'loyal'
            WHEN purchases = 1 THEN 'new'
            ELSE 'active' END AS life_cycle,
       rhythm_days
FROM paced
