-- name: gaps
-- The days between one buying day of a customer and the one before, and their logarithm in millionths.
SELECT b.person_id, b.day, days_between(b.before, b.day) AS gap,
  CAST(round(1000000 * ln(days_between(b.before, b.day))) AS BIGINT) AS log_gap
FROM (
  SELECT person_id, day, lag(day) OVER (PARTITION BY person_id ORDER BY day) AS before
  FROM world_buying_days
) AS b
WHERE b.before IS NOT NULL

-- name: first_days
-- The first day of each of the facts that a score may learn from, and how many people there are.
SELECT (SELECT min(day) FROM world_buying_days) AS buying, (SELECT min(day) FROM world_message_days) AS messages,
  (SELECT min(day) FROM world_return_days) AS returns, (SELECT min(day) FROM world_redemption_days) AS redemptions,
  (SELECT count(*) FROM world_people) AS people

-- name: few_people
-- So many in a thousand of the people, the same ones always.
SELECT * FROM facts WHERE hash_bucket(CAST(person_id AS VARCHAR), 1000) < :permille

-- name: facts_of_few
-- The facts of these few people.
SELECT f.* FROM facts AS f JOIN few_people AS p ON p.person_id = f.person_id

-- name: features
-- What was known of each customer at the end of a day, and in windows as long as the one asked about: null for never.
SELECT f.*, coalesce(w.days_1, 0) AS buying_days_window_1, coalesce(w.days_2, 0) AS buying_days_window_2,
  coalesce(w.days_3, 0) AS buying_days_window_3, coalesce(w.days_4, 0) AS buying_days_window_4,
  coalesce(w.days_last_year, 0) AS buying_days_last_year,
  coalesce(w.days_about_last_year, 0) AS buying_days_about_last_year
FROM features_known AS f
LEFT JOIN features_windows AS w ON w.person_id = f.person_id

-- name: windows
-- On how many days each customer bought in the latest windows before the end of the day :cut, and in that of last year.
SELECT b.person_id, count(CASE WHEN b.ago < :within THEN 1 END) AS days_1,
  count(CASE WHEN b.ago >= :within AND b.ago < 2 * :within THEN 1 END) AS days_2,
  count(CASE WHEN b.ago >= 2 * :within AND b.ago < 3 * :within THEN 1 END) AS days_3,
  count(CASE WHEN b.ago >= 3 * :within AND b.ago < 4 * :within THEN 1 END) AS days_4,
  count(CASE WHEN b.ago >= 364 - :within AND b.ago < 364 THEN 1 END) AS days_last_year,
  count(CASE WHEN b.ago >= 350 - :within AND b.ago < 378 THEN 1 END) AS days_about_last_year
FROM (SELECT person_id, days_between(day, :cut) AS ago FROM world_buying_days WHERE day <= :cut) AS b
WHERE b.ago < 4 * :within OR b.ago >= 350 - :within AND b.ago < 378
GROUP BY b.person_id

