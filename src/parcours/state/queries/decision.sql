-- name: note
-- Takes decisions as they were made.
COPY decisions (decision, at, slot, version, number, person, subjects, how, because, shown, propensity, learns, hour,
  told, features) FROM STDIN

-- name: note_table
-- Takes decisions that were made over a table of people.
COPY decisions (decision, at, slot, version, number, person, subjects, how, because, shown, propensity, learns, hour,
  told) FROM STDIN (FORMAT csv)

-- name: shown
-- Adds up how often each thing was shown.
INSERT INTO slot_counts AS c (slot, version, arm, hour, shown)
SELECT * FROM unnest(%(slots)s::text[], %(versions)s::text[], %(arms)s::text[], %(hours)s::integer[],
  %(shown)s::double precision[]) AS t(slot, version, arm, hour, shown)
ORDER BY slot, version, arm, hour
ON CONFLICT (slot, version, arm, hour) DO UPDATE SET shown = c.shown + excluded.shown

-- name: moments
-- Adds up the features of those to whom something was shown on a day.
INSERT INTO slot_moments AS m (slot, version, arm, day, shown, a, b)
VALUES (%(slot)s, %(version)s, %(arm)s, %(day)s, %(shown)s, %(a)s, %(b)s)
ON CONFLICT (slot, version, arm, day) DO UPDATE SET shown = m.shown + excluded.shown,
  a = added(m.a, excluded.a), b = added(m.b, excluded.b)

-- name: earlier
-- What a slot showed somebody before, the newest first, and whether it was clicked.
SELECT d.at, d.shown, coalesce((SELECT array_agg(r.arm) FROM rewards AS r
  WHERE r.decision = d.decision AND r.kind = 'click' AND r.arm IS NOT NULL), '{}') AS clicked
FROM decisions AS d
WHERE d.number = ANY(%(numbers)s::bigint[]) AND d.slot = %(slot)s AND d.at > %(since)s
ORDER BY d.at DESC
LIMIT 100

-- name: one
-- One decision, with everything it was chosen from.
SELECT * FROM decisions WHERE decision = %(decision)s

-- name: came_of_one
-- What came of one decision.
SELECT arm, kind, value, at, received_at, outcome FROM rewards WHERE decision = %(decision)s ORDER BY at, key

-- name: latest
-- The newest decisions about somebody.
SELECT decision, at, slot, how, because, shown FROM decisions
WHERE number = ANY(%(numbers)s::bigint[])
ORDER BY at DESC
LIMIT %(most)s

-- name: reward
-- Takes what came of decisions, each once.
INSERT INTO rewards (key, decision, arm, kind, value, at, received_at)
SELECT * FROM unnest(%(keys)s::uuid[], %(decisions)s::uuid[], %(arms)s::text[], %(kinds)s::text[],
  %(values)s::double precision[], %(times)s::timestamptz[], %(received)s::timestamptz[])
ON CONFLICT (key) DO NOTHING

-- name: ordered
-- Takes orders as what came of the latest decision of each slot about those who ordered, as far back as :longest.
INSERT INTO rewards (key, decision, arm, kind, value, at, received_at)
SELECT md5(o.key::text || d.slot || k.kind)::uuid, d.decision, NULL, k.kind,
  CASE WHEN k.kind = 'order' THEN 1 ELSE o.margin END, o.at, o.received_at
FROM unnest(%(keys)s::uuid[], %(subjects)s::bigint[], %(margins)s::double precision[], %(times)s::timestamptz[],
  %(received)s::timestamptz[]) AS o(key, subject, margin, at, received_at)
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (d.slot) d.slot, d.decision FROM decisions AS d
  WHERE d.subjects @> ARRAY[o.subject] AND d.at <= o.at AND d.at > o.at - %(longest)s::interval
  ORDER BY d.slot, d.at DESC
) AS d
CROSS JOIN (VALUES ('order'), ('margin')) AS k(kind)
WHERE k.kind = 'order' OR o.margin IS NOT NULL
ON CONFLICT (key) DO NOTHING

-- name: came_none
-- Empties the table that orders come through.
DELETE FROM orders_came

-- name: came
-- Takes orders as a run knows them.
COPY orders_came (key, person, margin, at) FROM STDIN (FORMAT csv)

