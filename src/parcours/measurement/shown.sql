-- name: extent
-- How many customers have a list of each score, and how many articles are shown to anybody.
SELECT score, count(DISTINCT person_id) AS people, count(DISTINCT product_id) AS articles
FROM recommendations
GROUP BY score
ORDER BY score

-- name: cards
-- The newest card of each score.
SELECT m.score, m.kept, m.detail
FROM score_models AS m
JOIN (SELECT score, max(as_of) AS as_of FROM score_models GROUP BY score) AS n ON n.score = m.score AND n.as_of = m.as_of
ORDER BY m.score

-- name: examples
-- Customers to show: whose lists hold the most different reasons.
SELECT person_id
FROM (
  SELECT person_id, count(DISTINCT substr(reason, 1, 22)) AS reasons, count(*) AS places
  FROM recommendations WHERE score = :score
  GROUP BY person_id
) AS counted
ORDER BY reasons DESC, places DESC, person_id
LIMIT :at_most

-- name: places
-- The first places of a list of some customers, each article by its name.
SELECT r.person_id, r.place, coalesce(d.name, r.product_id) AS article, r.reason, b.name AS about
FROM recommendations AS r
LEFT JOIN products AS d ON d.product_id = r.product_id
LEFT JOIN products AS b ON b.product_id = json_text(r.reason, '$.product_id')
WHERE r.score = :score AND r.place <= :at_most AND r.person_id IN :people
ORDER BY r.person_id, r.place

-- name: near
-- The nearest of the articles that have the nearest, by score: some of them, each with three.
SELECT s.product_id, coalesce(d.name, s.product_id) AS article, coalesce(o.name, s.other_id) AS other, s.place, s.by
FROM similar_products AS s
JOIN (
  SELECT product_id FROM similar_products
  WHERE score = :score AND place = 1
  ORDER BY CASE WHEN by = 'text' THEN 1 ELSE 0 END, closeness DESC, product_id
  LIMIT :at_most
) AS chosen ON chosen.product_id = s.product_id
LEFT JOIN products AS d ON d.product_id = s.product_id
LEFT JOIN products AS o ON o.product_id = s.other_id
WHERE s.score = :score AND s.place <= 3
ORDER BY s.product_id, s.place
