ALTER FUNCTION consent_said(bigint[]) RENAME TO consent_own;

-- Which values and people may be those of some people though no publication knows it yet: what was sent together with a
-- value of theirs, three steps far; a value that several people hold leads no further.
CREATE FUNCTION consent_linked(asked bigint[]) RETURNS TABLE (of_person bigint, subject bigint, person bigint)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  shown bigint := (SELECT publication FROM publications WHERE current);
  owners bigint[]; values_ bigint[]; all_owners bigint[]; all_values bigint[];
BEGIN
  SELECT array_agg(f.person), array_agg(f.key) INTO owners, values_ FROM (
    SELECT p.person_id AS person, k.key
    FROM unnest(asked) AS a(person) JOIN people AS p ON p.publication = shown AND p.person_id = a.person
      CROSS JOIN unnest(p.keys) AS k(key)
    WHERE EXISTS (SELECT FROM live_identifiers AS l WHERE l.key = k.key)
    UNION ALL
    SELECT l.person_id, l.key FROM unnest(asked) AS a(person) JOIN live_people AS l ON l.person_id = a.person
  ) AS f;
  all_owners := owners; all_values := values_;
  FOR step IN 1..3 LOOP
    EXIT WHEN owners IS NULL;
    SELECT array_agg(f.person), array_agg(f.key) INTO owners, values_ FROM (
      SELECT r.person, o.key
      FROM unnest(owners, values_) AS r(person, key)
      JOIN live_identifiers AS h ON h.key = r.key
      JOIN live_identifiers AS o ON o.record = h.record
      LEFT JOIN identifiers AS i ON i.publication = shown AND i.key = r.key
      WHERE i.shared IS NOT TRUE
      EXCEPT SELECT * FROM unnest(all_owners, all_values)
    ) AS f;
    all_owners := all_owners || owners; all_values := all_values || values_;
  END LOOP;
  RETURN QUERY
  SELECT r.person, r.key, i.person_id
  FROM unnest(all_owners, all_values) AS r(person, key)
  LEFT JOIN identifiers AS i ON i.publication = shown AND i.key = r.key AND NOT i.shared AND i.person_id <> r.person;
END $$;

-- Every statement that is to be heeded of some people: theirs, and the noes of those whom they turned out to be since the
-- publication. A yes of these waits until a publication says whose it is; a no does not.
CREATE FUNCTION consent_said(asked bigint[]) RETURNS TABLE (of_person bigint, key uuid, purpose text, channel text,
  state consent_state, text_version text, language text, source text, proof text, at timestamptz, recorded_at timestamptz)
LANGUAGE sql STABLE AS $$
WITH linked AS MATERIALIZED (SELECT * FROM consent_linked(asked))
SELECT * FROM consent_own(asked)
UNION ALL
SELECT k.of_person, l.key, l.purpose, l.channel, l.state, l.text_version, l.language, l.source, l.proof, l.at, l.recorded_at
FROM linked AS k JOIN consent_ledger AS l ON l.subject = k.subject AND l.state <> 'granted'
UNION ALL
SELECT k.of_person, s.key, s.purpose, s.channel, s.state, s.text_version, s.language, s.source, s.proof, s.at, s.recorded_at
FROM consent_own((SELECT coalesce(array_agg(DISTINCT person), '{}') FROM linked WHERE person IS NOT NULL)) AS s
JOIN (SELECT DISTINCT of_person, person FROM linked) AS k ON k.person = s.of_person
WHERE s.state <> 'granted'
$$;
