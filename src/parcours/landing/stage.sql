-- name: landed
-- How many records of each piece landed, by what they were set aside for (null: for nothing), and their newest time.
SELECT _number, _aside AS aside, count(*) AS records, max(_moment) AS moment
FROM good
GROUP BY _number, _aside

-- name: landed_records
-- The same where records were told apart into rows: a record is set aside when all of its rows are.
SELECT _number, aside, count(*) AS records, max(moment) AS moment
FROM (
    SELECT _number, _record, CASE WHEN count(*) = count(_aside) THEN min(_aside) END AS aside, max(_moment) AS moment
    FROM good
    GROUP BY _number, _record
) AS records
GROUP BY _number, aside

-- name: faulty
-- The records that broke a rule, and the first of the rules they broke.
SELECT _number, _record, min(_bad) AS code
FROM staged
WHERE _bad IS NOT NULL
GROUP BY _number, _record
ORDER BY _number, _record

-- name: good
-- The rows that broke no rule.
SELECT * FROM staged WHERE _bad IS NULL

-- name: good_records
-- The rows of records of which no row broke a rule.
SELECT * FROM staged WHERE _record NOT IN (SELECT _record FROM faulty)

-- name: stumbled
-- The files in which the parser met something it could not read.
SELECT DISTINCT s.file_path AS path
FROM reject_errors AS e
JOIN reject_scans AS s ON s.scan_id = e.scan_id AND s.file_id = e.file_id
