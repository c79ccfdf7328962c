-- name: current
-- The publication that readers see.
SELECT publication, content, version, as_of, people, published_at FROM publications WHERE current

-- name: begin
-- Gives a new publication its number.
INSERT INTO publications (content, version, as_of, attributes)
VALUES (%(content)s, %(version)s, %(as_of)s, %(attributes)s) RETURNING publication

-- name: answered
-- The visitors who were answered under an id before a publication told of them, and the value that founded each.
SELECT coalesce(array_agg(person_id ORDER BY person_id), '{}'), coalesce(array_agg(key ORDER BY person_id), '{}')
FROM live_people

-- name: horizon
-- Up to where a publication knows what came from a source of keys.
INSERT INTO publication_horizons (publication, source, horizon) VALUES (%(publication)s, %(source)s, %(horizon)s)

-- name: withdraw
-- The publication that readers see is no longer the newest.
UPDATE publications SET current = false WHERE current

-- name: show
-- From the end of this transaction on, readers see this publication.
UPDATE publications SET current = true, people = %(people)s, published_at = now()
WHERE publication = %(publication)s

-- name: readers
-- The transactions that read in the tables of publications at this moment, but for this one.
SELECT DISTINCT l.virtualtransaction AS reader
FROM pg_locks AS l
JOIN pg_class AS c ON c.oid = l.relation
WHERE c.relname = ANY(%(tables)s) AND c.relnamespace = current_schema()::regnamespace AND l.pid <> pg_backend_pid()

-- name: leftovers
-- The tables of publications that no reader sees, and whether they are still attached, or half.
SELECT c.relname AS name, p.relname AS parent, i.inhdetachpending AS half
FROM pg_class AS c
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
LEFT JOIN pg_class AS p ON p.oid = i.inhparent
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname ~ '^(people|identifiers|addresses|delivered_consents|articles|article_lists)_\d+$'
  AND NOT EXISTS (SELECT FROM publications AS n WHERE n.current AND c.relname ~ ('_' || n.publication || '$'))

-- name: forget
-- Forgets publications that no reader sees.
DELETE FROM publications WHERE NOT current

-- name: articles
-- The catalogue that readers see, and which publication it is of.
SELECT a.product_id, a.name, a.brand, a.category_1, a.category_2, a.category_3, a.price, a.currency, a.active, a.stock,
  a.properties
FROM articles AS a WHERE a.publication = %(publication)s

-- name: orders
-- The orders of articles for everybody, by score.
SELECT score, told FROM article_lists WHERE publication = %(publication)s AND root = ''

-- name: near
-- The articles near some others, by score.
SELECT score, root, told FROM article_lists
WHERE publication = %(publication)s AND score = ANY(%(scores)s) AND root = ANY(%(roots)s)
