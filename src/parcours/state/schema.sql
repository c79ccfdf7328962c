-- The tables of the state, as they are now. Times are UTC; money is whole minor units; a person is the number of their id.
-- What is personal is in columns that say so (address, value, body): nothing of it is ever logged.

CREATE TABLE migrations (
  name text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);

-- Who may call: a key has scopes (collect, decide, read, write, admin); only its hash is kept.
CREATE TABLE api_keys (
  key_id text PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  source text NOT NULL,
  scopes text[] NOT NULL,
  origins text[] NOT NULL DEFAULT '{}',
  made_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

-- What was collected. `key` is the hash of source and message id: the same message twice is one row, for ever.
-- `subject` is the hash of the identifier it was sent under (the browser's, else the log-in); `seen` is what the server
-- saw of the caller (country, cut address, program), as JSON. `written` is the transaction that kept the message: who
-- reads up to the oldest one still under way misses nothing, and reads nothing twice.
CREATE TABLE collected (
  key uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  written bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  source text NOT NULL,
  kind text NOT NULL,
  name text,
  subject bigint NOT NULL,
  event_time timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  seen text,
  body text NOT NULL
);
CREATE INDEX collected_by_subject ON collected (subject, event_time);
CREATE INDEX collected_by_written ON collected USING brin (written);

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

-- Addresses that were taken off the list again: what stood there, and who decided it, why and when. It is only added to.
CREATE TABLE suppressions_released (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL,
  reason text NOT NULL,
  source text NOT NULL,
  suppressed_at timestamptz NOT NULL,
  because text NOT NULL,
  released_by text NOT NULL,
  at timestamptz NOT NULL
);
CREATE TRIGGER suppressions_released_are_kept BEFORE UPDATE OR DELETE ON suppressions_released
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- By which secret hashes and links are made: its own hash. Another secret would know none of the addresses above.
CREATE TABLE consent_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  fingerprint bytea NOT NULL
);

-- How the events of each source are built: the types that each property had, and since when. A change is what came more
-- than a day after the event's first. What is personal may be in names that a page makes up (property).
CREATE TABLE collected_shapes (
  source text NOT NULL,
  event text NOT NULL,
  property text NOT NULL,
  type text NOT NULL,
  since timestamptz NOT NULL,
  change boolean NOT NULL,
  PRIMARY KEY (source, event, property, type)
);

-- Which events do not fit what the retailer declares of them, in what (code, property), when they came first and last (by
-- the hour), and whether they were refused for it. What is personal may be in names that a page makes up.
CREATE TABLE collected_misfits (
  source text NOT NULL,
  event text NOT NULL,
  property text NOT NULL,
  code text NOT NULL,
  since timestamptz NOT NULL,
  latest timestamptz NOT NULL,
  refused boolean NOT NULL,
  PRIMARY KEY (source, event, property, code)
);

-- What could not be collected: the reason, and the original to mend and send again.
CREATE TABLE collected_rejected (
  key uuid PRIMARY KEY,
  source text NOT NULL,
  reason text NOT NULL,
  detail text,
  received_at timestamptz NOT NULL,
  body text NOT NULL
);

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
-- to be somebody else has `merged_into`, and is in that one's `merged`. The last ten are JSON, lists of lists that nobody looks into with SQL: text is
-- what PostgreSQL takes in fastest. What is personal is in profile, consents, orders and bought.
CREATE TABLE people (
  publication bigint NOT NULL,
  person_id bigint NOT NULL,
  merged_into bigint,
  known boolean NOT NULL,
  household_id bigint,
  first_seen timestamptz,
  last_seen timestamptz,
  keys bigint[] NOT NULL,
  merged bigint[] NOT NULL DEFAULT '{}',
  bought_at timestamptz,
  profile text NOT NULL,
  segments text NOT NULL,
  scores text NOT NULL,
  tastes text NOT NULL,
  recommendations text NOT NULL,
  coupons text NOT NULL,
  consents text NOT NULL,
  orders text NOT NULL,
  due text,
  bought text,
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

-- Every statement that speaks of some people as they are published: their own, those of who they were before, of their identifiers, of addresses
-- that they share, and what sources say of them. A function, so that each part is asked only for these people.
CREATE FUNCTION consent_own(asked bigint[]) RETURNS TABLE (of_person bigint, key uuid, purpose text, channel text,
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

-- Which values and people may be those of some people though no publication knows it yet: what was sent together with a
-- value of theirs, three steps far; a value that several people hold leads no further.
CREATE FUNCTION consent_linked(asked bigint[]) RETURNS TABLE (of_person bigint, subject bigint, person bigint)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  shown bigint := (SELECT publication FROM publications WHERE current);
  owners bigint[]; values_ bigint[]; all_owners bigint[]; all_values bigint[];
BEGIN
  SELECT array_agg(f.person), array_agg(f.key) INTO owners, values_ FROM (
    SELECT p.person_id AS person, k.key
    FROM unnest(asked) AS a(person) JOIN people AS p ON p.publication = shown AND p.person_id = a.person
      CROSS JOIN unnest(p.keys) AS k(key)
    WHERE EXISTS (SELECT FROM live_identifiers AS l WHERE l.key = k.key)
    UNION ALL
    SELECT l.person_id, l.key FROM unnest(asked) AS a(person) JOIN live_people AS l ON l.person_id = a.person
  ) AS f;
  all_owners := owners; all_values := values_;
  FOR step IN 1..3 LOOP
    EXIT WHEN owners IS NULL;
    SELECT array_agg(f.person), array_agg(f.key) INTO owners, values_ FROM (
      SELECT r.person, o.key
      FROM unnest(owners, values_) AS r(person, key)
      JOIN live_identifiers AS h ON h.key = r.key
      JOIN live_identifiers AS o ON o.record = h.record
      LEFT JOIN identifiers AS i ON i.publication = shown AND i.key = r.key
      WHERE i.shared IS NOT TRUE
      EXCEPT SELECT * FROM unnest(all_owners, all_values)
    ) AS f;
    all_owners := all_owners || owners; all_values := all_values || values_;
  END LOOP;
  RETURN QUERY
  SELECT r.person, r.key, i.person_id
  FROM unnest(all_owners, all_values) AS r(person, key)
  LEFT JOIN identifiers AS i ON i.publication = shown AND i.key = r.key AND NOT i.shared AND i.person_id <> r.person;
END $$;

-- Every statement that is to be heeded of some people: theirs, and the noes of those whom they turned out to be since the
-- publication. A yes of these waits until a publication says whose it is; a no does not.
CREATE FUNCTION consent_said(asked bigint[]) RETURNS TABLE (of_person bigint, key uuid, purpose text, channel text,
  state consent_state, text_version text, language text, source text, proof text, at timestamptz, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
WITH linked AS MATERIALIZED (SELECT * FROM consent_linked(asked))
SELECT * FROM consent_own(asked)
UNION ALL
SELECT k.of_person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM linked AS k JOIN consent_ledger AS l ON l.subject = k.subject AND l.state <> 'granted'
UNION ALL
SELECT k.of_person, s.key, s.purpose, s.channel, s.state, s.text_version, s.language, s.source, s.proof, s.at, s.recorded_at
FROM consent_own((SELECT coalesce(array_agg(DISTINCT person), '{}') FROM linked WHERE person IS NOT NULL)) AS s
JOIN (SELECT DISTINCT of_person, person FROM linked) AS k ON k.person = s.of_person
WHERE s.state <> 'granted'
$$;

-- All that may be one person with who is asked for (an id, or the hash of a value): what was sent together, whom values
-- lead to, what was published of these people, and their newest messages; lists as JSON. It walks from value to value
-- as far as they lead. A function, so that each small step keeps its plan; all of them see one moment.
CREATE FUNCTION person_now(given_person bigint, given_key bigint, since timestamptz, most integer)
RETURNS TABLE (publication bigint, as_of date, attributes text[], asked bigint, start bigint[], said text, led text,
  people text, messages text, horizons text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  n publications%ROWTYPE;
  reach bigint[]; fresh bigint[]; opened bigint[]; persons bigint[]; more bigint[]; known bigint[];
BEGIN
  SELECT * INTO n FROM publications AS c WHERE c.current;
  publication := n.publication; as_of := n.as_of; attributes := n.attributes;
  IF given_person IS NULL THEN
    start := array_remove(ARRAY[given_key], NULL);
  ELSE
    SELECT coalesce(p.merged_into, p.person_id) INTO asked FROM people AS p
    WHERE p.publication = n.publication AND p.person_id = given_person;
    IF asked IS NULL THEN
      SELECT ARRAY[l.key] INTO start FROM live_people AS l WHERE l.person_id = given_person;
    ELSE
      SELECT p.keys INTO start FROM people AS p WHERE p.publication = n.publication AND p.person_id = asked;
    END IF;
  END IF;

  -- Who is reached: a value leads on to what was sent with it, and to the other values of whom it belongs to.
  fresh := coalesce(start, '{}'); reach := fresh; persons := array_remove(ARRAY[asked], NULL);
  WHILE cardinality(fresh) > 0 AND cardinality(reach) < 2000 LOOP
    SELECT array_agg(k.key), array_agg(DISTINCT i.person_id) FILTER (WHERE i.person_id <> ALL (persons))
    INTO opened, more
    FROM unnest(fresh) AS k(key) LEFT JOIN identifiers AS i ON i.publication = n.publication AND i.key = k.key
    WHERE i.shared IS NOT TRUE;
    SELECT array_agg(DISTINCT f.key) INTO fresh FROM (
      SELECT l.key FROM unnest(opened) AS k(key) CROSS JOIN LATERAL (
        SELECT o.key FROM live_identifiers AS h JOIN live_identifiers AS o ON o.record = h.record
        WHERE h.key = k.key LIMIT 400
      ) AS l
      UNION ALL
      SELECT unnest(p.keys) FROM unnest(more) AS d(person_id)
      JOIN people AS p ON p.publication = n.publication AND p.person_id = d.person_id
    ) AS f WHERE f.key <> ALL (reach);
    fresh := coalesce(fresh, '{}'); reach := reach || fresh; persons := persons || coalesce(more, '{}');
  END LOOP;
  reach := reach[1:2000];

  -- What is known of them.
  SELECT json_agg(json_build_array(l.record, l.key, l.kind, l.verified, l.described, extract(epoch FROM l.at)))
  INTO said FROM unnest(reach) AS k(key) JOIN live_identifiers AS l ON l.key = k.key;
  SELECT json_agg(json_build_array(i.key, i.person_id, i.kind, i.shared)),
    coalesce(array_agg(i.key) FILTER (WHERE i.person_id IS NOT NULL), '{}'),
    coalesce(array_agg(DISTINCT i.person_id) FILTER (WHERE i.person_id IS DISTINCT FROM asked), '{}') || asked
  INTO led, known, persons
  FROM unnest(reach) AS k(key) JOIN identifiers AS i ON i.publication = n.publication AND i.key = k.key;
  SELECT concat('[', string_agg(concat('[', concat_ws(',', p.person_id, to_json(p.known),
    coalesce(extract(epoch FROM p.first_seen)::text, 'null'), p.profile, p.segments, p.scores, p.tastes,
    p.recommendations, p.coupons, p.consents, p.orders, coalesce(p.due, '[]'), coalesce(p.bought, '[]')), ']'), ','), ']')
  INTO people
  FROM unnest(persons) AS d(person_id) JOIN people AS p ON p.publication = n.publication AND p.person_id = d.person_id;
  SELECT json_agg(json_build_array(m.key, m.kind, m.name, m.source, m.subject, m.event_time, m.written, m.body))
  INTO messages
  FROM (
    SELECT each.* FROM unnest(reach) AS k(key) CROSS JOIN LATERAL (
      SELECT * FROM collected AS c WHERE c.subject = k.key AND c.event_time >= CASE WHEN k.key = ANY (known)
        THEN least(since, n.as_of - interval '8 days') ELSE '-infinity' END
      ORDER BY c.event_time DESC LIMIT most
    ) AS each ORDER BY each.event_time DESC, each.key DESC LIMIT most
  ) AS m;
  SELECT json_object_agg(h.source, h.horizon) INTO horizons
  FROM publication_horizons AS h WHERE h.publication = n.publication;
  RETURN NEXT;
END $$;

-- Who read personal data: which key, of whom (null: nobody was found), what, when.
CREATE TABLE reads (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  key_id text NOT NULL,
  person_id bigint,
  what text NOT NULL
);
CREATE INDEX reads_by_person ON reads (person_id, at);

-- What stood in a slot each time it was asked for, and what it was chosen from. `number` is what chance hung on: a
-- person's id or, of somebody unknown, the hash of their browser; `subjects` are the hashes under which they were there.
-- `shown` is in its order; `propensity` is how probable it was that the first came first. `learns` says whether what
-- comes of it teaches (not what stands for everybody, nor what a rule put there). `told` is JSON: what was known of the
-- moment, the candidates, why each was removed, the scores. `hour` counts from 1970.
CREATE TABLE decisions (
  decision uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  slot text NOT NULL,
  version text NOT NULL,
  number bigint NOT NULL,
  person bigint,
  subjects bigint[] NOT NULL,
  how text NOT NULL CHECK (how IN ('chosen', 'held_back', 'fallback')),
  because text,
  shown text[] NOT NULL,
  propensity double precision,
  learns boolean NOT NULL,
  hour integer NOT NULL,
  told text NOT NULL,
  features double precision[]
);
CREATE INDEX decisions_by_number ON decisions (number, at);
CREATE INDEX decisions_by_subject ON decisions USING gin (subjects);

-- What came of decisions: a click, an article put into the cart, an order in any channel, its margin. `key` is the hash
-- of what told it: told twice is one row. It waits until it is settled: counted, or why not (late, repeated, not_shown,
-- not_asked, unknown: a decision that was never made).
CREATE TABLE rewards (
  key uuid PRIMARY KEY,
  decision uuid NOT NULL,
  arm text,
  kind text NOT NULL CHECK (kind IN ('click', 'add', 'order', 'margin')),
  value double precision NOT NULL,
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  outcome text NOT NULL DEFAULT 'waiting'
    CHECK (outcome IN ('waiting', 'counted', 'late', 'repeated', 'not_shown', 'not_asked', 'unknown'))
);
CREATE INDEX rewards_waiting ON rewards (received_at) WHERE outcome = 'waiting';
CREATE INDEX rewards_by_decision ON rewards (decision);

-- The orders that a run knows, on their way to the decisions they came of (`key` as decisions/heard.py makes it); empty
-- between two runs.
CREATE UNLOGGED TABLE orders_came (
  key uuid NOT NULL,
  person bigint NOT NULL,
  margin double precision,
  at timestamptz NOT NULL
);

-- What slots have learned: how often each thing was shown in an hour (an article: weighed by how probably its place was
-- looked at), how often that was a success, and the sum and the squares of what it brought; the same of the guard.
CREATE TABLE slot_counts (
  slot text NOT NULL,
  version text NOT NULL,
  arm text NOT NULL,
  hour integer NOT NULL,
  shown double precision NOT NULL DEFAULT 0,
  rewarded bigint NOT NULL DEFAULT 0,
  total double precision NOT NULL DEFAULT 0,
  squares double precision NOT NULL DEFAULT 0,
  guard_rewarded bigint NOT NULL DEFAULT 0,
  guard_total double precision NOT NULL DEFAULT 0,
  guard_squares double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (slot, version, arm, hour)
);

-- The features of those to whom something was shown on a day (counted from 1970), as sums a linear model learns from: `a`
-- of x x', `b` of x times what it brought.
CREATE FUNCTION added(one double precision[], other double precision[]) RETURNS double precision[]
LANGUAGE sql IMMUTABLE AS $$
SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY place) FROM unnest(one, other) WITH ORDINALITY AS t(x, y, place)
$$;
CREATE TABLE slot_moments (
  slot text NOT NULL,
  version text NOT NULL,
  arm text NOT NULL,
  day integer NOT NULL,
  shown double precision NOT NULL,
  a double precision[] NOT NULL,
  b double precision[] NOT NULL,
  total double precision NOT NULL DEFAULT 0,
  squares double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (slot, version, arm, day)
);

-- How long success took to come: how many came in each bucket of decisions/learning/delay.py.
CREATE TABLE slot_delays (
  slot text NOT NULL,
  version text NOT NULL,
  bucket smallint NOT NULL,
  rewarded bigint NOT NULL,
  PRIMARY KEY (slot, version, bucket)
);

-- The articles of a publication; `stock` is that of all stores, null where nobody counts; `properties` is JSON.
CREATE TABLE articles (
  publication bigint NOT NULL,
  product_id text NOT NULL,
  name text,
  brand text,
  category_1 text,
  category_2 text,
  category_3 text,
  price bigint,
  currency text,
  active boolean NOT NULL,
  stock bigint,
  properties text,
  PRIMARY KEY (publication, product_id)
) PARTITION BY LIST (publication);

-- Lists of articles by score, as JSON [[product_id, worth]]: the order for everybody (root is empty), or what is near to
-- an article (root).
CREATE TABLE article_lists (
  publication bigint NOT NULL,
  score text NOT NULL,
  root text NOT NULL,
  told text NOT NULL,
  PRIMARY KEY (publication, score, root)
) PARTITION BY LIST (publication);

-- Work that is to be done later, once, by whichever process comes first. Of what is not over there is one job for each
-- kind and key. Who takes one holds it until `leased_until`; a process that was killed loses it to another then.
CREATE TYPE job_state AS ENUM ('waiting', 'running', 'done', 'failed');
CREATE TABLE jobs (
  job bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  key text NOT NULL,
  payload text NOT NULL DEFAULT '{}',
  state job_state NOT NULL DEFAULT 'waiting',
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  leased_until timestamptz,
  made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX jobs_once ON jobs (kind, key) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_due ON jobs (due_at) WHERE state IN ('waiting', 'running');

-- Every move of a thing from one state to another, and why: written in the statement that moves it, never changed.
CREATE TABLE moves (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  what text NOT NULL,
  id text NOT NULL,
  before text,
  after text NOT NULL,
  because text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX moves_of ON moves (what, id, number);
CREATE TRIGGER moves_are_kept BEFORE UPDATE ON moves FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
