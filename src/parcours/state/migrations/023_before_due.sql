-- Programs that publish without them still may: then nothing is due and nothing was bought.
ALTER TABLE people ADD COLUMN due text, ADD COLUMN bought text;

-- All that may be one person with who is asked for (an id, or the hash of a value): what was sent together, whom values
-- lead to, what was published of these people, and their newest messages; lists as JSON. It walks from value to value
-- as far as they lead. A function, so that each small step keeps its plan; all of them see one moment.
CREATE OR REPLACE FUNCTION person_now(given_person bigint, given_key bigint, since timestamptz, most integer)
RETURNS TABLE (publication bigint, as_of date, attributes text[], asked bigint, start bigint[], said text, led text,
  people text, messages text, horizons text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  n publications%ROWTYPE;
  reach bigint[]; fresh bigint[]; opened bigint[]; persons bigint[]; more bigint[]; known bigint[];
BEGIN
  SELECT * INTO n FROM publications AS c WHERE c.current;
  publication := n.publication; as_of := n.as_of; attributes := n.attributes;
  IF given_person IS NULL THEN
    start := array_remove(ARRAY[given_key], NULL);
  ELSE
    SELECT coalesce(p.merged_into, p.person_id) INTO asked FROM people AS p
    WHERE p.publication = n.publication AND p.person_id = given_person;
    IF asked IS NULL THEN
      SELECT ARRAY[l.key] INTO start FROM live_people AS l WHERE l.person_id = given_person;
    ELSE
      SELECT p.keys INTO start FROM people AS p WHERE p.publication = n.publication AND p.person_id = asked;
    END IF;
  END IF;

  -- Who is reached: a value leads on to what was sent with it, and to the other values of whom it belongs to.
  fresh := coalesce(start, '{}'); reach := fresh; persons := array_remove(ARRAY[asked], NULL);
  WHILE cardinality(fresh) > 0 AND cardinality(reach) < 2000 LOOP
    SELECT array_agg(k.key), array_agg(DISTINCT i.person_id) FILTER (WHERE i.person_id <> ALL (persons))
    INTO opened, more
    FROM unnest(fresh) AS k(key) LEFT JOIN identifiers AS i ON i.publication = n.publication AND i.key = k.key
    WHERE i.shared IS NOT TRUE;
    SELECT array_agg(DISTINCT f.key) INTO fresh FROM (
      SELECT l.key FROM unnest(opened) AS k(key) CROSS JOIN LATERAL (
        SELECT o.key FROM live_identifiers AS h JOIN live_identifiers AS o ON o.record = h.record
        WHERE h.key = k.key LIMIT 400
      ) AS l
      UNION ALL
      SELECT unnest(p.keys) FROM unnest(more) AS d(person_id)
      JOIN people AS p ON p.publication = n.publication AND p.person_id = d.person_id
    ) AS f WHERE f.key <> ALL (reach);
    fresh := coalesce(fresh, '{}'); reach := reach || fresh; persons := persons || coalesce(more, '{}');
  END LOOP;
  reach := reach[1:2000];

  -- What is known of them.
  SELECT json_agg(json_build_array(l.record, l.key, l.kind, l.verified, l.described, extract(epoch FROM l.at)))
  INTO said FROM unnest(reach) AS k(key) JOIN live_identifiers AS l ON l.key = k.key;
  SELECT json_agg(json_build_array(i.key, i.person_id, i.kind, i.shared)),
    coalesce(array_agg(i.key) FILTER (WHERE i.person_id IS NOT NULL), '{}'),
    coalesce(array_agg(DISTINCT i.person_id) FILTER (WHERE i.person_id IS DISTINCT FROM asked), '{}') || asked
  INTO led, known, persons
  FROM unnest(reach) AS k(key) JOIN identifiers AS i ON i.publication = n.publication AND i.key = k.key;
  SELECT concat('[', string_agg(concat('[', concat_ws(',', p.person_id, to_json(p.known),
    coalesce(extract(epoch FROM p.first_seen)::text, 'null'), p.profile, p.segments, p.scores, p.tastes,
    p.recommendations, p.coupons, p.consents, p.orders, coalesce(p.due, '[]'), coalesce(p.bought, '[]')), ']'), ','), ']')
  INTO people
  FROM unnest(persons) AS d(person_id) JOIN people AS p ON p.publication = n.publication AND p.person_id = d.person_id;
  SELECT json_agg(json_build_array(m.key, m.kind, m.name, m.source, m.subject, m.event_time, m.written, m.body))
  INTO messages
  FROM (
    SELECT each.* FROM unnest(reach) AS k(key) CROSS JOIN LATERAL (
      SELECT * FROM collected AS c WHERE c.subject = k.key AND c.event_time >= CASE WHEN k.key = ANY (known)
        THEN least(since, n.as_of - interval '8 days') ELSE '-infinity' END
      ORDER BY c.event_time DESC LIMIT most
    ) AS each ORDER BY each.event_time DESC, each.key DESC LIMIT most
  ) AS m;
  SELECT json_object_agg(h.source, h.horizon) INTO horizons
  FROM publication_horizons AS h WHERE h.publication = n.publication;
  RETURN NEXT;
END $$;
