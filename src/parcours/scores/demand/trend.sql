-- name: searches
-- How often each text was searched for by week before the day spoken of: thousandths, like units.
SELECT lower(trim(e.query)) AS item, '' AS department, CAST(floor(days_between(e.event_date, :as_of) / 7.0) AS BIGINT) AS ago,
  CAST(1000 * count(*) AS BIGINT) AS thousandths
FROM events AS e
WHERE e.name = 'products_searched' AND e.event_date <= :as_of AND trim(e.query) <> ''
GROUP BY lower(trim(e.query)), CAST(floor(days_between(e.event_date, :as_of) / 7.0) AS BIGINT)
ORDER BY item, ago
