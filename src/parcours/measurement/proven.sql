-- name: cards
-- The newest card of each score of probabilities, with what was foreseen in the time held back.
SELECT m.score, m.as_of, m.detail
FROM score_models AS m
JOIN (SELECT score, max(as_of) AS as_of FROM score_models GROUP BY score) AS n ON n.score = m.score AND n.as_of = m.as_of
WHERE m.refused IS NULL
ORDER BY m.score

-- name: checks
-- What was foreseen of each tenth of the people, and what happened, of every forecast that is past.
SELECT score, made_on, checked_on, decile, people, predicted, actual
FROM score_checks
ORDER BY score, made_on, decile
