-- name: sizes
-- How many records share each value of a key, for values that at least two share.
SELECT value, CAST(count(*) AS BIGINT) AS records FROM keyed GROUP BY value HAVING count(*) > 1

-- name: size_counts
-- How many pairs the values shared by so many records would give, fewest records first.
SELECT records, CAST(count(*) * records * (records - 1) / 2 AS BIGINT) AS pairs
FROM sizes GROUP BY records ORDER BY records

-- name: pairs
-- The pairs of records that agree on a value shared by few enough records.
SELECT l.record_number AS join_key_l, r.record_number AS join_key_r
FROM keyed AS l
JOIN sizes ON sizes.value = l.value AND sizes.records <= :largest
JOIN keyed AS r ON r.value = l.value AND l.record_number < r.record_number

-- name: outcome
-- How many pairs a key gave, and what it left out.
SELECT
  CAST(coalesce(sum(CASE WHEN records <= :largest THEN records * (records - 1) / 2 END), 0) AS BIGINT) AS pairs,
  CAST(count(CASE WHEN records > :largest THEN 1 END) AS BIGINT) AS left_out_values,
  CAST(coalesce(sum(CASE WHEN records > :largest THEN records END), 0) AS BIGINT) AS left_out_records
FROM sizes
