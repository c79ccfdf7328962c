-- name: make
-- Makes a key: only its hash is kept.
INSERT INTO api_keys (key_id, hash, source, scopes, origins)
VALUES (%(key_id)s, %(hash)s, %(source)s, %(scopes)s, %(origins)s)

-- name: valid
-- The keys that may be used, by their hash.
SELECT key_id, hash, source, scopes, origins FROM api_keys WHERE revoked_at IS NULL

-- name: revoke
-- Ends a key: from now on it opens nothing.
UPDATE api_keys SET revoked_at = now() WHERE key_id = %(key_id)s AND revoked_at IS NULL RETURNING key_id
