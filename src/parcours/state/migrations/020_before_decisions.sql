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
