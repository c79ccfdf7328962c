-- How the events of each source are built: the types that each property had, and since when. A change is what came more
-- than a day after the event's first. What is personal may be in names that a page makes up (property).
CREATE TABLE collected_shapes (
  source text NOT NULL,
  event text NOT NULL,
  property text NOT NULL,
  type text NOT NULL,
  since timestamptz NOT NULL,
  change boolean NOT NULL,
  PRIMARY KEY (source, event, property, type)
);
