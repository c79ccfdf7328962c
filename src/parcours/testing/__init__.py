"""For tests, ours and those of people who write extensions: small projects, and tables one can compare."""

from parcours.testing.projects import write_files
from parcours.testing.tables import table_bytes, table_rows

__all__ = ["table_bytes", "table_rows", "write_files"]
