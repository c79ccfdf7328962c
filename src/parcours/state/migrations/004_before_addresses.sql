DROP VIEW consent_said, consent_customers, consent_addresses, consent_people;
DROP TABLE addresses;
ALTER TABLE people ADD COLUMN merged bigint[] NOT NULL DEFAULT '{}', ADD COLUMN bought_at timestamptz;

-- Where the people of a publication are reached: each address of the kinds that channels write to, with the hash of
-- `kind=value`. Personal: value.
CREATE TABLE addresses (
  publication bigint NOT NULL,
  person_id bigint NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  key bigint NOT NULL,
  last_seen timestamptz,
  PRIMARY KEY (publication, person_id, kind, value)
) PARTITION BY LIST (publication);

-- What the retailer's sources say that the people of a publication agreed to; the ledger holds what they said to us.
CREATE TABLE delivered_consents (
  publication bigint NOT NULL,
  person_id bigint NOT NULL,
  row_id bigint NOT NULL,
  purpose text NOT NULL,
  channel text,
  granted boolean NOT NULL,
  at timestamptz NOT NULL,
  text_version text,
  source text NOT NULL,
  evidence text,
  PRIMARY KEY (publication, person_id, row_id)
) PARTITION BY LIST (publication);

-- What consent asks of the people of the publication that readers see, and nothing else: where they are reached, when
-- they last bought, who they were before.
CREATE VIEW consent_addresses AS
SELECT a.person_id AS person, a.kind, a.value, a.key AS subject, a.last_seen
FROM addresses AS a WHERE a.publication = (SELECT publication FROM publications WHERE current);
CREATE VIEW consent_people AS
SELECT p.person_id AS person, p.merged_into, p.merged, p.keys, p.bought_at
FROM people AS p WHERE p.publication = (SELECT publication FROM publications WHERE current);

-- Every statement that speaks of some people: their own, those of who they were before, of their identifiers, of addresses
-- that they share, and what sources say of them. A function, so that each part is asked only for these people.
CREATE FUNCTION consent_said(asked bigint[]) RETURNS TABLE (of_person bigint, key uuid, purpose text, channel text,
  state consent_state, text_version text, language text, source text, proof text, at timestamptz, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
SELECT l.person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM unnest(asked) AS a(person) JOIN consent_ledger AS l ON l.person = a.person
UNION ALL
SELECT a.person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM unnest(asked) AS a(person) JOIN consent_people AS p ON p.person = a.person
  CROSS JOIN unnest(p.merged) AS m(person) JOIN consent_ledger AS l ON l.person = m.person
UNION ALL
SELECT a.person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM unnest(asked) AS a(person) JOIN consent_people AS p ON p.person = a.person
  CROSS JOIN unnest(p.keys) AS k(subject) JOIN consent_ledger AS l ON l.subject = k.subject
UNION ALL
SELECT a.person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM unnest(asked) AS a(person) JOIN consent_addresses AS i ON i.person = a.person
  JOIN consent_ledger AS l ON l.subject = i.subject
UNION ALL
SELECT a.person, NULL::uuid, d.purpose, d.channel,
  (CASE WHEN d.granted THEN 'granted' ELSE 'denied' END)::consent_state, d.text_version, NULL::text, d.source, d.evidence,
  d.at, NULL::timestamptz
FROM unnest(asked) AS a(person) JOIN delivered_consents AS d ON d.person_id = a.person
WHERE d.publication = (SELECT publication FROM publications WHERE current)
$$;
