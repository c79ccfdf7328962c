-- name: say
-- Writes down what was said; what stands there already is not written twice.
INSERT INTO consent_ledger (key, person, subject, purpose, channel, state, text_version, language, source, proof, at,
  recorded_at)
SELECT key, person, subject, purpose, channel, state::consent_state, text_version, language, source, proof, at,
  %(recorded_at)s
FROM unnest(%(key)s::uuid[], %(person)s::bigint[], %(subject)s::bigint[], %(purpose)s::text[], %(channel)s::text[],
  %(state)s::text[], %(text_version)s::text[], %(language)s::text[], %(source)s::text[], %(proof)s::text[],
  %(at)s::timestamptz[])
  AS said(key, person, subject, purpose, channel, state, text_version, language, source, proof, at)
ORDER BY key
ON CONFLICT (key) DO NOTHING
RETURNING key

-- name: alone
-- Waits until nobody else changes what this person said.
SELECT pg_advisory_xact_lock(7276003, hashint8(%(person)s::bigint)) IS NOT NULL AS alone

-- name: allowed
-- For each of some people whether a purpose may use a channel: yes or no, why, and the address that may be used.
WITH said AS (
  SELECT s.of_person AS person,
    max(s.at) FILTER (WHERE s.state = 'granted') AS granted_at,
    max(s.at) FILTER (WHERE s.state = 'denied') AS denied_at,
    max(s.at) FILTER (WHERE s.state = 'objected') AS objected_at
  FROM consent_said(%(people)s::bigint[]) AS s
  WHERE s.at <= %(at)s AND (
    (s.purpose = %(purpose)s AND (s.channel IS NULL OR s.channel = %(channel)s::text))
    OR (s.purpose = ANY(%(ends_with)s::text[]) AND s.channel IS NULL AND s.state = 'objected'))
  GROUP BY s.of_person
),
reached AS (
  SELECT a.person, count(*) AS addresses,
    (array_agg(i.subject ORDER BY i.last_seen DESC NULLS LAST, i.subject) FILTER (WHERE n.hash IS NULL))[1] AS subject
  FROM unnest(%(people)s::bigint[]) AS a(person)
  JOIN consent_addresses AS i ON i.person = a.person AND i.kind = %(address)s::text
  LEFT JOIN suppressions AS n ON n.reason = ANY(%(reasons)s::text[]) AND n.hash = sha256(
    %(outer)s::bytea || sha256(%(inner)s::bytea || convert_to(i.kind || ':' || i.value, 'UTF8')))
  GROUP BY a.person
),
judged AS (
  SELECT a.person, r.addresses, r.subject, CASE
    WHEN %(needs)s::text = 'nothing' THEN 'not_needed'
    WHEN s.objected_at >= greatest(s.granted_at, s.denied_at, s.objected_at) THEN 'objected'
    WHEN s.denied_at >= s.granted_at THEN 'withdrawn'
    WHEN s.granted_at IS NOT NULL THEN 'granted'
    WHEN s.denied_at IS NOT NULL THEN 'denied'
    WHEN %(needs)s::text = 'no_objection' THEN 'not_objected'
    WHEN c.bought_at > %(customers_since)s::timestamptz THEN 'soft_opt_in'
    ELSE 'no_consent' END AS consent
  FROM unnest(%(people)s::bigint[]) AS a(person)
  LEFT JOIN said AS s ON s.person = a.person
  LEFT JOIN reached AS r ON r.person = a.person
  LEFT JOIN consent_people AS c ON c.person = a.person AND c.bought_at <= %(at)s
)
SELECT person, consent, subject, CASE
  WHEN addresses > 0 AND subject IS NULL THEN 'suppressed'
  WHEN consent NOT IN ('not_needed', 'granted', 'not_objected', 'soft_opt_in') THEN consent
  WHEN %(address)s::text IS NOT NULL AND addresses IS NULL THEN 'no_address'
  WHEN %(quiet)s::boolean THEN 'quiet_hours'
  ELSE consent END AS code
