-- name: known
-- Which of some messages have been kept before.
SELECT key FROM collected WHERE key = ANY(%(keys)s)

-- name: take
-- Takes messages that have not been kept before.
COPY collected (key, source, kind, name, subject, event_time, received_at, seen, body) FROM STDIN (FORMAT BINARY)

-- name: reject
-- Keeps a message that cannot be used, with the reason.
INSERT INTO collected_rejected (key, source, reason, detail, received_at, body)
VALUES (%(key)s, %(source)s, %(reason)s, %(detail)s, %(received_at)s, %(body)s)
ON CONFLICT (key) DO NOTHING

-- name: horizon
-- The transaction before which everything is decided: what was written before it is there for good.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon

-- name: since
-- Writes a source's messages as lines of JSON: before the message as it came, what tells orders and customers apart.
COPY (
  SELECT '{"key":"' || key || '","kind":"' || kind || '","event_time":"' || to_char(event_time, 'YYYY-MM-DD HH24:MI:SS.US')
    || '","received_at":"' || to_char(received_at, 'YYYY-MM-DD HH24:MI:SS.US')
    || '","name":' || coalesce(to_json(name)::text, 'null') || ',"seen":' || coalesce(seen, 'null')
    || ',"order_id":' || coalesce(CASE WHEN lower(name) = 'order completed'
      THEN (body::json #> '{properties,order_id}')::text END, 'null')
    || ',"who":[' || CASE WHEN kind IN ('identify', 'alias') THEN concat_ws(',',
      coalesce((body::json #> '{userId}')::text, 'null'), coalesce((body::json #> '{anonymousId}')::text, 'null'),
      coalesce((body::json #> '{previousId}')::text, 'null')) ELSE 'null,null,null' END || ']'
    || ',"message":' || translate(body, E'\n\r\t', '   ') || '}'
  FROM collected
  WHERE source = %(source)s AND written >= %(start)s AND written < %(horizon)s
  ORDER BY number
) TO STDOUT (FORMAT BINARY)
