-- What the batch side made of everybody, a publication at a time. The rows of each lie in partitions of their own: they
-- are there for readers from the moment `current` says so. `content` names what was sent, so that the same is not sent
-- again; `version` is the warehouse's. `attributes` are the names of the values in people.profile, in their order.
CREATE TABLE publications (
  publication bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content text NOT NULL,
  version bigint NOT NULL,
  as_of date NOT NULL,
  attributes text[] NOT NULL,
  people bigint NOT NULL DEFAULT 0,
  current boolean NOT NULL DEFAULT false,
  begun_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE UNIQUE INDEX publications_current ON publications (current) WHERE current;

-- Up to which transaction (see collected.written) a publication knows what came from a source of keys.
CREATE TABLE publication_horizons (
  publication bigint NOT NULL REFERENCES publications ON DELETE CASCADE,
  source text NOT NULL,
  horizon bigint NOT NULL,
  PRIMARY KEY (publication, source)
);

-- Everybody, as published: one row a person. `keys` are the hashes of the values that are theirs alone; who turned out
-- to be somebody else has `merged_into`. The last eight are JSON, lists of lists that nobody looks into with SQL: text is
-- what PostgreSQL takes in fastest. What is personal is in profile, consents and orders.
CREATE TABLE people (
  publication bigint NOT NULL,
  person_id bigint NOT NULL,
  merged_into bigint,
  known boolean NOT NULL,
  household_id bigint,
  first_seen timestamptz,
  last_seen timestamptz,
  keys bigint[] NOT NULL,
  profile text NOT NULL,
  segments text NOT NULL,
  scores text NOT NULL,
  tastes text NOT NULL,
  recommendations text NOT NULL,
  coupons text NOT NULL,
  consents text NOT NULL,
  orders text NOT NULL,
  PRIMARY KEY (publication, person_id)
) PARTITION BY LIST (publication);

-- The hash of each value that recognises somebody (`kind=value`), and whom; several people's (`shared`) joins nobody.
CREATE TABLE identifiers (
  publication bigint NOT NULL,
  key bigint NOT NULL,
  person_id bigint,
  kind text NOT NULL,
  shared boolean NOT NULL,
  PRIMARY KEY (publication, key)
) PARTITION BY LIST (publication);

-- By which values senders were recognised together: that a record (what was sent under the same values) holds a value,
-- as hashes. Kept in the commit of the message that said so; who is whom is worked out from it when somebody is read.
-- The next publication decides and these rows go, each leaving one in link_decisions.
CREATE TABLE live_identifiers (
  record bigint NOT NULL,
  key bigint NOT NULL,
  kind text NOT NULL,
  verified boolean NOT NULL,
  described boolean NOT NULL,
  source text NOT NULL,
  at timestamptz NOT NULL,
  written bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  PRIMARY KEY (record, key)
);
CREATE INDEX live_identifiers_by_key ON live_identifiers (key);

-- What a publication decided about values that were sent together: one person's (joined), several people's (apart), or
-- nobody's it tells of (unknown).
CREATE TABLE link_decisions (
  publication bigint NOT NULL,
  record bigint NOT NULL,
  keys bigint[] NOT NULL,
  decision text NOT NULL CHECK (decision IN ('joined', 'apart', 'unknown')),
  persons bigint[] NOT NULL,
  since timestamptz NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (record, publication)
);

-- The ids of visitors that no publication tells of yet and that were answered: which value founded them.
CREATE TABLE live_people (
  person_id bigint PRIMARY KEY,
  key bigint NOT NULL
);

-- Who read personal data: which key, of whom (null: nobody was found), what, when.
CREATE TABLE reads (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  key_id text NOT NULL,
  person_id bigint,
  what text NOT NULL
);
CREATE INDEX reads_by_person ON reads (person_id, at);
