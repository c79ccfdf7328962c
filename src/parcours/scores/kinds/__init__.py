"""One file a kind of score: its settings, how it learns, what it says of each customer."""
