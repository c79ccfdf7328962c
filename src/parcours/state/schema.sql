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

-- What could not be collected: the reason, and the original to mend and send again.
CREATE TABLE collected_rejected (
  key uuid PRIMARY KEY,
  source text NOT NULL,
  reason text NOT NULL,
  detail text,
  received_at timestamptz NOT NULL,
  body text NOT NULL
);
