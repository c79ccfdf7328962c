"""The kinds of source: each says what deliveries there are and how they are written."""
