-- name: dealt
-- The allotments that were dealt, the newest first.
SELECT allotment, starts, until, places FROM allotment_checks
WHERE refused IS NULL
ORDER BY starts DESC, allotment

-- name: titles
-- What the offers of an allotment are called, and what they are worth.
SELECT offer_id, title, value FROM allotment_offers
WHERE allotment = :allotment AND starts = :starts

-- name: coupons
-- The coupons that households were given, with the address of one member: the first that has what is asked.
WITH given AS (
  SELECT household_id, place, code, offer_id, known, reasons FROM allotments
  WHERE allotment = :allotment AND starts = :starts AND given
), members AS (
  SELECT p.person_id, h.household_id
  FROM persons AS p
  JOIN (SELECT DISTINCT household_id FROM given) AS h
    ON h.household_id = p.person_id OR h.household_id = p.household_id
  WHERE p.known AND p.merged_into IS NULL
), records AS (
  SELECT m.household_id, m.person_id, r.record_id
  FROM members AS m
  JOIN record_persons AS r ON r.person_id = m.person_id
), reached AS (
  SELECT household_id, max(CASE WHEN kind = 'loyalty_card' THEN value END) AS loyalty_card,
    max(CASE WHEN kind = 'email' THEN value END) AS email
  FROM (
    SELECT r.household_id, i.kind, i.value,
      row_number() OVER (PARTITION BY r.household_id, i.kind
                         ORDER BY r.person_id, i.verified DESC, i.last_seen DESC NULLS LAST, i.value) AS place
    FROM records AS r
    JOIN identifiers AS i ON i.record_id = r.record_id
    WHERE i.usable AND i.kind IN ('loyalty_card', 'email')
  ) AS ranked
  WHERE place = 1
  GROUP BY household_id
), declared AS (
  SELECT household_id, first_name, last_name, street, postcode, city
  FROM (
    SELECT r.household_id, c.first_name, c.last_name,
      CASE WHEN c.street_number IS NULL THEN c.street ELSE c.street_number || ' ' || c.street END AS street,
      c.postcode, c.city,
      row_number() OVER (PARTITION BY r.household_id
                         ORDER BY CASE WHEN c.street IS NULL THEN 1 ELSE 0 END,
                                  CASE WHEN c.last_name IS NULL THEN 1 ELSE 0 END, r.person_id,
                                  coalesce(c.updated_at, c.created_at) DESC NULLS LAST, c.record_id) AS place
    FROM records AS r
    JOIN customer_records AS c ON c.record_id = r.record_id
  ) AS ranked
  WHERE place = 1
)
SELECT g.household_id, g.place, g.code, g.offer_id, g.known, g.reasons, i.loyalty_card, i.email,
  d.first_name, d.last_name, d.street, d.postcode, d.city
FROM given AS g
LEFT JOIN reached AS i ON i.household_id = g.household_id
LEFT JOIN declared AS d ON d.household_id = g.household_id
ORDER BY g.household_id, g.place
