-- name: cards
-- Every allotment, the newest first.
SELECT allotment, starts, until, households, held_back, places, given, value, gap, lift, lift_from, use_from, refused, detail
FROM allotment_checks
ORDER BY starts DESC, allotment

-- name: offers
-- The offers of an allotment, those first of which most is expected.
SELECT title, item, households, uses, cost, budget, funded, margin, why
FROM allotment_offers
WHERE allotment = :allotment AND starts = :starts
ORDER BY margin DESC, households DESC, offer_id

-- name: why
-- How many households have all they should, and why others have not.
SELECT why, count(*) AS households
FROM allotment_households
WHERE allotment = :allotment AND starts = :starts AND NOT held_back
GROUP BY why
ORDER BY households DESC, why

-- name: examples
-- Some households with their offers: those of which most is expected in a tenth that a hash chooses.
WITH some AS (
  SELECT household_id
  FROM (
    SELECT household_id, sum(expected_margin) AS margin FROM allotments
    WHERE allotment = :allotment AND starts = :starts AND given
      AND reasons LIKE '%"with"%'
    GROUP BY household_id
  ) AS telling
  ORDER BY hash_bucket(CAST(household_id AS VARCHAR), 1000000), household_id
  LIMIT :at_most
)
SELECT a.household_id, a.place, o.title, a.reasons, a.known, a.chance
FROM allotments AS a
JOIN some AS s ON s.household_id = a.household_id
JOIN allotment_offers AS o ON o.allotment = a.allotment AND o.starts = a.starts AND o.offer_id = a.offer_id
WHERE a.allotment = :allotment AND a.starts = :starts
ORDER BY a.household_id, a.place

-- name: used
-- How many of the coupons given were redeemed in their days, by how many households, and the retailer's part of their value.
WITH members AS (
  SELECT h.household_id, r.record_id
  FROM allotment_households AS h
  JOIN persons AS p ON p.person_id = h.household_id OR p.household_id = h.household_id
  JOIN record_persons AS r ON r.person_id = p.person_id
  WHERE h.allotment = :allotment AND h.starts = :starts AND NOT h.held_back
), redeemed AS (
  SELECT DISTINCT m.household_id, x.coupon_id
  FROM redemptions AS x
  JOIN members AS m ON m.record_id = x.record_id
  WHERE x.event_date >= :starts AND x.event_date <= :until
), used AS (
  SELECT a.household_id,
    CASE WHEN o.cost > 0 THEN o.value * (1 - o.funded / o.cost) ELSE coalesce(o.value, 0) END AS own
  FROM allotments AS a
  JOIN redeemed AS r ON r.household_id = a.household_id AND r.coupon_id = a.code
  JOIN allotment_offers AS o ON o.allotment = a.allotment AND o.starts = a.starts AND o.offer_id = a.offer_id
  WHERE a.allotment = :allotment AND a.starts = :starts AND a.given
)
SELECT count(*) AS used, count(DISTINCT household_id) AS households, coalesce(sum(own), 0) AS cost FROM used

-- name: spent
-- What households with offers and those held back spent in the days of an allotment: how many, the sum, the sum of squares.
WITH members AS (
  SELECT h.household_id, h.held_back, r.record_id
  FROM allotment_households AS h
  JOIN persons AS p ON p.person_id = h.household_id OR p.household_id = h.household_id
  JOIN record_persons AS r ON r.person_id = p.person_id
  WHERE h.allotment = :allotment AND h.starts = :starts
), spent AS (
  SELECT m.household_id, CAST(sum(o.net_amount) AS BIGINT) AS amount
  FROM orders AS o
  JOIN members AS m ON m.record_id = o.record_id
  WHERE o.is_purchase AND o.order_date >= :starts AND o.order_date <= :until
  GROUP BY m.household_id
)
SELECT h.held_back, count(*) AS households, CAST(coalesce(sum(s.amount), 0) AS BIGINT) AS amount,
  sum(power(CAST(coalesce(s.amount, 0) AS DOUBLE), 2)) AS squares
FROM allotment_households AS h
LEFT JOIN spent AS s ON s.household_id = h.household_id
WHERE h.allotment = :allotment AND h.starts = :starts
GROUP BY h.held_back
ORDER BY h.held_back
