-- name: of_person
-- The offers that the household of a person was given last (or would have been, held back), place by place.
SELECT a.allotment, c.starts, c.until, a.place, a.code, o.title, o.value, a.given, a.known, a.chance, a.buys_anyway,
  a.expected_margin, a.reasons
FROM persons AS p
JOIN allotments AS a ON a.household_id = p.person_id OR a.household_id = p.household_id
JOIN allotment_checks AS c ON c.allotment = a.allotment AND c.starts = a.starts
JOIN allotment_offers AS o ON o.allotment = a.allotment AND o.starts = a.starts AND o.offer_id = a.offer_id
WHERE p.person_id = :person AND p.merged_into IS NULL
  AND c.starts = (
    SELECT max(b.starts) FROM allotments AS b WHERE b.household_id = p.person_id OR b.household_id = p.household_id
  )
ORDER BY a.allotment, a.place
