-- name: segments
-- How many people are in each segment, and what they spent over the last twelve months.
SELECT m.segment, count(*) AS people, CAST(coalesce(sum(c.revenue_now), 0) AS BIGINT) AS revenue
FROM memberships AS m
LEFT JOIN customers AS c ON c.person_id = m.person_id
GROUP BY m.segment

-- name: moves
-- How many people entered and left each segment on the day of the count.
SELECT segment, count(*) FILTER (WHERE change = 'entered') AS entered, count(*) FILTER (WHERE change = 'left') AS went
FROM membership_changes
WHERE at = :as_of
GROUP BY segment

-- name: counted_before
-- The segments that were counted on the last earlier day.
SELECT segment FROM segment_counts_before

-- name: overlaps
-- How many people each two segments share.
SELECT segment AS one, other, people
FROM segment_overlaps
WHERE segment < other
ORDER BY segment, other
