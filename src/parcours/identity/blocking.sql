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

-- name: touching
-- All records that have for a key what one of those has.
SELECT k.record_number, k.value
FROM keyed_all AS k
JOIN (SELECT DISTINCT value FROM keyed_anew) AS a ON a.value = k.value

-- name: pairs_anew
-- The pairs of records that agree on a value shared by few enough records, one of them being to look at.
SELECT DISTINCT least(l.record_number, r.record_number) AS join_key_l,
  greatest(l.record_number, r.record_number) AS join_key_r
FROM keyed_anew AS l
JOIN (SELECT value FROM keyed GROUP BY value HAVING count(*) BETWEEN 2 AND :largest) AS s ON s.value = l.value
JOIN keyed AS r ON r.value = l.value AND r.record_number <> l.record_number
