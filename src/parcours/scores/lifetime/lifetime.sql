-- name: gaps
-- Each buying day with the days since the one before: null for the first.
SELECT person_id, day, CAST(coalesce(net_amount, 0) AS BIGINT) AS net_amount,
  days_between(lag(day) OVER (PARTITION BY person_id ORDER BY day), day) AS gap
FROM world_buying_days

-- name: span
-- From when to when purchases are known, and how many people's.
SELECT min(day) AS first_day, max(day) AS last_day, count(DISTINCT person_id) AS people FROM world_buying_days

-- name: few
-- The buying days of so many in a thousand of the customers, the same ones always.
SELECT * FROM lifetime_gaps WHERE hash_bucket(CAST(person_id AS VARCHAR), 1000) < :permille

-- name: history
-- How each customer had bought by the end of the day :cut, and what they bought after it until the end of :until.
SELECT person_id, days_between(min(day), :cut) AS age,
  count(CASE WHEN day <= :cut THEN 1 END) AS days,
  days_between(min(day), max(CASE WHEN day <= :cut THEN day END)) AS last,
  CAST(sum(CASE WHEN day <= :cut THEN net_amount ELSE 0 END) AS BIGINT) AS money,
  CAST(coalesce(sum(CASE WHEN day <= :cut THEN CAST(gap AS DOUBLE) * gap END), 0) AS DOUBLE) AS squared_gaps,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -7) THEN 1 END) AS days_7,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -14) THEN 1 END) AS days_14,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -28) THEN 1 END) AS days_28,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -56) THEN 1 END) AS days_56,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -91) THEN 1 END) AS days_91,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -182) THEN 1 END) AS days_182,
  count(CASE WHEN day <= :cut AND day > add_days(:cut, -364) THEN 1 END) AS days_364,
  count(CASE WHEN day > :cut AND day <= :until THEN 1 END) AS later_days,
  CAST(sum(CASE WHEN day > :cut AND day <= :until THEN net_amount ELSE 0 END) AS BIGINT) AS later_money
FROM lifetime_gaps
GROUP BY person_id
HAVING min(day) <= :cut
ORDER BY person_id

-- name: costs
-- Whether any product's cost is known.
SELECT count(cost) AS products FROM products

-- name: margins
-- What each customer's purchases of products with a known cost brought, and what they cost; and what all brought.
SELECT person_id, CAST(sum(CASE WHEN cost IS NOT NULL THEN net_amount ELSE 0 END) AS DOUBLE) AS known_money,
  CAST(sum(cost * (bought - returned)) AS DOUBLE) AS cost,
  CAST(sum(net_amount) AS DOUBLE) AS money
FROM world_lines
GROUP BY person_id
ORDER BY person_id
