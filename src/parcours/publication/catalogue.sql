-- name: articles
-- The catalogue with the stock of all stores, each counted when it was last counted.
SELECT CAST(:publication AS BIGINT) AS publication, p.product_id, p.name, p.brand, p.category_1, p.category_2,
  p.category_3, p.list_price AS price, p.currency, coalesce(p.active, TRUE) AS active, s.stock, p.properties
FROM products AS p
LEFT JOIN (
  SELECT product_id, CAST(floor(sum(quantity)) AS BIGINT) AS stock
  FROM (
    SELECT product_id, quantity, row_number() OVER (
      PARTITION BY source, product_id, store_id ORDER BY as_of DESC) AS turn
    FROM stock
  ) AS counted
  WHERE turn = 1
  GROUP BY product_id
) AS s ON s.product_id = p.product_id

-- name: orders
-- The order of articles for everybody, one row a score.
SELECT CAST(:publication AS BIGINT) AS publication, score, '' AS root, concat('[', string_agg(
  concat('[', json_quoted(product_id), ',', CAST(round(worth, 6) AS VARCHAR), ']'), ',' ORDER BY place, product_id), ']')
  AS told
FROM catalogue_order
WHERE place <= :most
GROUP BY score

-- name: near
-- The articles near each one, one row a score and article.
SELECT CAST(:publication AS BIGINT) AS publication, score, product_id AS root, concat('[', string_agg(
  concat('[', json_quoted(other_id), ',', CAST(round(closeness, 6) AS VARCHAR), ']'), ',' ORDER BY place, other_id), ']')
  AS told
FROM similar_products
GROUP BY score, product_id
