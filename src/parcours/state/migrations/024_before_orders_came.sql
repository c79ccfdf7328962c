-- The orders that a run knows, on their way to the decisions they came of (`key` as decisions/heard.py makes it); empty
-- between two runs.
CREATE UNLOGGED TABLE orders_came (
  key uuid NOT NULL,
  person bigint NOT NULL,
  margin double precision,
  at timestamptz NOT NULL
);