-- name: known
-- What was known of each customer at the end of the day :cut, whatever that day: in natural units, null for never.
-- Sums are of whole numbers, so that the order in which they are added does not matter.
WITH buying AS (
  SELECT b.person_id, count(*) AS days, CAST(sum(b.orders) AS BIGINT) AS orders, max(b.ago) AS first_ago,
    min(b.ago) AS last_ago,
    count(CASE WHEN b.ago < 7 THEN 1 END) AS days_7, count(CASE WHEN b.ago < 14 THEN 1 END) AS days_14,
    count(CASE WHEN b.ago < 30 THEN 1 END) AS days_30, count(CASE WHEN b.ago < 90 THEN 1 END) AS days_90,
    count(CASE WHEN b.ago < 180 THEN 1 END) AS days_180, count(CASE WHEN b.ago < 365 THEN 1 END) AS days_365,
    CAST(sum(CASE WHEN b.ago < 365 THEN b.orders ELSE 0 END) AS BIGINT) AS orders_365,
    CAST(sum(CAST(round(1000000 * exp(-b.ago / 10.0)) AS BIGINT)) AS BIGINT) AS decayed_10,
    CAST(sum(CAST(round(1000000 * exp(-b.ago / 40.0)) AS BIGINT)) AS BIGINT) AS decayed_40,
    CAST(sum(CAST(round(1000000 * exp(-b.ago / 160.0)) AS BIGINT)) AS BIGINT) AS decayed_160,
    CAST(sum(b.net_amount) AS BIGINT) AS spend,
    CAST(sum(CASE WHEN b.ago < 90 THEN b.net_amount ELSE 0 END) AS BIGINT) AS spend_90,
    CAST(sum(CASE WHEN b.ago < 365 THEN b.net_amount ELSE 0 END) AS BIGINT) AS spend_365,
    CAST(sum(b.discount_amount) AS BIGINT) AS discount,
    CAST(sum(CASE WHEN b.discount_amount > 0 THEN 1 ELSE 0 END) AS BIGINT) AS days_discounted,
    CAST(sum(b.in_store) AS BIGINT) AS in_store, CAST(sum(b.online) AS BIGINT) AS online,
    arg_max(b.net_amount, b.day) AS last_spend
  FROM (SELECT *, days_between(day, :cut) AS ago FROM world_buying_days WHERE day <= :cut) AS b
  GROUP BY b.person_id
),
rhythm AS (
  SELECT g.person_id, count(*) AS gaps, CAST(sum(g.log_gap) AS BIGINT) AS log_gaps, max(g.gap) AS longest_gap,
    arg_max(g.gap, g.day) AS last_gap,
    CAST(sum(CAST(round(0.000001 * g.log_gap * g.log_gap) AS BIGINT)) AS BIGINT) AS squares
  FROM world_gaps AS g
  WHERE g.day <= :cut
  GROUP BY g.person_id
),
spread AS (
  SELECT person_id, gaps, log_gaps, longest_gap, last_gap,
    CASE WHEN gaps < 2 THEN 0 ELSE squares - CAST(round(0.000001 * log_gaps * log_gaps / gaps) AS BIGINT) END AS spread
  FROM rhythm
),
-- the rhythm of the base, a customer each: its pause stands in for one gap of everybody, its spread for three
base AS (
  SELECT 0.000001 * sum(CAST(round(log_gaps * 1.0 / gaps) AS BIGINT)) / count(*) AS log_gap,
    0.000001 * sum(spread) / greatest(sum(gaps - 1), 1) AS variance
  FROM spread
),
own AS (
  SELECT s.person_id, s.gaps, s.longest_gap, s.last_gap,
    (0.000001 * s.log_gaps + base.log_gap) / (s.gaps + 1) AS log_gap,
    sqrt((0.000001 * s.spread + 3 * base.variance) / (s.gaps + 3)) AS deviation
  FROM spread AS s
  CROSS JOIN base
),
visits AS (
  SELECT v.person_id, min(v.ago) AS last_ago, count(CASE WHEN v.ago < 7 THEN 1 END) AS days_7,
    count(CASE WHEN v.ago < 30 THEN 1 END) AS days_30, count(CASE WHEN v.ago < 90 THEN 1 END) AS days_90,
    CAST(sum(CASE WHEN v.ago < 30 THEN v.views ELSE 0 END) AS BIGINT) AS views_30,
    CAST(sum(CASE WHEN v.ago < 14 THEN v.adds ELSE 0 END) AS BIGINT) AS adds_14
  FROM (SELECT *, days_between(day, :cut) AS ago FROM world_visit_days WHERE day <= :cut) AS v
  GROUP BY v.person_id
),
mails AS (
  SELECT m.person_id, CAST(sum(m.sent) AS BIGINT) AS sent, CAST(sum(m.opened) AS BIGINT) AS opened,
    CAST(sum(m.clicked) AS BIGINT) AS clicked,
    CAST(sum(CASE WHEN m.ago < 30 THEN m.sent ELSE 0 END) AS BIGINT) AS sent_30,
    count(CASE WHEN m.ago < 30 AND m.opened > 0 THEN 1 END) AS opened_30,
    count(CASE WHEN m.ago < 90 AND m.opened > 0 THEN 1 END) AS opened_90,
    count(CASE WHEN m.ago < 365 AND m.opened > 0 THEN 1 END) AS opened_365,
    count(CASE WHEN m.ago < 90 AND m.clicked > 0 THEN 1 END) AS clicked_90,
    count(CASE WHEN m.ago < 365 AND m.clicked > 0 THEN 1 END) AS clicked_365,
    min(CASE WHEN m.opened > 0 THEN m.ago END) AS last_open_ago,
    min(CASE WHEN m.clicked > 0 THEN m.ago END) AS last_click_ago
  FROM (SELECT *, days_between(day, :cut) AS ago FROM world_message_days WHERE day <= :cut) AS m
  GROUP BY m.person_id
),
brought_back AS (
  SELECT r.person_id, count(*) AS days, count(CASE WHEN r.ago < 90 THEN 1 END) AS days_90,
    count(CASE WHEN r.ago < 365 THEN 1 END) AS days_365, min(r.ago) AS last_ago
  FROM (SELECT *, days_between(day, :cut) AS ago FROM world_return_days WHERE day <= :cut) AS r
  GROUP BY r.person_id
),
coupons AS (
  SELECT c.person_id, CAST(sum(c.redeemed) AS BIGINT) AS redeemed, count(CASE WHEN c.ago < 90 THEN 1 END) AS days_90,
    count(CASE WHEN c.ago < 365 THEN 1 END) AS days_365, min(c.ago) AS last_ago
  FROM (SELECT *, days_between(day, :cut) AS ago FROM world_redemption_days WHERE day <= :cut) AS c
  GROUP BY c.person_id
)
SELECT p.person_id,
  b.last_ago AS last_order_days,
  coalesce(b.orders_365, 0) AS orders_365d, coalesce(b.orders, 0) AS orders, coalesce(b.days, 0) AS buying_days,
  coalesce(b.days_7, 0) AS buying_days_7d, coalesce(b.days_14, 0) AS buying_days_14d,
  coalesce(b.days_30, 0) AS buying_days_30d, coalesce(b.days_90, 0) AS buying_days_90d,
  coalesce(b.days_180, 0) AS buying_days_180d, coalesce(b.days_365, 0) AS buying_days_365d,
  coalesce(0.000001 * b.decayed_10, 0) AS decayed_10d, coalesce(0.000001 * b.decayed_40, 0) AS decayed_40d,
  coalesce(0.000001 * b.decayed_160, 0) AS decayed_160d,
  coalesce(b.spend_365, 0) AS spend_365d, coalesce(b.spend, 0) AS spend, coalesce(b.spend_90, 0) AS spend_90d,
  coalesce(b.last_spend, 0) AS last_spend, coalesce(b.spend * 1.0 / b.days, 0) AS basket,
  b.last_ago / exp(coalesce(o.log_gap, base.log_gap)) AS pause_ratio,
  exp(o.log_gap) AS usual_gap_days, o.deviation AS gap_deviation, o.longest_gap AS longest_gap_days,
  o.last_gap AS last_gap_days, coalesce(o.gaps, 0) AS gaps,
  ceil(exp(o.log_gap + 1.645 * o.deviation)) AS limit_days,
  greatest(coalesce(b.first_ago, 0), coalesce(days_between(p.first_seen, :cut), 0), 0) AS customer_days,
  b.first_ago AS first_order_days,
  coalesce(b.days * 1.0 / (b.first_ago + 1), 0) AS buying_rate,
  b.online * 1.0 / (b.online + b.in_store) AS online_share,
  coalesce(b.discount * 1.0 / nullif(b.spend + b.discount, 0), 0) AS discount_share,
  coalesce(b.days_discounted * 1.0 / b.days, 0) AS discounted_days_share,
  coalesce(v.days_30, 0) AS visits_30d, v.last_ago AS last_visit_days, coalesce(v.days_7, 0) AS visits_7d,
  coalesce(v.days_90, 0) AS visits_90d, coalesce(v.views_30, 0) AS views_30d, coalesce(v.adds_14, 0) AS adds_14d,
  coalesce(m.opened_90, 0) AS opens_90d, coalesce(m.opened_30, 0) AS opens_30d, coalesce(m.opened_365, 0) AS opens_365d,
  coalesce(m.sent_30, 0) AS sent_30d, coalesce(m.sent, 0) AS sent, coalesce(m.clicked_90, 0) AS clicks_90d,
  coalesce(m.clicked_365, 0) AS clicks_365d, m.last_open_ago AS last_open_days, m.last_click_ago AS last_click_days,
  coalesce(m.opened * 1.0 / (m.sent + 10), 0) AS open_rate, coalesce(m.clicked * 1.0 / (m.sent + 10), 0) AS click_rate,
  coalesce(r.days_365, 0) AS returns_365d, coalesce(r.days_90, 0) AS returns_90d, coalesce(r.days, 0) AS returns,
  r.last_ago AS last_return_days, coalesce(r.days * 1.0 / (b.days + 3), 0) AS return_rate,
  coalesce(c.days_365, 0) AS coupons_365d, coalesce(c.days_90, 0) AS coupons_90d, coalesce(c.redeemed, 0) AS coupons,
  c.last_ago AS last_coupon_days
