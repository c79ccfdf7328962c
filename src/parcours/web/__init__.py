"""Pages in a browser: the report, its charts and its words."""
