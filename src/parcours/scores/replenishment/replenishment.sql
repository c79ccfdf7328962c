-- name: items
-- The items (categories, products) that customers bought, each with a number; days are numbered from 1970.
SELECT CAST(:item AS VARCHAR) AS name, CAST(row_number() OVER (ORDER BY :item) AS INTEGER) AS item
FROM world_lines
WHERE bought > 0 AND :item IS NOT NULL
GROUP BY :item

-- name: extent
-- How much there is to learn from: customers, days on which one of them bought something, first day.
SELECT count(DISTINCT person_id) AS people, count(*) AS lines, min(day) AS first_day
FROM world_lines
WHERE bought > 0

-- name: learners
-- The customers to learn from: one in so many, and always the same.
SELECT person_id
FROM (SELECT DISTINCT person_id FROM world_lines) AS everybody
WHERE hash_bucket(CAST(person_id AS VARCHAR), :one_in) = 0

-- name: everybody
-- How many customers there are in all.
SELECT DISTINCT person_id FROM world_lines

-- name: bought
-- The days on which customers bought an item, each counted once.
SELECT l.person_id, i.item, CAST(days_between(DATE '1970-01-01', l.day) AS INTEGER) AS day
FROM world_lines AS l
JOIN replenishment_who AS p ON p.person_id = l.person_id
JOIN replenishment_items AS i ON i.name = :item
WHERE l.bought > 0
GROUP BY l.person_id, i.item, l.day

-- name: visits
-- The days on which customers bought anything, with how many there were of late and when the first was.
WITH days AS (
  SELECT l.person_id, CAST(days_between(DATE '1970-01-01', l.day) AS INTEGER) AS day, count(*) AS articles
  FROM world_lines AS l
  JOIN replenishment_who AS p ON p.person_id = l.person_id
  WHERE l.bought > 0
  GROUP BY l.person_id, l.day
)
SELECT person_id, day, articles, min(day) OVER (PARTITION BY person_id) AS first_day,
  count(*) OVER (PARTITION BY person_id ORDER BY day RANGE BETWEEN 27 PRECEDING AND CURRENT ROW) AS visits_28,
  count(*) OVER (PARTITION BY person_id ORDER BY day RANGE BETWEEN 83 PRECEDING AND CURRENT ROW) AS visits_84
FROM days