-- name: came_of
-- Takes these orders as what came of the latest decision of each slot about those who ordered, as far back as :longest,
-- whoever they were thought to be then; what was told already is not taken again.
INSERT INTO rewards (key, decision, arm, kind, value, at, received_at)
WITH current AS (
  SELECT publication FROM publications WHERE current
), made AS MATERIALIZED (
  SELECT d.decision, d.slot, d.at, d.person, d.subjects FROM decisions AS d
  WHERE d.at > (SELECT min(at) FROM orders_came) - %(longest)s::interval
), about AS (
  SELECT m.decision, m.slot, m.at, coalesce(p.merged_into, p.person_id) AS person
  FROM made AS m JOIN people AS p ON p.person_id = m.person AND p.publication = (SELECT publication FROM current)
  UNION
  SELECT m.decision, m.slot, m.at, i.person_id
  FROM made AS m CROSS JOIN LATERAL unnest(m.subjects) AS s(key)
  JOIN identifiers AS i ON i.key = s.key AND i.publication = (SELECT publication FROM current) AND NOT i.shared
), latest AS (
  SELECT DISTINCT ON (o.key, a.slot) o.key, a.slot, a.decision, o.margin, o.at
  FROM orders_came AS o
  JOIN about AS a ON a.person = o.person AND a.at <= o.at AND a.at > o.at - %(longest)s::interval
  ORDER BY o.key, a.slot, a.at DESC, a.decision DESC, o.margin NULLS LAST
)
SELECT md5(l.key::text || l.slot || k.kind)::uuid, l.decision, NULL, k.kind,
  CASE WHEN k.kind = 'order' THEN 1 ELSE l.margin END, l.at, %(now)s::timestamptz
FROM latest AS l CROSS JOIN (VALUES ('order'), ('margin')) AS k(kind)
WHERE k.kind = 'order' OR l.margin IS NOT NULL
ON CONFLICT (key) DO NOTHING

-- name: alone
-- Whether nobody else settles what came; true until the end of the transaction.
SELECT pg_try_advisory_xact_lock(7276003) AS alone

-- name: settle
-- Settles what came of decisions and adds it up, each once; gives how many were settled each way. `asked` is what each
-- slot counts as success (measure 1) and as guard (measure 2).
WITH asked AS (
  SELECT * FROM unnest(%(slots)s::text[], %(versions)s::text[], %(kinds)s::text[], %(within)s::double precision[],
    %(measures)s::integer[]) AS t(slot, version, kind, within, measure)
), waiting AS (
  SELECT r.key, r.decision, r.arm, r.kind, r.value, r.at, r.received_at FROM rewards AS r
  WHERE r.outcome = 'waiting'
  ORDER BY r.received_at LIMIT 10000
), found AS (
  SELECT w.key, w.decision, w.kind, w.value, w.at, d.at AS decided, d.slot, d.version, d.hour, d.learns, d.features,
    coalesce(w.arm, d.shown[1]) AS arm, d.shown,
    d.decision IS NOT NULL AS known, w.received_at,
    a.measure,
    w.at >= d.at - interval '1 minute' AND w.at <= d.at + make_interval(secs => a.within) AS in_time
  FROM waiting AS w
  LEFT JOIN decisions AS d ON d.decision = w.decision
  LEFT JOIN asked AS a ON a.slot = d.slot AND a.version = d.version AND a.kind = w.kind
), placed AS (
  SELECT f.*, dense_rank() OVER (PARTITION BY decision, arm, kind, in_time ORDER BY at, key) AS place FROM found AS f
), judged AS (
  SELECT f.*, CASE
    WHEN NOT f.known AND f.received_at < %(now)s::timestamptz - interval '1 hour' THEN 'unknown'
    WHEN NOT f.known THEN 'waiting'
    WHEN f.measure IS NULL THEN 'not_asked'
    WHEN NOT f.arm = ANY(f.shown) THEN 'not_shown'
    WHEN NOT f.in_time THEN 'late'
    WHEN f.kind <> 'margin' AND (f.place > 1 OR EXISTS (SELECT FROM rewards AS b WHERE b.decision = f.decision
      AND b.kind = f.kind AND b.arm IS NOT DISTINCT FROM f.arm AND b.outcome = 'counted')) THEN 'repeated'
    ELSE 'counted' END AS verdict
  FROM placed AS f
), settled AS (
  UPDATE rewards AS r SET outcome = j.verdict, arm = coalesce(r.arm, j.arm)
  FROM (SELECT DISTINCT key, verdict, arm FROM judged WHERE verdict <> 'waiting') AS j
  WHERE r.key = j.key
  RETURNING r.key, r.outcome
), sums AS (
  SELECT j.slot, j.version, j.arm, j.hour,
    count(*) FILTER (WHERE measure = 1) AS rewarded,
    coalesce(sum(value) FILTER (WHERE measure = 1), 0) AS total,
    coalesce(sum(value * value) FILTER (WHERE measure = 1), 0) AS squares,
    count(*) FILTER (WHERE measure = 2) AS guard_rewarded,
    coalesce(sum(value) FILTER (WHERE measure = 2), 0) AS guard_total,
    coalesce(sum(value * value) FILTER (WHERE measure = 2), 0) AS guard_squares
  FROM judged AS j
  WHERE j.verdict = 'counted' AND j.learns
  GROUP BY j.slot, j.version, j.arm, j.hour
), counted AS (
  INSERT INTO slot_counts AS c (slot, version, arm, hour, rewarded, total, squares, guard_rewarded, guard_total,
    guard_squares)
  SELECT * FROM sums ORDER BY slot, version, arm, hour
  ON CONFLICT (slot, version, arm, hour) DO UPDATE SET rewarded = c.rewarded + excluded.rewarded,
    total = c.total + excluded.total, squares = c.squares + excluded.squares,
    guard_rewarded = c.guard_rewarded + excluded.guard_rewarded, guard_total = c.guard_total + excluded.guard_total,
    guard_squares = c.guard_squares + excluded.guard_squares
  RETURNING 1
), weighed AS (
  SELECT j.slot, j.version, j.arm, j.hour / 24 AS day, f.place, sum(f.x * j.value) AS b
  FROM judged AS j CROSS JOIN LATERAL unnest(j.features) WITH ORDINALITY AS f(x, place)
  WHERE j.verdict = 'counted' AND j.learns AND j.measure = 1 AND j.arm = j.shown[1]
  GROUP BY j.slot, j.version, j.arm, j.hour / 24, f.place
), felt AS (
  UPDATE slot_moments AS m SET b = added(m.b, w.b), total = m.total + t.total, squares = m.squares + t.squares
  FROM (SELECT slot, version, arm, day, array_agg(b ORDER BY place) AS b FROM weighed GROUP BY slot, version, arm, day) AS w
  JOIN (SELECT slot, version, arm, hour / 24 AS day, sum(total) AS total, sum(squares) AS squares FROM sums
    GROUP BY slot, version, arm, hour / 24) AS t
    ON t.slot = w.slot AND t.version = w.version AND t.arm = w.arm AND t.day = w.day
  WHERE m.slot = w.slot AND m.version = w.version AND m.arm = w.arm AND m.day = w.day
  RETURNING 1
), timed AS (
  INSERT INTO slot_delays AS s (slot, version, bucket, rewarded)
  SELECT j.slot, j.version, greatest(width_bucket(extract(epoch FROM j.at - j.decided)::double precision / 3600,
    %(edges)s::double precision[]) - 1, 0)::smallint, count(*)
  FROM judged AS j
  WHERE j.verdict = 'counted' AND j.learns AND j.measure = 1
  GROUP BY 1, 2, 3
  ON CONFLICT (slot, version, bucket) DO UPDATE SET rewarded = s.rewarded + excluded.rewarded
  RETURNING 1
)
SELECT s.outcome, count(*) AS rewards FROM settled AS s GROUP BY s.outcome

