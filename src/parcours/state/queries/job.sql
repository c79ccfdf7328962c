-- name: add
-- Adds a job, unless one of its kind and key is not over yet.
WITH added AS (
  INSERT INTO jobs (kind, key, payload, due_at, made_at)
  VALUES (%(kind)s, %(key)s, %(payload)s, %(due)s, %(now)s)
  ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running') DO NOTHING
  RETURNING job
)
INSERT INTO moves (what, id, before, after, because, at)
SELECT 'job', job::text, NULL, 'waiting', 'added', %(now)s FROM added
RETURNING id

-- name: take
-- Takes jobs that are due, or that a process held for too long; nobody else gets them meanwhile.
WITH due AS (
  SELECT job, state FROM jobs
  WHERE kind = ANY(%(kinds)s::text[]) AND (
    (state = 'waiting' AND due_at <= %(now)s) OR (state = 'running' AND leased_until < %(now)s))
  ORDER BY due_at, job
  LIMIT %(most)s
  FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE jobs AS j SET state = 'running', attempts = j.attempts + 1, leased_until = %(now)s + %(lease)s::interval
  FROM due AS d WHERE j.job = d.job
  RETURNING j.job, j.kind, j.key, j.payload, j.attempts, d.state AS before
), logged AS (
  INSERT INTO moves (what, id, before, after, because, at)
  SELECT 'job', job::text, before::text, 'running', CASE WHEN before = 'waiting' THEN 'due' ELSE 'lost' END, %(now)s
  FROM taken
)
SELECT job, kind, key, payload, attempts FROM taken ORDER BY job

-- name: move
-- Moves a job on for who holds it, and says why; nothing where another holds it by now.
WITH moved AS (
  UPDATE jobs SET state = %(after)s::job_state, due_at = coalesce(%(due)s::timestamptz, due_at), leased_until = NULL
  WHERE job = %(job)s AND state = 'running' AND attempts = %(attempts)s
  RETURNING job
)
INSERT INTO moves (what, id, before, after, because, at)
SELECT 'job', job::text, 'running', %(after)s, %(because)s, %(now)s FROM moved
RETURNING id

-- name: standing
-- How many jobs of each kind are in each state, and when the next is due.
SELECT kind, state::text AS state, count(*) AS jobs, min(due_at) AS next FROM jobs GROUP BY kind, state ORDER BY kind, state

-- name: forget
-- Forgets jobs that are over since a moment, with their moves.
WITH gone AS (
  DELETE FROM jobs AS j WHERE j.state IN ('done', 'failed') AND j.due_at < %(before)s RETURNING j.job
)
DELETE FROM moves AS m USING gone AS g WHERE m.what = 'job' AND m.id = g.job::text
