-- name: now
-- All that may be one person with who is asked for, by id or by the hash of a value, in one moment.
SELECT publication, as_of, attributes, asked, start, said, led, people, messages, horizons
FROM person_now(%(person_id)s, %(key)s, %(since)s, %(most)s)

-- name: page
-- What some senders did before a moment (and, at that moment, before a key), the newest first.
SELECT key, kind, name, source, subject, event_time, written, body FROM collected
WHERE subject = ANY(%(subjects)s::bigint[]) AND (event_time, key) < (%(before)s, %(before_key)s)
ORDER BY event_time DESC, key DESC LIMIT %(most)s
