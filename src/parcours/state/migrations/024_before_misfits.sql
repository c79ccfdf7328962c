-- Which events do not fit what the retailer declares of them, in what (code, property), when they came first and last (by
-- the hour), and whether they were refused for it. What is personal may be in names that a page makes up.
CREATE TABLE collected_misfits (
  source text NOT NULL,
  event text NOT NULL,
  property text NOT NULL,
  code text NOT NULL,
  since timestamptz NOT NULL,
  latest timestamptz NOT NULL,
  refused boolean NOT NULL,
  PRIMARY KEY (source, event, property, code)
);
