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