FROM world_people AS p
CROSS JOIN base
LEFT JOIN buying AS b ON b.person_id = p.person_id
LEFT JOIN own AS o ON o.person_id = p.person_id
LEFT JOIN visits AS v ON v.person_id = p.person_id
LEFT JOIN mails AS m ON m.person_id = p.person_id
LEFT JOIN brought_back AS r ON r.person_id = p.person_id
LEFT JOIN coupons AS c ON c.person_id = p.person_id
WHERE b.person_id IS NOT NULL OR p.first_seen <= :cut

-- name: buy
-- Everybody known, and whether they bought in the days after the cut up to :until.
SELECT f.*, CASE WHEN d.person_id IS NULL THEN 0 ELSE 1 END AS did
FROM features AS f
LEFT JOIN (
  SELECT DISTINCT person_id FROM world_buying_days WHERE day > :cut AND day <= :until
) AS d ON d.person_id = f.person_id

-- name: churn
-- Those who buy and are within their own limit of silence, and whether they overstepped it by :until without buying.
SELECT f.*, CASE WHEN d.person_id IS NULL AND f.last_order_days + :within > f.limit_days THEN 1 ELSE 0 END AS did
FROM features AS f
LEFT JOIN (
  SELECT DISTINCT person_id FROM world_buying_days WHERE day > :cut AND day <= :until
) AS d ON d.person_id = f.person_id
WHERE f.gaps >= 2 AND f.last_order_days <= f.limit_days