FROM judged

-- name: statements
-- Everything that was said by or for a person, in order: the ledger with its texts, for whoever has to prove it.
SELECT s.purpose, s.channel, s.state::text AS state, s.text_version, s.language, t.words AS text, s.source, s.proof, s.at,
  s.recorded_at
FROM (SELECT DISTINCT * FROM consent_own(ARRAY[%(person)s]::bigint[])) AS s
LEFT JOIN consent_texts AS t ON t.purpose = s.purpose AND t.version = s.text_version AND t.language = s.language
ORDER BY s.at, s.recorded_at, s.purpose, s.channel, s.state

-- name: texts
-- The texts that people have read.
SELECT purpose, version, language, words FROM consent_texts

-- name: show_text
-- Keeps a text as it is shown from now on.
INSERT INTO consent_texts (purpose, version, language, words, since)
VALUES (%(purpose)s, %(version)s, %(language)s, %(words)s, %(since)s)
ON CONFLICT (purpose, version, language) DO NOTHING

-- name: fingerprint
-- Remembers by which secret hashes are made, the first time; gives the one remembered.
INSERT INTO consent_secret (fingerprint) VALUES (%(fingerprint)s)
ON CONFLICT (one) DO UPDATE SET one = true
RETURNING fingerprint

-- name: suppress
-- Has addresses not written to again; of two reasons the stronger stays.
INSERT INTO suppressions AS known (hash, reason, source, at)
SELECT hash, %(reason)s, %(source)s, %(at)s FROM unnest(%(hashes)s::bytea[]) AS each(hash)
ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, source = excluded.source, at = excluded.at
  WHERE excluded.reason = 'bounced' AND known.reason <> 'bounced'
RETURNING hash

-- name: release
-- Takes addresses off the list again and writes down why; who was erased stays on it.
WITH gone AS (
  DELETE FROM suppressions WHERE hash = ANY(%(hashes)s::bytea[]) AND reason <> 'erased'
  RETURNING hash, reason, source, at
)
INSERT INTO suppressions_released (hash, reason, source, suppressed_at, because, released_by, at)
SELECT hash, reason, source, at, %(because)s, %(released_by)s, %(at)s FROM gone
RETURNING hash

-- name: addresses
-- The addresses of a person, by kind, as the hashes under which something may be said of them.
SELECT kind, subject FROM consent_addresses WHERE person = %(person)s

-- name: person
-- The person that somebody is now, by the number they had; none when there is nobody of it.
SELECT coalesce(merged_into, person) AS person FROM consent_people WHERE person = %(person)s

-- name: found
-- The people to whom some values lead, as hashes of `kind=value`, also where several people hold one.
SELECT DISTINCT person FROM (
  SELECT i.person_id AS person FROM publications AS n JOIN identifiers AS i ON i.publication = n.publication
  WHERE n.current AND i.key = ANY(%(keys)s::bigint[]) AND i.person_id IS NOT NULL
  UNION ALL
  SELECT person FROM consent_addresses WHERE subject = ANY(%(keys)s::bigint[])
) AS led
ORDER BY person

-- name: refusals
-- Who said no since a moment, to what; and whom a publication newer than one says to have said no.
SELECT purpose, person, subject, recorded_at, NULL::bigint AS publication
FROM consent_ledger WHERE state <> 'granted' AND recorded_at > %(since)s
UNION ALL
SELECT d.purpose, d.person_id, NULL, NULL, d.publication
FROM delivered_consents AS d JOIN publications AS n ON n.publication = d.publication AND n.current
WHERE NOT d.granted AND n.publication > %(publication)s

-- name: reached
-- Where a person was last reached, a value of each kind of address.
SELECT DISTINCT ON (kind) kind, value FROM consent_addresses WHERE person = %(person)s
ORDER BY kind, last_seen DESC NULLS LAST, value
