-- name: owners
-- Who has a profile: people who live (no other took their place) and are known, or everybody where visitors have one too.
SELECT p.person_id, p.known
FROM persons AS p
WHERE p.merged_into IS NULL AND (p.known OR :anonymous)

-- name: people
-- The records that speak of people who have a profile.
SELECT r.record_id, r.person_id
FROM record_persons AS r
JOIN persons AS p ON p.person_id = r.person_id
WHERE p.merged_into IS NULL AND (p.known OR :anonymous)

-- name: moved
-- People whose records are not those of the last run: somebody new, joined, split, or known by one record more.
SELECT n.person_id
FROM profile_people AS n
LEFT JOIN profile_people_before AS o ON o.record_id = n.record_id
WHERE o.person_id IS NULL OR o.person_id <> n.person_id
UNION
SELECT o.person_id
FROM profile_people_before AS o
LEFT JOIN profile_people AS n ON n.record_id = o.record_id
WHERE n.person_id IS NULL OR o.person_id <> n.person_id

-- name: nobody
-- Nobody, where people's records are those of the last run.
SELECT CAST(NULL AS BIGINT) AS person_id
WHERE FALSE

-- name: touched
-- Everybody whose measures may have changed: by a record that did, or by a change of their records.
SELECT p.person_id
FROM profile_people AS p
JOIN changed_records AS c ON c.record_id = p.record_id
UNION
SELECT m.person_id
FROM profile_people_moved AS m

-- name: touched_records
-- All records of the people who are worked out anew.
SELECT p.record_id, p.person_id
FROM profile_people AS p
JOIN touched AS t ON t.person_id = p.person_id

-- name: renewed
-- What a pass gave the last time, except for those who are worked out anew, and what it gives them now.
SELECT b.*
FROM pass_before AS b
LEFT JOIN touched AS t ON t.person_id = b.person_id
WHERE t.person_id IS NULL
UNION ALL
SELECT a.*
FROM pass_anew AS a
