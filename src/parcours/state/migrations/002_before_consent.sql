-- What people said of the use of their data: one row a statement, never changed. Who said it is a person, or an
-- identifier by its hash (`subject`, as in `collected`), or both: who says no in a message says it for that address too.
-- Without a channel it is of all channels of its purpose. `key` is the hash of the statement: said twice is one row.
CREATE TYPE consent_state AS ENUM ('granted', 'denied', 'objected');
CREATE TABLE consent_ledger (
  key uuid PRIMARY KEY,
  person bigint,
  subject bigint,
  purpose text NOT NULL,
  channel text,
  state consent_state NOT NULL,
  text_version text,
  language text,
  source text NOT NULL,
  proof text,
  at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  CHECK (person IS NOT NULL OR subject IS NOT NULL),
  CHECK (at <= recorded_at)
);
CREATE INDEX consent_ledger_by_person ON consent_ledger (person) WHERE person IS NOT NULL;
CREATE INDEX consent_ledger_by_subject ON consent_ledger (subject) WHERE subject IS NOT NULL;
CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$;
CREATE TRIGGER consent_ledger_is_kept BEFORE UPDATE OR DELETE ON consent_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- The texts that people read, word for word, by version; once read, a text is never changed.
CREATE TABLE consent_texts (
  purpose text NOT NULL,
  version text NOT NULL,
  language text NOT NULL,
  words text NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (purpose, version, language)
);
CREATE TRIGGER consent_texts_are_kept BEFORE UPDATE OR DELETE ON consent_texts
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- Addresses that are not written to again, whoever has them: only their hash, keyed with the project's secret.
CREATE TABLE suppressions (
  hash bytea PRIMARY KEY,
  reason text NOT NULL CHECK (reason IN ('asked', 'complained', 'bounced', 'erased', 'imported')),
  source text NOT NULL,
  at timestamptz NOT NULL
);

-- By which secret hashes and links are made: its own hash. Another secret would know none of the addresses above.
CREATE TABLE consent_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  fingerprint bytea NOT NULL
);

-- Where people are reached: each address of a person, with the hash of `kind=value`. Personal: value.
CREATE TABLE addresses (
  person bigint NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  subject bigint NOT NULL,
  last_seen timestamptz,
  PRIMARY KEY (person, kind, value)
);
CREATE INDEX addresses_by_subject ON addresses (subject);

-- What consent asks of people, and nothing else: who somebody is now, where they are reached, when they last bought.
CREATE VIEW consent_people AS SELECT DISTINCT person AS known_as, person FROM addresses;
CREATE VIEW consent_addresses AS SELECT person, kind, value, subject, last_seen FROM addresses;
CREATE VIEW consent_customers AS SELECT NULL::bigint AS person, NULL::timestamptz AS bought_at WHERE false;

-- Every statement with the person it speaks of: themselves, or an identifier of theirs.
CREATE VIEW consent_said AS
SELECT person AS of_person, purpose, channel, state, text_version, language, source, proof, at, recorded_at,
  'ledger' AS origin
FROM consent_ledger WHERE person IS NOT NULL
UNION ALL
SELECT i.person, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at,
  'ledger'
FROM consent_ledger AS l JOIN addresses AS i ON i.subject = l.subject
WHERE l.person IS DISTINCT FROM i.person;
