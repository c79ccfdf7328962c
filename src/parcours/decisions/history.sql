-- name: units
-- Who may be given offers: households (or persons) that have a living, known member and whom no rule leaves out, numbered from 0.
SELECT CAST(row_number() OVER (ORDER BY household_id) - 1 AS BIGINT) AS unit, household_id
FROM (
  SELECT household_id FROM deal_members GROUP BY household_id
  HAVING max(CASE WHEN may THEN 1 ELSE 0 END) = 1 AND max(CASE WHEN never THEN 1 ELSE 0 END) = 0
) AS kept

-- name: living
-- Every known, living person and the household (or the person) that offers go to.
SELECT person_id, CASE WHEN :to = 'person' THEN person_id ELSE coalesce(household_id, person_id) END AS household_id
FROM persons
WHERE known AND merged_into IS NULL

-- name: words
-- What offers are good for, by article: those for which all that is written holds.
SELECT w.goods, a.product_id
FROM (
  SELECT product_id, 'product_id' AS named, product_id AS value FROM products
  UNION ALL SELECT product_id, 'brand' AS named, brand AS value FROM products
  UNION ALL SELECT product_id, 'category_1' AS named, category_1 AS value FROM products
  UNION ALL SELECT product_id, 'category_2' AS named, category_2 AS value FROM products
  UNION ALL SELECT product_id, 'category_3' AS named, category_3 AS value FROM products
) AS a
JOIN deal_words AS w ON w.named = a.named AND w.value = a.value
GROUP BY w.goods, a.product_id, w.asked
HAVING count(DISTINCT w.named) = w.asked

-- name: coupons
-- The coupons of a campaign.
SELECT coupon_id, min(name) AS name, min(value) AS value, count(DISTINCT product_id) AS products
FROM coupons
WHERE campaign_id = :campaign AND product_id IS NOT NULL
GROUP BY coupon_id
ORDER BY coupon_id

-- name: coupon_goods
-- The articles that a campaign's coupons are good for.
SELECT DISTINCT n.goods, c.product_id
FROM coupons AS c
JOIN deal_coupons AS n ON n.coupon_id = c.coupon_id
WHERE c.campaign_id = :campaign AND c.product_id IS NOT NULL

-- name: bought
-- What each household bought on each day, by article, in the days that are looked at.
SELECT u.unit, l.order_date AS day, l.product_id, CAST(sum(l.net_amount) AS BIGINT) AS net_amount,
  sum(l.quantity) AS quantity
FROM order_lines AS l
JOIN record_persons AS r ON r.record_id = l.record_id
JOIN deal_members AS m ON m.person_id = r.person_id
JOIN deal_units AS u ON u.household_id = m.household_id
WHERE l.status = 'completed' AND l.kind = 'sale' AND l.quantity > 0 AND l.order_date <= :as_of
  AND l.order_date > :since
GROUP BY u.unit, l.order_date, l.product_id

-- name: buying_days
-- The days on which each household bought anything.
SELECT unit, day FROM deal_bought GROUP BY unit, day

-- name: goods_days
-- The days on which each household bought what an offer is good for.
SELECT b.unit, g.goods, b.day
FROM deal_bought AS b
JOIN deal_goods AS g ON g.product_id = b.product_id
GROUP BY b.unit, g.goods, b.day

-- name: goods
-- What an offer's articles sell for on one day of one household, what they cost, and how many articles there are.
SELECT g.goods, count(DISTINCT g.product_id) AS products,
  CAST(sum(b.net_amount) AS BIGINT) AS net_amount,
  CAST(sum(CASE WHEN p.cost IS NOT NULL THEN b.net_amount END) AS BIGINT) AS costed_amount,
  CAST(sum(round(p.cost * b.quantity)) AS BIGINT) AS cost
FROM deal_goods AS g
LEFT JOIN deal_bought AS b ON b.product_id = g.product_id
LEFT JOIN products AS p ON p.product_id = g.product_id
GROUP BY g.goods
ORDER BY g.goods

-- name: kinds
-- What an offer is: the category (or brand) that most of what is sold under it is of, then most of its articles.
SELECT goods, kind FROM (
  SELECT goods, kind,
    row_number() OVER (PARTITION BY goods ORDER BY net_amount DESC, products DESC, kind) AS place
  FROM (
    SELECT g.goods, coalesce(:per, p.category_1, p.brand, p.product_id) AS kind,
      count(DISTINCT g.product_id) AS products, CAST(coalesce(sum(b.net_amount), 0) AS BIGINT) AS net_amount
    FROM deal_goods AS g
    JOIN products AS p ON p.product_id = g.product_id
    LEFT JOIN deal_bought AS b ON b.product_id = g.product_id
    GROUP BY g.goods, coalesce(:per, p.category_1, p.brand, p.product_id)
  ) AS counted
) AS placed
WHERE place = 1
ORDER BY goods

