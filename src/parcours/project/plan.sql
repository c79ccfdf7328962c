-- name: segments
-- Per segment, how many people it would have, and how many enter and leave.
SELECT segment, CAST(sum(is_after) AS BIGINT) AS people,
       count(*) FILTER (WHERE is_after = 1 AND is_before = 0) AS enter,
       count(*) FILTER (WHERE is_after = 0 AND is_before = 1) AS leave
FROM (
  SELECT segment, person_id, max(is_before) AS is_before, max(is_after) AS is_after
  FROM (
    SELECT segment, person_id, 1 AS is_before, 0 AS is_after FROM memberships_before
    UNION ALL
    SELECT segment, person_id, 0 AS is_before, 1 AS is_after FROM memberships
  ) AS both_sides
  GROUP BY segment, person_id
) AS moves
GROUP BY segment
ORDER BY segment
