-- name: items
-- What forecasts are told of, the most sold of the last year first: the item, its department, whether it is still in the catalogue.
SELECT item, min(department) AS department, max(active) AS active,
  CAST(row_number() OVER (ORDER BY CAST(sum(thousandths) AS BIGINT) DESC, item) AS BIGINT) AS number
FROM (
  SELECT coalesce(:item, 'other') AS item, coalesce(d.category_1, '') AS department,
    CASE WHEN d.active = FALSE THEN 0 ELSE 1 END AS active, s.thousandths
  FROM (
    SELECT product_id, CAST(sum(CASE WHEN days_between(day, :as_of) < 364 THEN thousandths ELSE 0 END) AS BIGINT) AS thousandths
    FROM world_sold GROUP BY product_id
  ) AS s
  LEFT JOIN products AS d ON d.product_id = s.product_id
) AS named
GROUP BY item

-- name: places
-- Where something was sold, numbered: the stores, and the channels that are none.
SELECT place, CAST(row_number() OVER (ORDER BY place) AS BIGINT) AS number
FROM (SELECT DISTINCT place FROM world_sold) AS known

-- name: cells
-- Thousandths of units by item, place and how many periods ago; items beyond the most sold are number 0.
SELECT CASE WHEN i.number <= :at_most THEN i.number ELSE 0 END AS item,
  CASE WHEN :by_store THEN p.number ELSE 0 END AS place,
  CAST(floor(days_between(s.day, :as_of) / CAST(:days AS DOUBLE)) AS BIGINT) AS ago,
  CAST(sum(s.thousandths) AS BIGINT) AS thousandths
FROM world_sold AS s
LEFT JOIN products AS d ON d.product_id = s.product_id
JOIN demand_items AS i ON i.item = coalesce(:item, 'other')
JOIN demand_places AS p ON p.place = s.place
GROUP BY CASE WHEN i.number <= :at_most THEN i.number ELSE 0 END, CASE WHEN :by_store THEN p.number ELSE 0 END,
  CAST(floor(days_between(s.day, :as_of) / CAST(:days AS DOUBLE)) AS BIGINT)
ORDER BY item, place, ago

-- name: extent
-- The first day on which anything was sold.
SELECT min(day) AS first_day FROM world_sold
