-- name: reasons
-- The offers of each household with why they were chosen: how often their articles were bought, when last, and what they go with of what is bought by who bought lately.
SELECT u.household_id, :allotment AS allotment, :starts AS starts, g.place, o.offer_id, o.code, g.given, g.known, g.chance, g.buys_anyway,
  g.expected_margin,
  CASE
    WHEN g.known AND p.times >= 3 AND p.since >= 28 AND p.since * 2 > 3 * (v.known_for + 1) / p.times
      THEN '{"item": ' || o.item || ', "times": ' || CAST(p.times AS VARCHAR) || ', "days": ' || CAST(p.since AS VARCHAR)
        || CASE WHEN k.name IS NULL OR v.lately = 0 THEN '' ELSE ', "with": ' || k.name END || ', "what": "lapsed"}'
    WHEN g.known
      THEN '{"item": ' || o.item || ', "times": ' || CAST(p.times AS VARCHAR) || ', "days": ' || CAST(p.since AS VARCHAR)
        || ', "what": "bought"}'
    WHEN k.name IS NOT NULL AND v.lately > 0 THEN '{"item": ' || o.item || ', "with": ' || k.name || ', "what": "goes_with"}'
    ELSE '{"item": ' || o.item || ', "what": "popular"}'
  END AS reasons
FROM deal_given AS g
JOIN deal_units AS u ON u.unit = g.unit
JOIN deal_offers AS o ON o.number = g.offer
LEFT JOIN deal_pairs AS p ON p.unit = g.unit AND p.goods = o.goods
LEFT JOIN deal_visits AS v ON v.unit = g.unit
LEFT JOIN deal_names AS k ON k.number = g.goes_with
ORDER BY u.household_id, g.place
