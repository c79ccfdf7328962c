-- name: find
-- The persons behind an identifier, by its normalised value or as a source wrote it.
SELECT DISTINCT rp.person_id
FROM identifiers AS i
JOIN record_persons AS rp ON rp.record_id = i.record_id
WHERE :value_is_one AND (i.kind = :kind OR :kind = '')
ORDER BY rp.person_id

-- name: person
-- A person as the last version knows them.
SELECT person_id, household_id, known, records, first_seen, last_seen, merged_into
FROM persons
WHERE person_id = :person

-- name: same_household
-- The other persons of a household.
SELECT person_id FROM persons
WHERE household_id = :household AND person_id <> :person AND merged_into IS NULL
ORDER BY person_id

-- name: records
-- What each source says of a person.
SELECT c.source, c.record_key, c.record_id, c.first_name, c.last_name, c.birth_date, c.postcode, c.city
FROM record_persons AS rp
JOIN customer_records AS c ON c.record_id = rp.record_id
WHERE rp.person_id = :person
ORDER BY c.source, c.record_key

-- name: identifiers
-- The identifiers a person was seen with, by each source that gave them, and whether they may join.
SELECT i.kind, i.value, i.source, count(DISTINCT i.record_id) AS records, bool_or(i.verified) AS verified, bool_or(i.usable) AS usable,
       max(i.why_not) AS why_not, min(i.first_seen) AS first_seen, max(i.last_seen) AS last_seen
FROM record_persons AS rp
JOIN seen AS i ON i.record_id = rp.record_id
WHERE rp.person_id = :person
GROUP BY i.kind, i.value, i.source
ORDER BY i.kind, i.value, i.source

-- name: record_sources
-- The sources that speak of each record of a person.
SELECT rp.record_id, s.source
FROM record_persons AS rp
JOIN (SELECT record_id, source FROM seen UNION SELECT record_id, source FROM customer_records) AS s
  ON s.record_id = rp.record_id
WHERE rp.person_id = :person
ORDER BY rp.record_id, s.source

-- name: links
-- Why the records of a person are one person.
SELECT record_id, kind, value, by, weight, evidence, since
FROM links
WHERE person_id = :person
ORDER BY kind, value, record_id, by

-- name: refused
-- Identifiers of a person that were not allowed to join anybody.
SELECT DISTINCT r.kind, r.value, r.records, r.rule, r.detail
FROM record_persons AS rp
JOIN identifiers AS i ON i.record_id = rp.record_id
JOIN refused_links AS r ON r.kind = i.kind AND r.value = i.value
WHERE rp.person_id = :person
ORDER BY r.kind, r.value

-- name: changes
-- When a person was new, merged or split.
SELECT change, other_person_id, at FROM person_changes
WHERE person_id = :person OR other_person_id = :person
ORDER BY at, change, other_person_id

-- name: profile
-- What is known of a person.
SELECT * FROM profiles WHERE person_id = :person

-- name: stage
-- Where a customer stands: the RFM grid and the life cycle.
SELECT rfm_r, rfm_f, rfm_m, rfm_cell, life_cycle, rhythm_days FROM stages WHERE person_id = :person

-- name: segment
-- How many people are in a segment, and since when the last of them.
SELECT count(*) AS people, min(since) AS first_since, max(since) AS last_since
FROM memberships WHERE segment = :segment

-- name: segment_changes
-- Who entered and left a segment in the last run that changed it, by the condition that did it.
SELECT c.change, c.reason, c.at, count(*) AS people
FROM membership_changes AS c
WHERE c.segment = :segment
  AND c.at = (SELECT max(m.at) FROM membership_changes AS m WHERE m.segment = :segment)
GROUP BY c.change, c.reason, c.at
ORDER BY c.change, people DESC, c.reason

-- name: review
-- Pairs of records that are perhaps one person, the most probable first.
SELECT r.left_record, r.right_record, r.probability, r.evidence, a.person_id AS left_person, b.person_id AS right_person
FROM review_pairs AS r
JOIN record_persons AS a ON a.record_id = r.left_record
JOIN record_persons AS b ON b.record_id = r.right_record
WHERE a.person_id <> b.person_id
ORDER BY r.probability DESC, r.left_record, r.right_record
LIMIT 50

-- name: some_records
-- What sources say of some records.
SELECT record_id, source, record_key, first_name, last_name, birth_date, email, phone, street, postcode, city
FROM customer_records
WHERE :record_is_one
