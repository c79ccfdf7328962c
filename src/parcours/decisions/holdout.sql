-- name: earlier
-- Allotments that are over and held households back, the last one first; only those of a name, if one is given.
SELECT allotment, starts, until, households, held_back, lift, detail
FROM allotment_checks
WHERE until < :as_of AND held_back > 0 AND refused IS NULL AND (allotment = :named OR :named IS NULL)
ORDER BY until DESC, starts DESC, allotment
LIMIT 1

-- name: offers
-- The offers of an allotment that were dealt.
SELECT offer_id
FROM allotment_offers
WHERE allotment = :allotment AND starts = :starts AND why IS NULL
ORDER BY offer_id

-- name: coupon_articles
-- The articles of coupons that campaigns deliver, as an allotment names them.
SELECT DISTINCT p.goods, c.product_id
FROM coupons AS c
JOIN past_offers AS p ON p.offer_id = c.campaign_id || '/' || c.coupon_id
WHERE c.product_id IS NOT NULL

-- name: rows
-- The offers of some households, given or held back, with how many of the same side of the mix each household has.
SELECT household_id, goods, given, known, buys_anyway, chance,
  count(*) OVER (PARTITION BY household_id, known) AS places
FROM (
  SELECT a.household_id, o.goods, a.given, a.known, a.buys_anyway, a.chance
  FROM allotments AS a
  JOIN past_offers AS o ON o.offer_id = a.offer_id
  WHERE a.allotment = :allotment AND a.starts = :starts
    AND hash_bucket('measured/' || CAST(a.household_id AS VARCHAR), 1000000)
      < CASE WHEN a.given THEN :given ELSE :held_back END
    AND o.goods IN (SELECT goods FROM past_goods)
) AS chosen

-- name: bought
-- What those households bought of the articles of all offers in the days of the allotment.
SELECT s.household_id, g.goods, sum(s.units) AS units, CAST(sum(s.sales) AS BIGINT) AS sales
FROM (
  SELECT m.household_id, l.product_id, sum(l.quantity) AS units, CAST(sum(l.net_amount) AS BIGINT) AS sales
  FROM order_lines AS l
  JOIN record_persons AS r ON r.record_id = l.record_id
  JOIN past_members AS m ON m.person_id = r.person_id
  WHERE l.status = 'completed' AND l.kind = 'sale' AND l.quantity > 0
    AND l.order_date >= :starts AND l.order_date <= :until
  GROUP BY m.household_id, l.product_id
) AS s
JOIN past_goods AS g ON g.product_id = s.product_id
GROUP BY s.household_id, g.goods

-- name: members
-- The living members of those households.
SELECT l.person_id, l.household_id
FROM past_living AS l
JOIN (SELECT DISTINCT household_id FROM past_rows) AS h ON h.household_id = l.household_id

-- name: sides
-- For things known and new, given and held back: households, and over them the sums and squares of what one offer saw (share buying and share buying beyond what was foreseen, in 100,000ths; units; sales).
SELECT known, given, count(*) AS households,
  CAST(sum(bought) AS BIGINT) AS bought,
  CAST(sum(beyond) AS BIGINT) AS beyond, CAST(sum(beyond * beyond) AS BIGINT) AS beyond_squares,
  sum(units) AS units, sum(units * units) AS units_squares,
  sum(sales) AS sales, sum(sales * sales) AS sales_squares
FROM (
  SELECT r.household_id, r.known, r.given,
    CAST(round(100000.0 * count(b.goods) / count(*)) AS BIGINT) AS bought,
    CAST(round((100000.0 * count(b.goods) - sum(CAST(round(100000 * r.buys_anyway) AS BIGINT))) / count(*)) AS BIGINT) AS beyond,
    coalesce(sum(b.units), 0.0) / count(*) AS units,
    CAST(coalesce(sum(b.sales), 0) AS DOUBLE) / count(*) AS sales
  FROM past_rows AS r
  LEFT JOIN past_bought AS b ON b.household_id = r.household_id AND b.goods = r.goods
  GROUP BY r.household_id, r.known, r.given
) AS homes
GROUP BY known, given
ORDER BY known, given

-- name: uses
-- Of those given: by how probable a purchase without the offer was (in 200ths), the uses expected of who buys anyway, in millionths a household.
SELECT known, CAST(round(200 * buys_anyway) AS BIGINT) AS step,
  CAST(sum(CAST(round(
    1000000 * chance * (1 - CASE WHEN known THEN :known ELSE :fresh END * (1 - buys_anyway)) / places
  ) AS BIGINT)) AS BIGINT) AS uses
FROM past_rows
WHERE given
GROUP BY known, CAST(round(200 * buys_anyway) AS BIGINT)
ORDER BY known, step
