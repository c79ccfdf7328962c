-- name: values
-- What a person is expected to buy, by how many days ahead.
SELECT score, days, alive, orders, orders_low, orders_high, money, money_low, money_high, margin
FROM person_values WHERE person_id = :person
ORDER BY score, days

-- name: propensities
-- How probable it is that a person does something, and why.
SELECT score, probability, decile, reasons
FROM propensities WHERE person_id = :person
ORDER BY score

-- name: tastes
-- What a person likes best, beside everybody's share of it.
SELECT score, item, share, base_share, place
FROM tastes WHERE person_id = :person
ORDER BY score, place

-- name: due
-- What a person will probably need again, the soonest first.
SELECT score, item, due_on, due_from, due_until, chance_14d
FROM due_dates WHERE person_id = :person
ORDER BY score, due_on, item

-- name: baskets
-- What a person will probably buy next, the most probable first.
SELECT score, item, place, chance, known
FROM next_baskets WHERE person_id = :person
ORDER BY score, place

-- name: waits
-- What a person probably waits for, as it is out of stock: the sign of it, how many days ago, in which store.
SELECT b.score, coalesce(max(p.name), b.product_id) AS product, coalesce(max(t.name), b.store_id) AS store,
  max(json_text(b.reason, '$.code')) AS sign, CAST(max(json_text(b.reason, '$.days')) AS BIGINT) AS days
FROM back_in_stock AS b
LEFT JOIN products AS p ON p.product_id = b.product_id
LEFT JOIN stores AS t ON t.store_id = b.store_id
WHERE b.person_id = :person
GROUP BY b.score, b.product_id, b.store_id
ORDER BY b.score, b.product_id, b.store_id

-- name: cards
-- How a score was learned, each time it was: the newest first.
SELECT score, as_of, kind, method, kept, people, learned_from, learned_until, held_back_until, measure, value, plain,
       plain_value, refused
FROM score_models WHERE score = :score
ORDER BY as_of DESC

-- name: came_true
-- What was foreseen by each forecast that is past, and what happened.
SELECT made_on, max(checked_on) AS checked_on, CAST(sum(people) AS BIGINT) AS people, sum(people * predicted) AS foreseen,
       sum(people * actual) AS happened
FROM score_checks WHERE score = :score
GROUP BY made_on
ORDER BY made_on DESC