-- name: gaps
-- Each purchase day of an item with the days until the next one (null: not yet), and what was known of the rhythm on that day.
-- A pause longer than :longest counts as so long. `late` sums weigh the last gaps most: each 0.7 times the next.
WITH ordered AS (
  SELECT person_id, item, day,
    lead(day) OVER (PARTITION BY person_id, item ORDER BY day) - day AS gap,
    day - lag(day) OVER (PARTITION BY person_id, item ORDER BY day) AS pause,
    row_number() OVER (PARTITION BY person_id, item ORDER BY day) AS times,
    count(*) OVER (PARTITION BY person_id, item ORDER BY day RANGE BETWEEN 83 PRECEDING AND CURRENT ROW) AS recent
  FROM replenishment_bought
), weighed AS (
  SELECT person_id, item, day, gap, times, recent, power(0.7, -least(times, 1500)) AS weight,
    CASE WHEN times > 1 THEN ln(CAST(least(pause, :longest) AS DOUBLE)) END AS log_before
  FROM ordered
), summed AS (
  SELECT person_id, item, day, gap, times, recent, weight,
    sum(log_before) OVER (PARTITION BY person_id, item ORDER BY day
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS log_sum,
    sum(log_before * weight) OVER (PARTITION BY person_id, item ORDER BY day
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS late_sum,
    sum(CASE WHEN times > 1 THEN weight ELSE 0 END) OVER (PARTITION BY person_id, item ORDER BY day
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS late_weight
  FROM weighed
)
SELECT person_id, item, day, gap, times, recent, coalesce(log_sum, 0) AS log_sum,
  coalesce(late_sum, 0) / weight AS late_sum, late_weight / weight AS late_weight
FROM summed

-- name: crowd
-- The rhythm of the crowd for each item, known at a day: buyers, those who came back, gaps, their mean and their middle.
WITH known AS (
  SELECT item, times, CASE WHEN day + gap <= :cut AND gap <= :longest THEN gap END AS gap,
    CASE WHEN day + gap <= :cut THEN 1 ELSE 0 END AS again, CASE WHEN day > :cut - 56 THEN 1 ELSE 0 END AS late
  FROM replenishment_gaps
  WHERE day <= :cut
), counted AS (
  SELECT item, count(CASE WHEN times = 1 THEN 1 END) AS buyers,
    count(CASE WHEN times = 1 AND again = 1 THEN 1 END) AS repeaters, count(gap) AS gaps,
    CAST(sum(late) AS BIGINT) AS late,
    CAST(sum(CAST(round(1000000 * ln(CAST(gap AS DOUBLE))) AS BIGINT)) AS DOUBLE) / 1000000 AS log_sum,
    percentile(gap, 0.5) AS median_gap
  FROM known
  GROUP BY item
), whole AS (
  SELECT CAST(sum(gaps) AS DOUBLE) AS gaps, CAST(sum(CAST(round(1000000 * log_sum) AS BIGINT)) AS DOUBLE) / 1000000 AS log_sum
  FROM counted
)
SELECT c.item, c.buyers, c.repeaters, c.gaps,
  (coalesce(c.log_sum, 0) + 10 * (w.log_sum / w.gaps)) / (c.gaps + 10) AS log_mean,
  coalesce(ln(CAST(c.median_gap AS DOUBLE)), w.log_sum / w.gaps) AS log_median,
  ln(CAST(c.late + 1 AS DOUBLE) / c.buyers) AS trend
FROM counted AS c
CROSS JOIN whole AS w
WHERE w.gaps > 0 AND c.buyers > 0

-- name: spreads
-- How irregular each item's gaps are: the mean distance, on a log scale, of a gap from the customer's own rhythm (blended with the crowd's).
SELECT g.item, CAST(sum(CAST(round(1000000 * abs(ln(CAST(g.gap AS DOUBLE)) - (g.log_sum + 3 * c.log_mean) / (g.times + 2))) AS BIGINT)) AS DOUBLE)
  / 1000000 / count(*) AS spread
FROM replenishment_gaps AS g
JOIN replenishment_all AS c ON c.item = g.item
WHERE g.day + g.gap <= :cut AND g.gap <= :longest
GROUP BY g.item

-- name: judged
-- Each item of the crowd, and what speaks against its being replenishable: too few customers come back to it, too small a share of them, or no rhythm.
SELECT c.item, c.buyers, c.repeaters, c.gaps, c.log_mean, c.log_median, c.trend, s.spread,
  CASE WHEN c.repeaters < :people THEN 'too_few_come_back' WHEN c.repeaters < :repeat_share * c.buyers THEN 'seldom_bought_again'
    WHEN coalesce(s.spread, 9) > :irregular THEN 'no_rhythm' END AS against
FROM replenishment_all AS c
LEFT JOIN replenishment_spreads AS s ON s.item = c.item

-- name: verdicts
-- How many items are replenishable, and how many not for which reason.
SELECT coalesce(against, 'replenishable') AS verdict, count(*) AS items
FROM replenishment_judged
GROUP BY coalesce(against, 'replenishable')
ORDER BY verdict

-- name: replenishable
-- The items that customers come back to in a rhythm.
SELECT item, buyers, repeaters, gaps, log_mean, log_median, trend
FROM replenishment_judged
WHERE against IS NULL

-- name: only_replenishable
-- The items worth following.
SELECT i.name, i.item
FROM replenishment_items AS i
JOIN replenishment_crowd AS c ON c.item = i.item

-- name: rhythms
-- Each purchase day with what the gap after it is foreseen from: :weight gaps of the crowd are added to a customer's own.
SELECT g.person_id, g.item, g.day, g.gap, g.times, g.recent, v.first_day, c.log_mean, c.log_median, c.trend,
  g.log_sum, (g.log_sum + :weight * c.log_mean) / (g.times - 1 + :weight) AS blended,
  (g.late_sum + :weight * c.log_mean) / (g.late_weight + :weight) AS blended_late,
  ln(CAST(g.times AS DOUBLE)) AS log_times,
  ln(CAST(v.visits_28 AS DOUBLE)) AS log_visits_28, ln(CAST(v.visits_84 AS DOUBLE)) AS log_visits_84,
  ln((g.day - v.first_day + 7.0) / g.times) AS log_rate,
  CASE WHEN g.times > 1 THEN g.log_sum / (g.times - 1) ELSE c.log_median END AS log_own
FROM replenishment_gaps AS g
JOIN replenishment_crowd AS c ON c.item = g.item
JOIN replenishment_visits AS v ON v.person_id = g.person_id AND v.day = g.day

-- name: known_gaps
-- Gaps to learn from: all that began so early that even the longest would have been seen.
SELECT * FROM replenishment_rhythms
WHERE gap <= :longest AND day <= :cut - :longest
ORDER BY person_id, item, day

-- name: later_gaps
-- Gaps that ended in the held-back days, of customers whose rhythm could be known.
SELECT r.*, :mu AS mu FROM replenishment_rhythms AS r
WHERE r.gap <= :longest AND r.day + r.gap > :cut AND r.day + r.gap <= :until AND r.times > :after
ORDER BY r.person_id, r.item, r.day

-- name: residuals
-- How long customers waited, in steps of a twentieth on a log scale, beside the gap foreseen, by how often they had bought: ended by a purchase or not yet.
WITH waited AS (
  SELECT least(times, 4) AS class, CASE WHEN day + gap <= :cut AND gap <= :longest THEN 1 ELSE 0 END AS ended,
    ln(CAST(least(least(coalesce(gap, :cut - day), :cut - day), :longest) AS DOUBLE)) - (:mu) AS residual
  FROM replenishment_rhythms
  WHERE day < :cut
)
SELECT class, CAST(least(greatest(floor(residual * 20), -80), 79) AS INTEGER) AS step, ended, count(*) AS times
FROM waited
GROUP BY class, CAST(least(greatest(floor(residual * 20), -80), 79) AS INTEGER), ended
ORDER BY class, step, ended

-- name: activity
-- How active each customer was in the last days before a day: days bought in four weeks, articles in eight.
SELECT person_id, count(CASE WHEN day > :cut - 28 THEN 1 END) AS visits_28, CAST(sum(articles) AS BIGINT) AS articles_56
FROM replenishment_visits
WHERE day > :cut - 56 AND day <= :cut
GROUP BY person_id

-- name: waits
-- Who waits for what at the end of a day: since when, the gap foreseen, and what the chance of a purchase soon is foreseen from.
WITH waiting AS (
  SELECT r.person_id, r.item, r.day, r.gap, r.times, r.recent, r.first_day, r.log_mean, r.trend, :mu AS mu,
    ln(CAST(:cut - r.day + 1 AS DOUBLE)) AS log_wait
  FROM replenishment_rhythms AS r
  WHERE r.day <= :cut AND (r.gap IS NULL OR r.day + r.gap > :cut)
)
SELECT w.person_id, w.item, w.day, w.times, w.mu, w.log_mean, w.trend, w.log_wait, w.log_wait - w.mu AS overdue,
  power(w.log_wait - w.mu, 2) AS overdue_2,
  ln((w.times + 0.5) / (:cut - w.first_day + 30.0)) AS rate,
  ln(CAST(w.recent AS DOUBLE)) AS log_recent, ln(CAST(w.times AS DOUBLE)) AS log_times,
  ln(CAST(coalesce(a.visits_28, 0) + 1 AS DOUBLE)) AS visits, ln(CAST(coalesce(a.articles_56, 0) + 1 AS DOUBLE)) AS articles,
  CASE WHEN w.times = 1 THEN 1.0 ELSE 0.0 END AS once, CASE WHEN w.times = 1 THEN w.log_wait ELSE 0.0 END AS once_wait,
  CASE WHEN w.day + w.gap <= :cut + 14 THEN 1 ELSE 0 END AS came
FROM waiting AS w
LEFT JOIN replenishment_activity AS a ON a.person_id = w.person_id

-- name: waits_in_order
-- The same in order, and only what the chance is learned from.
SELECT mu, log_mean, trend, log_wait, overdue, overdue_2, rate, log_recent, log_times, visits, articles, once, once_wait, came
FROM replenishment_waits
ORDER BY person_id, item

-- name: due
-- The next due date of each customer and item: the middle, and the first and third quarter, of the time still to wait given the time waited. Who has waited so long that most never come back has none.
WITH placed AS (
  SELECT w.person_id, w.item, w.day, w.times, w.mu, 1 / (1 + exp(-(:chance))) AS chance_14d, least(w.times, 4) AS class,
    CAST(least(greatest(floor((ln(CAST(greatest(:cut - w.day, 1) AS DOUBLE)) - w.mu) * 20), -80), 79) AS INTEGER) AS step
  FROM replenishment_waits AS w
), foreseen AS (
  SELECT p.person_id, p.item, p.day, p.times, p.mu, p.chance_14d,
    greatest(p.day + exp(p.mu + c.middle), :cut + 1) AS due_on,
    greatest(p.day + exp(p.mu + c.early), :cut + 1) AS due_from,
    greatest(p.day + exp(p.mu + c.late), :cut + 1) AS due_until,
    row_number() OVER (PARTITION BY p.person_id ORDER BY p.chance_14d DESC, p.item) AS place
  FROM placed AS p
  JOIN replenishment_curve AS c ON c.class = p.class AND c.step = p.step
  WHERE c.middle IS NOT NULL
)
SELECT f.person_id, i.name AS item, f.times AS bought, add_days(DATE '1970-01-01', f.day) AS last_bought,
  exp(f.mu) AS gap_days, add_days(DATE '1970-01-01', CAST(round(f.due_on) AS INTEGER)) AS due_on,
  add_days(DATE '1970-01-01', CAST(floor(f.due_from) AS INTEGER)) AS due_from,
  add_days(DATE '1970-01-01', CAST(ceil(f.due_until) AS INTEGER)) AS due_until, f.chance_14d
FROM foreseen AS f
JOIN replenishment_items AS i ON i.item = f.item
WHERE f.place <= :at_most
ORDER BY f.person_id, i.name