-- name: learned
-- What some versions of slots have learned.
SELECT slot, version, arm, hour, shown, rewarded, total, squares, guard_rewarded, guard_total, guard_squares
FROM slot_counts WHERE (slot, version) IN (SELECT * FROM unnest(%(slots)s::text[], %(versions)s::text[]))
ORDER BY slot, version, arm, hour

-- name: moments_learned
-- What some versions of slots have learned of whom things suit.
SELECT slot, version, arm, day, shown, a, b, total, squares
FROM slot_moments WHERE (slot, version) IN (SELECT * FROM unnest(%(slots)s::text[], %(versions)s::text[]))
ORDER BY slot, version, arm, day

-- name: delays
-- How long success took to come.
SELECT slot, version, bucket, rewarded FROM slot_delays
WHERE (slot, version) IN (SELECT * FROM unnest(%(slots)s::text[], %(versions)s::text[])) ORDER BY slot, version, bucket

-- name: outcomes
-- The newest decisions of a slot's version that are over (older than its success may take), with what came of what was
-- shown first, and everything that might have been shown.
SELECT d.number, d.shown[1] AS arm, d.propensity, d.features, coalesce((SELECT sum(r.value) FROM rewards AS r
    WHERE r.decision = d.decision AND r.kind = %(kind)s AND r.outcome = 'counted' AND r.arm = d.shown[1]), 0) AS reward,
  (SELECT array_agg(c ->> 0) FROM jsonb_array_elements(d.told::jsonb -> 'considered') AS c WHERE c ->> 2 IS NULL) AS might
FROM decisions AS d
WHERE d.slot = %(slot)s AND d.version = %(version)s AND d.learns AND d.propensity IS NOT NULL AND d.at < %(before)s
ORDER BY d.at DESC LIMIT %(most)s

-- name: fold
-- Adds up hours that are long gone into wider ones: nobody needs to know the hour of last year's click.
WITH old AS (
  DELETE FROM slot_counts WHERE hour < %(before)s::integer AND hour %% %(wide)s::integer <> 0 RETURNING *
)
INSERT INTO slot_counts AS c (slot, version, arm, hour, shown, rewarded, total, squares, guard_rewarded, guard_total,
  guard_squares)
SELECT slot, version, arm, hour - hour %% %(wide)s::integer, sum(shown), sum(rewarded), sum(total), sum(squares),
  sum(guard_rewarded), sum(guard_total), sum(guard_squares)
FROM old GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (slot, version, arm, hour) DO UPDATE SET shown = c.shown + excluded.shown,
  rewarded = c.rewarded + excluded.rewarded, total = c.total + excluded.total, squares = c.squares + excluded.squares,
  guard_rewarded = c.guard_rewarded + excluded.guard_rewarded, guard_total = c.guard_total + excluded.guard_total,
  guard_squares = c.guard_squares + excluded.guard_squares

-- name: forget
-- Forgets decisions made before a moment, and what came of them.
WITH gone AS (DELETE FROM decisions WHERE at < %(before)s)
DELETE FROM rewards WHERE received_at < %(before)s
