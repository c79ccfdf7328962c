-- Addresses that were taken off the list again: what stood there, and who decided it, why and when. It is only added to.
CREATE TABLE suppressions_released (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL,
  reason text NOT NULL,
  source text NOT NULL,
  suppressed_at timestamptz NOT NULL,
  because text NOT NULL,
  released_by text NOT NULL,
  at timestamptz NOT NULL
);
CREATE TRIGGER suppressions_released_are_kept BEFORE UPDATE OR DELETE ON suppressions_released
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
