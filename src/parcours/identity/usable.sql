-- name: judged
-- Every identifier of every record, with the value that joins and why it may not (null: it may).
SELECT i.record_id, i.kind, i.value AS given, :joining AS value,
  CASE WHEN i.verified THEN 1 ELSE 0 END AS verified,
  CASE WHEN c.record_id IS NULL THEN 0 ELSE 1 END AS declared,
  i.first_seen, i.last_seen,
  CASE
    WHEN i.usable IS NULL OR NOT i.usable THEN 'not_valid'
    WHEN i.value IS NULL OR i.value = '' THEN 'not_valid'
    WHEN :blocked_by_project THEN 'blocked'
    WHEN :blocked_by_us THEN 'blocked'
    WHEN :unverified AND NOT coalesce(i.verified, FALSE) THEN 'not_verified'
  END AS why_not
FROM identifiers AS i
LEFT JOIN customer_records AS c ON c.record_id = i.record_id

-- name: joining
-- The value that joins: the several ways to write one mailbox are one.
SELECT
  CASE
    WHEN i.kind = 'email' AND split_part(i.value, '@', 2) IN ('gmail.com', 'googlemail.com')
      THEN concat(replace(split_part(split_part(i.value, '@', 1), '+', 1), '.', ''), '@gmail.com')
    ELSE i.value
  END AS value
FROM identifiers AS i

-- name: never
-- Values that identify nobody wherever they come from: fillers, test accounts, one digit repeated.
SELECT
  regexp_matches(i.value, '^[0-]*$')
  OR lower(i.value) IN ('-1', 'null', 'none', 'nan', 'n/a', 'na', 'nil', 'undefined', 'unknown', 'inconnu', 'anonymous',
    'anonyme', 'guest', 'test', '(not set)', '(none)')
  OR (i.kind = 'email' AND (
    split_part(lower(i.value), '@', 1) IN ('test', 'null', 'none', 'noreply', 'no-reply', 'anonymous', 'anonyme', 'inconnu',
      'unknown', 'noemail', 'nomail', 'sansmail', 'pasdemail', 'aucun')
    OR split_part(lower(i.value), '@', 2) IN ('test.com', 'test.fr', 'null', 'none', 'null.com')))
  OR (i.kind = 'phone' AND right(i.value, 7) IN ('0000000', '1111111', '2222222', '3333333', '4444444', '5555555', '6666666',
    '7777777', '8888888', '9999999')) AS never
FROM identifiers AS i

-- name: usable
-- The identifiers that may join, by the value that joins; a hub joins nobody.
SELECT j.record_id, j.kind, j.value, max(j.verified) AS verified, max(j.declared) AS declared,
  min(j.first_seen) AS first_seen
FROM judged AS j
LEFT JOIN hubs AS h ON h.kind = j.kind AND h.value = j.value
WHERE j.why_not IS NULL AND h.value IS NULL
GROUP BY j.record_id, j.kind, j.value

-- name: refused
-- Values that join nobody, by the reason, with how many records hold them.
SELECT kind, given AS value, count(DISTINCT record_id) AS records, min(why_not) AS rule
FROM judged
WHERE why_not IS NOT NULL
GROUP BY kind, given
HAVING count(DISTINCT record_id) > 1

-- name: records
-- Every record that speaks of somebody, whether a source describes the customer, and its best kind of identifier.
SELECT r.record_id,
  max(r.described) AS described,
  min(coalesce(k.rank, 1000)) AS best
FROM (
  SELECT record_id, kind, 0 AS described FROM judged WHERE why_not IS NULL
  UNION ALL SELECT record_id, NULL AS kind, 0 AS described FROM judged WHERE why_not = 'not_verified'
  UNION ALL SELECT record_id, NULL AS kind, 1 AS described FROM customer_records
) AS r
LEFT JOIN kind_ranks AS k ON k.kind = r.kind
GROUP BY r.record_id

-- name: descriptions
-- What sources say of customers, made comparable: letters only, without accents.
SELECT record_id,
  nullif(translate(lower(first_name), 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ -''.', 'aaaaaaceeeeiiiinooooouuuuyy'), '') AS first_name,
  nullif(translate(lower(last_name), 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ -''.', 'aaaaaaceeeeiiiinooooouuuuyy'), '') AS last_name,
  birth_date
FROM customer_records
WHERE first_name IS NOT NULL OR last_name IS NOT NULL