-- name: open
-- Those who were ever written to, and whether they opened a message; learned from those written to in the days asked.
SELECT f.*, CASE WHEN d.opened > 0 THEN 1 ELSE 0 END AS did
FROM features AS f
LEFT JOIN (
  SELECT person_id, sum(sent) AS sent, sum(opened) AS opened
  FROM world_message_days
  WHERE day > :cut AND day <= :until
  GROUP BY person_id
) AS d ON d.person_id = f.person_id
WHERE f.sent > 0 AND (:until <= :cut OR d.sent > 0)

-- name: click
-- Those who were ever written to, and whether they clicked; learned from those written to in the days asked.
SELECT f.*, CASE WHEN d.clicked > 0 THEN 1 ELSE 0 END AS did
FROM features AS f
LEFT JOIN (
  SELECT person_id, sum(sent) AS sent, sum(clicked) AS clicked
  FROM world_message_days
  WHERE day > :cut AND day <= :until
  GROUP BY person_id
) AS d ON d.person_id = f.person_id
WHERE f.sent > 0 AND (:until <= :cut OR d.sent > 0)

-- name: return
-- Those who ever bought, and whether they brought something back in the days after the cut up to :until.
SELECT f.*, CASE WHEN d.person_id IS NULL THEN 0 ELSE 1 END AS did
FROM features AS f
LEFT JOIN (
  SELECT DISTINCT person_id FROM world_return_days WHERE day > :cut AND day <= :until
) AS d ON d.person_id = f.person_id
WHERE f.buying_days > 0

-- name: redeem
-- Those who ever bought or redeemed, and whether they redeemed a coupon in the days after the cut up to :until.
SELECT f.*, CASE WHEN d.person_id IS NULL THEN 0 ELSE 1 END AS did
FROM features AS f
LEFT JOIN (
  SELECT DISTINCT person_id FROM world_redemption_days WHERE day > :cut AND day <= :until
) AS d ON d.person_id = f.person_id
WHERE f.buying_days > 0 OR f.coupons > 0

-- name: happened
-- Each person that was asked about, and whether they did it.
SELECT person_id, did
FROM asked
ORDER BY person_id