-- name: kind_products
-- The category of every article: what households are said to buy.
SELECT product_id, coalesce(category_2, category_1, brand) AS kind
FROM products
WHERE coalesce(category_2, category_1, brand) IS NOT NULL

-- name: kind_names
-- The categories that are bought, those of most households first.
SELECT kind FROM (
  SELECT p.kind, count(DISTINCT b.unit) AS units
  FROM deal_bought AS b
  JOIN deal_kind_products AS p ON p.product_id = b.product_id
  GROUP BY p.kind
) AS counted
ORDER BY units DESC, kind
LIMIT :most

-- name: kind_overlap
-- Which categories the articles of an offer are of.
SELECT DISTINCT g.goods, k.number
FROM deal_goods AS g
JOIN deal_kind_products AS p ON p.product_id = g.product_id
JOIN deal_kinds AS k ON k.kind = p.kind

-- name: kind_days
-- The categories that each household bought of, and when last.
SELECT b.unit, k.number, b.day
FROM deal_bought AS b
JOIN deal_kind_products AS p ON p.product_id = b.product_id
JOIN deal_kinds AS k ON k.kind = p.kind
GROUP BY b.unit, k.number, b.day

-- name: pairs
-- What each household bought of each offer's articles up to a day: on how many days, in the last 90, how long ago.
SELECT unit, goods, count(*) AS times, count(CASE WHEN day > :recent THEN 1 END) AS lately,
  days_between(max(day), :cut) AS since
FROM deal_goods_days
WHERE day <= :cut AND day > :since AND :some
GROUP BY unit, goods
ORDER BY unit, goods

-- name: visits
-- How often each household bought at all up to a day: on how many days, in the last 90, how many days since the first.
SELECT unit, count(*) AS times, count(CASE WHEN day > :recent THEN 1 END) AS lately,
  days_between(min(day), :cut) AS known_for
FROM deal_buying_days
WHERE day <= :cut AND day > :since AND :some
GROUP BY unit
ORDER BY unit

-- name: kinds_bought
-- The categories each household bought of up to a day.
SELECT unit, number
FROM deal_kind_days
WHERE day <= :cut AND day > :since AND :some
GROUP BY unit, number
ORDER BY unit, number

-- name: happened
-- What was then bought: the households and offers' articles of the days after a day.
SELECT DISTINCT unit, goods
FROM deal_goods_days
WHERE day > :cut AND day <= :until AND :some
ORDER BY unit, goods

-- name: extent
-- The first day anything was bought, and how many households ever bought.
SELECT min(day) AS first_day, count(DISTINCT unit) AS buyers FROM deal_buying_days

-- name: campaign_pairs
-- Of the households that a past campaign addressed and that bought a coupon's articles in its days: how many coupons they could have used and how many they used.
WITH past AS (
  SELECT campaign_id, started_on, ended_on FROM campaigns
  WHERE ended_on <= :as_of AND started_on > :since AND (kind = :kind OR :kind IS NULL)
), addressed AS (
  SELECT DISTINCT m.campaign_id, u.unit
  FROM campaign_members AS m
  JOIN past AS p ON p.campaign_id = m.campaign_id
  JOIN record_persons AS r ON r.record_id = m.record_id
  JOIN deal_members AS d ON d.person_id = r.person_id
  JOIN deal_units AS u ON u.household_id = d.household_id
), could AS (
  SELECT DISTINCT a.unit, a.campaign_id, c.coupon_id
  FROM addressed AS a
  JOIN past AS p ON p.campaign_id = a.campaign_id
  JOIN deal_bought AS b ON b.unit = a.unit AND b.day >= p.started_on AND b.day <= p.ended_on
  JOIN coupons AS c ON c.campaign_id = a.campaign_id AND c.product_id = b.product_id
), did AS (
  SELECT DISTINCT u.unit, x.campaign_id, x.coupon_id
  FROM redemptions AS x
  JOIN record_persons AS r ON r.record_id = x.record_id
  JOIN deal_members AS d ON d.person_id = r.person_id
  JOIN deal_units AS u ON u.household_id = d.household_id
  WHERE x.event_date <= :as_of
)
SELECT a.unit, coalesce(c.could, 0) AS could, coalesce(d.did, 0) AS did
FROM (SELECT DISTINCT unit FROM addressed) AS a
LEFT JOIN (SELECT unit, count(*) AS could FROM could GROUP BY unit) AS c ON c.unit = a.unit
LEFT JOIN (
  SELECT d.unit, count(*) AS did
  FROM did AS d
  JOIN addressed AS b ON b.unit = d.unit AND b.campaign_id = d.campaign_id
  GROUP BY d.unit
) AS d ON d.unit = a.unit
ORDER BY a.unit

-- name: campaign_kind
-- What kind of campaign it is.
SELECT min(kind) AS kind FROM campaigns WHERE campaign_id = :campaign
